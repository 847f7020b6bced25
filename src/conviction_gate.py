"""The conviction gate: scores a signal, asks every check, sizes what all of them allow.

It is a pure function of its context, so that a decision can be repeated from what it was made of.
"""

import logging
from collections.abc import Sequence
from decimal import Decimal

from src.gates.base import Candidate, Check, GateContext
from src.gates.correlation import check_correlation
from src.gates.fees import check_fees, expected_edge_bps, round_trip_cost_bps
from src.gates.intelligence import check_intelligence
from src.gates.ofi import check_ofi
from src.gates.pre_entry import PRE_ENTRY
from src.gates.prediction import check_prediction
from src.gates.score import check_score, conviction_of, score_of
from src.gates.size import contracts_within, propose, resized, size_verdict
from src.records.decisions import Decision, SizeFactor, Verdict
from src.records.enums import Ruling
from src.records.predictions import Prediction
from src.records.signals import Signal

log = logging.getLogger(__name__)

CHECKS: tuple[Check, ...] = (
    check_prediction,
    check_score,
    check_ofi,
    check_fees,
    check_correlation,
    check_intelligence,
    *PRE_ENTRY,
)
"""Every one is asked of every signal, in this order, so that a blocked signal still teaches."""

BLOCKING = frozenset({Ruling.BLOCK, Ruling.ERROR})


def decide(
    signal: Signal,
    prediction: Prediction | None,
    context: GateContext,
    *,
    checks: Sequence[Check] = CHECKS,
) -> Decision:
    """Return the decision on one signal; it trades where no check blocks and the venue takes the size."""
    candidate = _candidate(signal, prediction, context)
    asked = tuple(_asked(check, candidate, context) for check in checks)
    contracts = _contracts(candidate, asked, context)
    verdicts = (*asked, size_verdict(candidate, contracts, context))
    blocked_by = tuple(verdict.check for verdict in verdicts if verdict.ruling in BLOCKING)
    should_trade = not blocked_by and contracts is not None
    price = Decimal(str(signal.price))
    return Decision(
        ts=context.now,
        signal_id=signal.signal_id,
        signal_ts=signal.ts,
        symbol=signal.symbol,
        strategy=signal.strategy,
        direction=signal.direction,
        should_trade=should_trade,
        score=candidate.score,
        conviction=candidate.conviction,
        win_probability=prediction.win_probability if prediction is not None else None,
        expected_edge_bps=candidate.edge_bps,
        cost_bps=candidate.cost_bps,
        price=signal.price,
        size_usd=float(contracts * price) if should_trade and contracts is not None else 0.0,
        size_factors=(*candidate.proposal.factors, *_resize_factors(asked)),
        blocked_by=blocked_by,
        verdicts=verdicts,
        weights_version=context.weights_version,
        policies_version=context.policies_version,
        coverage=signal.coverage,
    )


def check_name(check: Check) -> str:
    """Return what a check's verdicts are called: its file, and its rule where the file holds several."""
    family = check.__module__.rpartition(".")[2]
    rule = check.__name__.removeprefix("check_")
    return rule if rule == family else f"{family}.{rule}"


def _candidate(signal: Signal, prediction: Prediction | None, context: GateContext) -> Candidate:
    score = score_of(signal, context.weights)
    conviction = conviction_of(score)
    return Candidate(
        signal=signal,
        prediction=prediction,
        score=score,
        conviction=conviction,
        edge_bps=expected_edge_bps(signal, prediction, context),
        cost_bps=round_trip_cost_bps(signal, context),
        proposal=propose(signal, prediction, context, conviction=conviction),
    )


def _asked(check: Check, candidate: Candidate, context: GateContext) -> Verdict:
    try:
        return check(candidate, context)
    except Exception as error:
        name = check_name(check)
        log.exception(
            "gate_check_failed", extra={"facts": {"check": name, "signal": candidate.signal.signal_id}}
        )
        return Verdict(
            check=name,
            ruling=Ruling.ERROR,
            measured=None,
            required=None,
            unit="",
            reason=type(error).__name__,
        )


def _contracts(candidate: Candidate, asked: tuple[Verdict, ...], context: GateContext) -> Decimal | None:
    lot = context.lots.get(candidate.signal.symbol)
    if lot is None or candidate.proposal.usd is None:
        return None
    return contracts_within(resized(candidate.proposal.usd, asked), price=candidate.signal.price, lot=lot)


def _resize_factors(asked: tuple[Verdict, ...]) -> tuple[SizeFactor, ...]:
    return tuple(
        SizeFactor(name=verdict.check, value=verdict.size_factor)
        for verdict in asked
        if verdict.ruling is Ruling.RESIZE
    )
