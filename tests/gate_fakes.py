"""Made-up signals, windows and contexts in which a trade is fine, and a desk that obeys."""

import dataclasses
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

from src.exchange.base import Instrument
from src.exchange.desk import TradingDesk
from src.exchange.errors import OrderRefused
from src.exchange.executor import Submission
from src.gates.base import GateContext
from src.records.decisions import Decision
from src.records.enums import COMPONENTS, Direction, Regime, Strategy, Vote
from src.records.features import Features, WindowSums
from src.records.gate_facts import Lot
from src.records.learning import EdgeEvidence, KindEvidence, SignalWeights, kind_of
from src.records.ledger import PositionView
from src.records.orders import OrderState
from src.records.policies import SignalPolicies
from src.records.predictions import Prediction
from src.records.settings import BotSettings, Costs, ExitRules
from src.records.signals import ComponentVote, Signal, signal_id
from src.situation import Stakes
from src.store.config import ConfigFile

R = TypeVar("R", bound=msgspec.Struct)

CONFIGS = Path(__file__).parent.parent / "configs"
NOON = 1_800_014_400.0
"""A noon, UTC."""
LEADER = "PF_XBTUSD"
SYMBOL = "PF_ETHUSD"
DEFAULT_WEIGHTS = (0.22, 0.20, 0.16, 0.08, 0.08, 0.06, 0.06, 0.05, 0.05, 0.04)
POLICIES: SignalPolicies = ConfigFile(CONFIGS / "signal_policies.json", SignalPolicies).load()
EXITS: ExitRules = ConfigFile(CONFIGS / "exits.json", ExitRules).load()
SETTINGS: BotSettings = ConfigFile(CONFIGS / "bot.json", BotSettings).load()
COSTS = Costs(maker_fee_bps=2, taker_fee_bps=5, slippage_bps=2)
LOT = Lot(step=Decimal("0.001"), minimum=Decimal("0.001"), maintenance_share=0.01)
STAKES = Stakes(max_equity_usd=None, trades_without_evidence=True)
CORRELATIONS = {LEADER: 0.7, SYMBOL: 0.7, "PF_SOLUSD": 0.7}
EDGE = KindEvidence(signals=400, blocks=40, mean_bps=20.0, deviation_bps=80.0, standard_error_bps=5.0)
"""What is worth more than any other cap allows."""


def replaced(record: R, **changes: object) -> R:
    """Return a record with other values."""
    return msgspec.structs.replace(record, **changes)


def a_policy(**changes: object) -> SignalPolicies:
    return replaced(POLICIES, **changes)


def some_weights(ts: float = NOON, **changes: float) -> SignalWeights:
    weights = {**dict(zip(COMPONENTS, DEFAULT_WEIGHTS, strict=True)), **changes}
    return SignalWeights(ts=ts, cycle_id="default", weights=weights, reasons={}, outcomes=0, blocks=0)


def some_evidence(ts: float = NOON, **changes: KindEvidence) -> EdgeEvidence:
    kinds = {kind_of(strategy, direction): EDGE for strategy in Strategy for direction in Direction}
    return EdgeEvidence(ts=ts, cycle_id="cycle-1", kinds={**kinds, **changes})


def a_vote(name: str, vote: Vote, confidence: float = 0.6) -> ComponentVote:
    return ComponentVote(name=name, vote=vote, confidence=confidence, reason="", source="kraken", values={})


def votes_for(direction: Direction, confidence: float = 0.6) -> tuple[ComponentVote, ...]:
    vote = Vote.LONG if direction is Direction.LONG else Vote.SHORT
    return tuple(a_vote(name, vote, confidence) for name in COMPONENTS)


def a_signal(**changes: object) -> Signal:
    """Return a signal that passes the gate; id, order flow and votes follow from what is changed."""
    signal = replaced(_SIGNAL, **changes)
    follows: dict[str, object] = {
        "signal_id": signal_id(symbol=signal.symbol, strategy=signal.strategy, ts=signal.ts),
        "recorded_at": signal.ts + 0.02,
        "ofi": 0.7 * signal.direction.sign,
        "votes": votes_for(signal.direction),
    }
    return replaced(signal, **{**follows, **changes})


