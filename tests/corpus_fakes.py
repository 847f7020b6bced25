"""A seeded crowd of windows, signals and contexts: what fast code is compared on with plain formulas."""

import dataclasses
import random

from src.gates.base import Exposure, GateContext
from src.predictive_flow_engine import signals_of
from src.records.enums import Direction, Regime
from src.records.features import Features
from src.records.signals import Signal
from tests.gate_fakes import LOT, a_context
from tests.signals_fakes import T0, project_components, window

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD", "PF_ADAUSD")
LEADER = SYMBOLS[0]
KEPT = ("symbol", "ts", "mid")


def some_windows(minutes: int, *, seed: int = 1) -> list[Features]:
    """Return a window a minute and symbol in which everything moves and some things are not known."""
    rng = random.Random(seed)
    return [
        _window(rng, symbol, T0 + 60.0 * minute, mid=100.0 * rng.uniform(0.98, 1.02))
        for minute in range(minutes)
        for symbol in SYMBOLS
    ]


def some_signals(minutes: int, *, seed: int = 1) -> list[Signal]:
    """Return the signals of such windows."""
    components = project_components()
    weights = components.weights()
    return [
        signal
        for features in some_windows(minutes, seed=seed)
        for signal in signals_of(features, settings=components, weights=weights, now=features.ts + 0.1)
    ]


def some_contexts(count: int, *, seed: int = 1) -> list[GateContext]:
    """Return contexts in which something is held, known and healthy, or not."""
    rng = random.Random(seed)
    return [_context(rng, number) for number in range(count)]


def _window(rng: random.Random, symbol: str, ts: float, *, mid: float) -> Features:
    leads = symbol == LEADER
    values: dict[str, object] = {
        "symbol": symbol,
        "ts": ts,
        "mid": mid,
        "ofi": rng.uniform(-1, 1),
        "ofi_previous": rng.uniform(-1, 1),
        "return_window_bps": rng.gauss(0, 10),
        "large_net_usd_1h": rng.uniform(-1e5, 1e5),
        "large_total_usd_1h": rng.choice((1e5, 0.0)),
        "long_liquidations_usd_1h": rng.choice((0.0, rng.uniform(0, 5e6))),
        "short_liquidations_usd_1h": rng.choice((0.0, rng.uniform(0, 2e6))),
        "funding_rate": rng.gauss(0, 2e-4),
        "skew": rng.gauss(0, 1),
        "skew_quantile": rng.random(),
        "hurst": rng.gauss(0.5, 0.15),
        "trend_bps": rng.gauss(0, 100),
        "return_1h_bps": rng.gauss(0, 80),
        "open_interest_change_1h": rng.gauss(0, 0.03),
        "fear_greed": rng.uniform(0, 100),
        "lead_lag_minutes": None if leads else rng.randrange(12),
        "lead_lag_correlation": rng.gauss(0, 0.6),
        "leader_return_bps": rng.gauss(0, 30),
        "volatility_1h_bps": abs(rng.gauss(60, 40)),
        "regime": rng.choice(tuple(Regime)),
        "taker_buy_share": rng.uniform(0.3, 0.7),
        "spread_bps": abs(rng.gauss(2, 2)),
        "beta_with_leader": None if leads else rng.gauss(1, 0.4),
        "correlation_with_leader": None if leads else rng.uniform(-0.2, 1),
    }
    known = {name: value if name in KEPT or rng.random() > 0.05 else None for name, value in values.items()}
    return window(**known)


def _context(rng: random.Random, number: int) -> GateContext:
    market = {each.symbol: each for each in some_windows(1, seed=number)}
    exposures = tuple(
        Exposure(
            symbol=rng.choice(SYMBOLS),
            direction=rng.choice(tuple(Direction)),
            notional_usd=rng.choice((None, 500.0, 2_000.0, 9_000.0)),
        )
        for _ in range(rng.randrange(4))
    )
    return dataclasses.replace(
        a_context(),
        now=T0 + rng.choice((0.1, 30.0, 400.0)),
        leader=LEADER,
        market=market,
        exposures=exposures,
        equity_usd=rng.choice((None, 0.0, float("nan"), 10_000.0, 10_000.0)),
        last_trade_ts={symbol: T0 - rng.uniform(0, 3600) for symbol in SYMBOLS if rng.random() < 0.3},
        freeze_reasons=rng.choice(((), (), ("human",))),
        unhealthy_workers=rng.choice(((), (), None, ("main",))),
        lots=dict.fromkeys(SYMBOLS[:2], LOT),
    )
