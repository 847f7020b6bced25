"""A home with three signals whose stories are known: one traded, one blocked, one that still waits."""

import dataclasses
from decimal import Decimal
from pathlib import Path

from src.conviction_gate import decide
from src.learning.outcome import horizon_outcome
from src.learning.price_tape import PricePoint
from src.records.decisions import Decision
from src.records.enums import HORIZONS_S, Disposition, OrderPurpose, Side, Strategy
from src.records.learning import SignalWeights
from src.records.ledger import LedgerEntry, LedgerOpened
from src.records.orders import OrderEvent, OrderState, OrderUpdate
from src.records.outcomes import PendingPut, SignalOutcome
from src.records.signals import Signal
from src.store.document import DocumentFile
from src.store.paths import Home
from src.store.versions import WEIGHTS, Versions
from tests.cli_fakes import a_home, append
from tests.gate_fakes import (
    NOON,
    a_context,
    a_policy,
    a_prediction,
    a_signal,
    replaced,
    some_features,
    some_weights,
)
from tests.trade_fakes import a_fill, an_intent, booked, some_funding

TRADED: Signal = a_signal()
BLOCKED: Signal = a_signal(ts=NOON + 60, strategy=Strategy.SENTIMENT, ofi=0.25)
WAITING: Signal = a_signal(ts=NOON + 7200)
COST_BPS = 14.0
STOP = Decimal(1980)
AFTER = {"1m": 2002.0, "5m": 2004.0, "15m": 2010.0, "30m": 1990.0, "1h": 2020.0}
"""The price at each horizon after a decision at 2,000."""


def told_home(root: Path) -> Home:
    """Return a home whose records tell all three stories."""
    home = a_home(root)
    weights_file = DocumentFile(home.weights, SignalWeights, writer="test")
    weights = weights_file.write(some_weights())
    Versions(home.versions, WEIGHTS).keep(weights_file.content() or b"")
    for mid, ts in ((2000.0, NOON), (2000.0, NOON + 60), (2011.0, NOON + 600), (2000.0, NOON + 7200)):
        append(home.windows, some_features(ts=ts, recorded_at=ts + 0.01, mid=mid))
    append(home.predictive_signals, TRADED, BLOCKED, WAITING)
    append(home.ensemble_predictions, *(a_prediction(signal) for signal in (TRADED, BLOCKED, WAITING)))
    append(home.pending_journal, *(a_put(signal) for signal in (TRADED, BLOCKED)))
    append(home.decisions, *decisions(weights))
    append(home.orders, *order_events())
    append(home.fills, *ledger())
    append(home.signal_outcomes, an_outcome(TRADED, Disposition.EXECUTED), an_outcome(BLOCKED))
    return home


def decisions(weights_version: str) -> tuple[Decision, Decision]:
    """Return what the real gate says of the traded and of the blocked signal."""
    context = dataclasses.replace(a_context(), weights_version=weights_version)
    strict = dataclasses.replace(context, now=BLOCKED.ts + 0.1, policies=a_policy(long_ofi_requirement=0.5))
    return decide(TRADED, a_prediction(TRADED), context), decide(BLOCKED, a_prediction(BLOCKED), strict)


def a_put(signal: Signal) -> PendingPut:
    return PendingPut(
        ts=signal.ts + 0.05, signal_id=signal.signal_id, signal=signal, prediction=a_prediction(signal)
    )


def order_events() -> tuple[OrderEvent, ...]:
    """Return entry, stop and exit of the traded signal, each accepted at once."""
    entry = an_intent(OrderPurpose.ENTRY, ts=NOON + 0.2, limit_price=Decimal(2002), stop_bps=100.0)
    stop = an_intent(OrderPurpose.STOP, ts=NOON + 0.3, stop_price=STOP)
    leave = an_intent(OrderPurpose.EXIT, ts=NOON + 601)
    return (
        entry,
        an_update("entry", NOON + 0.25, OrderState.DONE, filled=2),
        stop,
        an_update("stop", NOON + 0.35, OrderState.ACKED),
        leave,
        an_update("exit", NOON + 601.1, OrderState.DONE, filled=2),
        an_update("stop", NOON + 601.2, OrderState.DONE, reason="cancelled"),
    )


def an_update(
    name: str, ts: float, state: OrderState, *, filled: int = 0, reason: str = "placed"
) -> OrderUpdate:
    return OrderUpdate(
        ts=ts, cli_ord_id=name, state=state, order_id=f"at-{name}", reason=reason, filled=Decimal(filled)
    )


def ledger() -> list[LedgerEntry]:
    """Return a trade of 2 contracts: in at 2,001, out at 2,010 (decided at 2,011), with fees and funding."""
    return [
        LedgerOpened(ts=NOON - 60, balance_usd=Decimal(10_000)),
        *booked(
            [
                some_funding("-9", NOON - 30),
                a_fill(Side.BUY, "2", "2001", ts=NOON + 0.22),
                some_funding("0.5", NOON + 300),
                a_fill(Side.SELL, "2", "2010", ts=NOON + 601.05),
                some_funding("-7", NOON + 900),
            ]
        ),
    ]


def an_outcome(
    signal: Signal, disposition: Disposition = Disposition.BLOCKED, **changes: object
) -> SignalOutcome:
    """Return what a signal came to at every horizon."""
    outcome = SignalOutcome(
        ts=signal.ts + 3600,
        signal_id=signal.signal_id,
        signal_ts=signal.ts,
        symbol=signal.symbol,
        strategy=signal.strategy,
        direction=signal.direction,
        disposition=disposition,
        blocked_by=() if disposition is Disposition.EXECUTED else ("ofi",),
        price_at_signal=signal.price,
        cost_bps=COST_BPS,
        horizons={
            label: horizon_outcome(
                signal.direction,
                signal.price,
                target_ts=signal.ts + seconds,
                point=PricePoint(signal.ts + seconds, AFTER[label]),
                market_return_bps=1.0,
                cost_bps=COST_BPS,
            )
            for label, seconds in HORIZONS_S.items()
        },
        ev_contribution_bps=None,
        votes={},
    )
    return replaced(outcome, **changes)