def a_prediction(signal: Signal, **changes: object) -> Prediction:
    prediction = Prediction(
        ts=signal.ts,
        signal_id=signal.signal_id,
        recorded_at=signal.ts + 0.03,
        symbol=signal.symbol,
        direction=signal.direction,
        win_probability=0.7,
        confidence=0.5,
        size_multiplier=1.4,
        evidence=100,
        members=(),
    )
    return replaced(prediction, **changes)


def some_features(**changes: object) -> Features:
    return replaced(_FEATURES, **changes)


def a_context(**changes: object) -> GateContext:
    return dataclasses.replace(_CONTEXT, **changes)  # type: ignore[arg-type] # a test names what it changes


def with_features(context: GateContext, **changes: object) -> dict[str, Features]:
    """Return the market in which the symbol's window reads otherwise."""
    return {**context.market, SYMBOL: some_features(**changes)}


def a_position(**changes: object) -> PositionView:
    return replaced(_POSITION, **changes)


@dataclass
class FakeDesk(TradingDesk):
    """A desk whose orders fill at once at the decision's price, and which notes what it was asked in which order."""

    ready: bool = True
    reasons: tuple[str, ...] = ()
    open: dict[str, PositionView] = field(default_factory=dict)
    blocks: dict[str, str] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)
    """By symbol: the word with which orders are refused."""
    equity: Decimal | None = Decimal(10_000)
    calls: list[tuple[str, str]] = field(default_factory=list)
    entered: list[tuple[Decision, Decimal, float]] = field(default_factory=list)
    marks: dict[str, Decimal] = field(default_factory=dict)
    rates: dict[str, tuple[float, float]] = field(default_factory=dict)
    realised: dict[str, Decimal] = field(default_factory=dict)

    def freeze_reasons(self) -> tuple[str, ...]:
        return self.reasons

    def blocked(self, symbol: str) -> str | None:
        return "position_open" if symbol in self.open else self.blocks.get(symbol)

    def instrument(self, symbol: str) -> Instrument | None:
        return Instrument(
            symbol=symbol, tick_size=Decimal("0.1"), size_step=LOT.step, max_position=Decimal(1_000_000),
            tradeable=True, post_only=False, maintenance_share=Decimal("0.01"),
        )  # fmt: skip

    def positions(self) -> tuple[PositionView, ...]:
        return tuple(self.open.values())

    def equity_usd(self) -> Decimal | None:
        return self.equity

    def net_by_kind(self) -> dict[str, Decimal]:
        return self.realised

    def observe(self, symbol: str, price: Decimal) -> None:
        self.marks[symbol] = price

    def accrue(self, symbol: str, rate: float, ts: float) -> None:
        self.rates[symbol] = (rate, ts)

    def venue_time(self, now: float) -> float:
        return now

    def enter(self, decision: Decision, *, size: Decimal, slippage_cap_bps: float, now: float) -> Submission:
        self._maybe_refuse(decision.symbol)
        self.calls.append(("enter", decision.signal_id))
        self.entered.append((decision, size, slippage_cap_bps))
        self.open[decision.symbol] = a_position(
            position_id=decision.signal_id,
            signal_id=decision.signal_id,
            symbol=decision.symbol,
            strategy=decision.strategy,
            direction=decision.direction,
            size=size,
            entry_price=Decimal(str(decision.price)),
            opened_ts=now,
        )
        return Submission(cli_ord_id="tb", state=OrderState.DONE, word="placed", filled=size)

    def exit(self, symbol: str, *, reason: str, now: float) -> Submission:  # noqa: ARG002 - the desk's signature
        self._maybe_refuse(symbol)
        self.calls.append(("exit", f"{symbol}:{reason}"))
        position = self.open.pop(symbol)
        return Submission(cli_ord_id="tb", state=OrderState.DONE, word="placed", filled=position.size)

    def step(self, now: float) -> int:  # noqa: ARG002 - the desk's signature
        self.calls.append(("step", ""))
        return 0

    def _maybe_refuse(self, symbol: str) -> None:
        if symbol in self.refuse:
            raise OrderRefused(self.refuse[symbol])


