"""Made-up windows, signals and outcomes for the tests of what forms and answers signals."""

from pathlib import Path

import msgspec

from src.records.enums import HORIZONS_S, Direction, Disposition, Regime, Strategy, Vote
from src.records.features import Features, WindowSums
from src.records.outcomes import HorizonOutcome, SignalOutcome
from src.records.policies import Components
from src.records.settings import BotSettings
from src.records.signals import ComponentVote, Signal, signal_id
from src.store.paths import Home

T0 = 1_700_000_040.0
PROJECT_CONFIGS = Path(__file__).parent.parent / "configs"

_SUMS = WindowSums(
    book_events=40,
    ofi_net=12.0,
    ofi_sum_squares=400.0,
    trades=10,
    buy_volume=5.0,
    sell_volume=4.0,
    large_buy_usd=0.0,
    large_sell_usd=0.0,
    long_liquidations_usd=0.0,
    short_liquidations_usd=0.0,
    open=100.0,
    high=101.0,
    low=99.0,
    close=100.0,
)

QUIET = Features(
    ts=T0,
    symbol="PF_XBTUSD",
    window_s=60.0,
    recorded_at=T0 + 0.01,
    sums=_SUMS,
    mid=100.0,
    bid=99.9,
    ask=100.1,
    mark=100.0,
    index=100.0,
    spread_bps=20.0,
    bid_depth_usd=1e5,
    ask_depth_usd=1e5,
    imbalance=0.0,
    micro_price=100.0,
    ofi=0.0,
    ofi_z=0.0,
    ofi_previous=0.0,
    ofi_windows=2000,
    return_window_bps=0.0,
    return_1m_bps=0.0,
    return_5m_bps=0.0,
    return_15m_bps=0.0,
    return_1h_bps=0.0,
    volatility_1h_bps=50.0,
    volatility_median_bps=50.0,
    trend_bps=0.0,
    regime=Regime.QUIET_UP,
    hurst=0.5,
    skew=0.0,
    skew_quantile=0.5,
    lead_lag_minutes=3,
    lead_lag_correlation=0.6,
    leader_return_bps=0.0,
    correlation_with_leader=0.7,
    beta_with_leader=1.1,
    funding_rate=0.0,
    funding_z=0.0,
    open_interest=1e4,
    open_interest_change_1h=0.0,
    taker_buy_share=0.5,
    large_net_usd_1h=0.0,
    large_total_usd_1h=0.0,
    long_liquidations_usd_1h=0.0,
    short_liquidations_usd_1h=0.0,
    fear_greed=50.0,
    book_age_s=0.1,
    ticker_age_s=1.0,
    incomplete=(),
)
"""A window in which every feature is known and no component has anything to say."""

BULLISH: dict[str, object] = {
    "ofi": 0.7,
    "ofi_previous": 0.3,
    "return_window_bps": 8.0,
    "large_net_usd_1h": 5e4,
    "large_total_usd_1h": 1e5,
    "short_liquidations_usd_1h": 6e4,
    "funding_rate": -0.0002,
}
"""Changes under which four components vote to buy."""


def window(**changes: object) -> Features:
    """Return the quiet window with these features instead."""
    return msgspec.structs.replace(QUIET, **changes)


def project_components() -> Components:
    """Return the defaults that the project ships."""
    return msgspec.convert(_config("components.json"), Components)


def project_settings() -> BotSettings:
    """Return the settings that the project ships."""
    return msgspec.convert(_config("bot.json"), BotSettings)


def made_home(folder: Path) -> Home:
    """Return a home with its folders and the project's components."""
    home = Home(folder)
    for each in home.folders():
        each.mkdir(parents=True, exist_ok=True)
    home.components.write_bytes((PROJECT_CONFIGS / "components.json").read_bytes())
    return home


def _config(name: str) -> dict[str, object]:
    config = msgspec.json.decode((PROJECT_CONFIGS / name).read_bytes(), type=dict[str, object])
    return {key: value for key, value in config.items() if not key.startswith("_")}


def signal(
    *,
    n: int = 0,
    symbol: str = "PF_XBTUSD",
    strategy: Strategy = Strategy.OFI,
    direction: Direction = Direction.LONG,
    ofi: float | None = 0.3,
    confidence: float = 0.1,
    votes: dict[str, tuple[Vote, float]] | None = None,
    regime: Regime | None = Regime.QUIET_UP,
    ts: float | None = None,
) -> Signal:
    """Return the signal of the n-th minute."""
    ts = T0 + 60.0 * n if ts is None else ts
    return Signal(
        ts=ts,
        signal_id=signal_id(symbol=symbol, strategy=strategy, ts=ts),
        recorded_at=ts + 0.05,
        symbol=symbol,
        strategy=strategy,
        direction=direction,
        confidence=confidence,
        opposing_confidence=0.0,
        ofi=ofi,
        price=100.0,
        volatility_1h_bps=50.0,
        regime=regime,
        coverage=10,
        votes=tuple(
            ComponentVote(name=name, vote=vote, confidence=sure, reason="", source="kraken", values={})
            for name, (vote, sure) in (votes or {}).items()
        ),
    )


def outcome(of: Signal, *, return_bps: float | None, after_s: float = 3600.0) -> SignalOutcome:
    """Return the outcome of a signal, resolved ``after_s`` after it, with this return at one hour."""
    hour = None
    if return_bps is not None:
        hour = HorizonOutcome(
            target_ts=of.ts + 3600,
            price_ts=of.ts + 3600,
            price=of.price,
            return_bps=return_bps,
            net_bps=return_bps - 14,
            market_return_bps=None,
        )
    horizons: dict[str, HorizonOutcome | None] = dict.fromkeys(HORIZONS_S)
    return SignalOutcome(
        ts=of.ts + after_s,
        signal_id=of.signal_id,
        signal_ts=of.ts,
        symbol=of.symbol,
        strategy=of.strategy,
        direction=of.direction,
        disposition=Disposition.BLOCKED,
        blocked_by=("ofi",),
        price_at_signal=of.price,
        cost_bps=14.0,
        horizons=horizons | {"1h": hour},
        ev_contribution_bps=None,
        votes={},
    )
