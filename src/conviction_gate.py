"""The conviction gate: scores a signal, asks every check, sizes what all of them allow.

``decide`` is a pure function of its context, so that a decision can be repeated from what it was made of;
``ConvictionGate`` answers each signal of the queue once with it.
"""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
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
from src.records.base import Record
from src.records.decisions import Decision, SizeFactor, Verdict
from src.records.enums import Ruling
from src.records.outcomes import PendingEvent, PendingPut
from src.records.predictions import Prediction
from src.records.settings import BotSettings
from src.records.signals import Signal
from src.store.errors import MoneyFileError
from src.store.jsonl import Durability, JsonlReader, JsonlWriter, read_tail
from src.store.paths import Home

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

REMEMBERED = 20_000
"""Decided ids that are kept against repeated lines of the queue."""
SEED_DECISIONS = 5_000
"""More than can be answered between two saves of the place in the queue."""
READ_AT_ONCE = 200
"""Signals that one step answers at most, so that the loop goes on beating."""

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


class ConvictionGate:
    """The writer of ``logs/conviction_gate.jsonl``: one decision for each signal in the queue."""

    def __init__(
        self,
        *,
        pending: JsonlReader[PendingEvent],
        decisions: JsonlWriter[Decision],
        decided: Iterable[str],
        checks: Sequence[Check] = CHECKS,
    ) -> None:
        """Take the queue and the log; ``decided`` are the newest ids that the log already holds, oldest first."""
        self._pending = pending
        self._decisions = decisions
        self._checks = checks
        self._order = deque(decided, maxlen=REMEMBERED)
        self._decided = set(self._order)

    def arrived(self) -> list[PendingPut]:
        """Return the signals that wait for their first decision; one that was decided is never decided again."""
        events = self._pending.read_new(READ_AT_ONCE)
        puts = {event.signal_id: event for event in events if isinstance(event, PendingPut)}
        return [put for signal_id, put in puts.items() if signal_id not in self._decided]

    def answer(self, put: PendingPut, context: GateContext) -> Decision:
        """Decide on a signal and write the decision down."""
        decision = decide(put.signal, put.prediction, context, checks=self._checks)
        self._decisions.append(decision)
        self._remember(put.signal_id)
        return decision

    def settle(self) -> None:
        """Force the decisions to the disk, as must be before an order follows from one.

        Raises:
            MoneyFileError: the disk did not take them.
        """
        failures = self._decisions.failed_syncs
        self._decisions.sync()
        if self._decisions.failed_syncs > failures:
            raise MoneyFileError("decisions to trade could not be forced to the disk")

    def waiting(self) -> bool:
        """Return whether there is more in the queue than was read."""
        return self._pending.behind()

    def alarms(self) -> dict[str, int]:
        """Return what went wrong with the queue so far, by name."""
        return self._pending.counters()

    def save(self) -> None:
        """Save the place in the queue, after what was read is answered; the loop does so once a second."""
        self._decisions.sync()
        self._pending.save()

    def close(self) -> None:
        """Let go of the files."""
        self._pending.close()
        self._decisions.close()

    def _remember(self, signal_id: str) -> None:
        if len(self._order) == REMEMBERED:
            self._decided.discard(self._order[0])
        self._order.append(signal_id)
        self._decided.add(signal_id)


class DecidedId(Record, frozen=True, kw_only=True):
    """As much of a decision as is needed to make it only once."""

    signal_id: str


def build_conviction_gate(home: Home, settings: BotSettings) -> ConvictionGate:
    """Return the gate of a home, with its queue and its log open.

    Raises:
        WriterExists: another process writes the decisions.
    """
    decided = [line.signal_id for line in read_tail(home.decisions, DecidedId, SEED_DECISIONS)]
    pending: JsonlReader[PendingEvent] = JsonlReader(
        home.pending_journal,
        PendingEvent,
        cursor=home.positions / "bot_cycle.pending.json",
        quarantine=home.quarantine,
    )
    decisions: JsonlWriter[Decision] = JsonlWriter(
        home.decisions,
        writer="main",
        durability=Durability.KNOWLEDGE,
        quarantine=home.quarantine,
        segment_bytes=int(settings.log_segment_mib * 2**20),
        keep_segments=settings.keep_log_segments,
    )
    return ConvictionGate(pending=pending, decisions=decisions, decided=decided)


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