_SIGNAL = Signal(
    ts=NOON,
    signal_id="",
    recorded_at=NOON,
    symbol=SYMBOL,
    strategy=Strategy.OFI,
    direction=Direction.LONG,
    confidence=0.6,
    opposing_confidence=0.0,
    ofi=0.7,
    price=2000.0,
    volatility_1h_bps=100.0,
    regime=Regime.QUIET_UP,
    coverage=9,
    votes=(),
)
_SUMS = WindowSums(
    book_events=100,
    ofi_net=10.0,
    ofi_sum_squares=50.0,
    trades=20,
    buy_volume=12.0,
    sell_volume=8.0,
    large_buy_usd=0.0,
    large_sell_usd=0.0,
    long_liquidations_usd=0.0,
    short_liquidations_usd=0.0,
    open=2000.0,
    high=2001.0,
    low=1999.0,
    close=2000.0,
)
_KNOWN = {
    "ts": NOON,
    "symbol": SYMBOL,
    "window_s": 60.0,
    "recorded_at": NOON + 0.01,
    "sums": _SUMS,
    "mid": 2000.0,
    "bid": 1999.9,
    "ask": 2000.1,
    "mark": 2000.0,
    "spread_bps": 1.0,
    "bid_depth_usd": 50_000.0,
    "ask_depth_usd": 50_000.0,
    "ofi": 0.7,
    "ofi_windows": 2000,
    "return_1h_bps": 20.0,
    "volatility_1h_bps": 100.0,
    "regime": Regime.QUIET_UP,
    "correlation_with_leader": 0.7,
    "beta_with_leader": 1.2,
    "funding_rate": 0.00001,
    "open_interest": 1_000.0,
    "open_interest_change_1h": 0.0,
    "taker_buy_share": 0.5,
    "long_liquidations_usd_1h": 0.0,
    "short_liquidations_usd_1h": 0.0,
    "fear_greed": 50.0,
    "incomplete": (),
    "correlations": CORRELATIONS,
}
_FEATURES = msgspec.convert({**dict.fromkeys(Features.__struct_fields__), **_KNOWN}, Features)
_LEADER_FEATURES = replaced(
    _FEATURES,
    symbol=LEADER,
    beta_with_leader=None,
    correlation_with_leader=None,
)
_CONTEXT = GateContext(
    now=NOON + 0.1,
    policies=POLICIES,
    policies_version="p" * 12,
    weights=some_weights(),
    weights_version="w" * 12,
    evidence=some_evidence(),
    evidence_version="e" * 12,
    costs=COSTS,
    leader=LEADER,
    market={SYMBOL: _FEATURES, LEADER: _LEADER_FEATURES},
    equity_usd=10_000.0,
    exposures=(),
    last_trade_ts={},
    held={},
    freeze_reasons=(),
    unhealthy_workers=(),
    lots={SYMBOL: LOT, LEADER: LOT},
    measured_costs={},
    realised_usd={},
    trades_without_evidence=True,
)
_POSITION = PositionView(
    position_id="PF_ETHUSD-OFI-1",
    signal_id="PF_ETHUSD-OFI-1",
    symbol=SYMBOL,
    strategy=Strategy.OFI,
    direction=Direction.LONG,
    size=Decimal("0.5"),
    entry_price=Decimal(2000),
    opened_ts=NOON,
    mark_price=Decimal(2000),
    unrealised_pnl_usd=Decimal(0),
    fees_usd=Decimal(0),
    funding_usd=Decimal(0),
    stop=None,
)
