"""The conviction gate: scores a signal, asks every check, sizes what all of them allow.

``decide`` is a pure function of its context, so that a decision can be repeated from what it was made of;
``ConvictionGate`` answers each signal of the queue once with it.
"""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal

from src.gates.base import PASS, Candidate, Check, GateContext
from src.gates.correlation import check_correlation
from src.gates.facts import facts_of
from src.gates.fees import check_fees, expected_edge_bps, round_trip_cost_bps
from src.gates.intelligence import check_intelligence
from src.gates.kelly import check_kelly
from src.gates.ofi import check_ofi
from src.gates.pre_entry import OF_THE_SITUATION, PRE_ENTRY
from src.gates.prediction import check_prediction
from src.gates.risk import check_gap, check_liquidation, check_stops
from src.gates.score import check_score, conviction_of, score_of
from src.gates.size import contracts_within, exposure_room, propose, resized, size_verdict
from src.records.base import Record
from src.records.decisions import Decision, SizeFactor, Verdict
from src.records.enums import Ruling
from src.records.gate_facts import GateFacts
from src.records.outcomes import PendingEvent, PendingPut
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.store.errors import MoneyFileError
from src.store.files import Files, Incoming, Outgoing
from src.store.jsonl import Durability, read_tail
from src.store.paths import Home

log = logging.getLogger(__name__)

CHECKS: tuple[Check, ...] = (
    check_prediction,
    check_score,
    check_ofi,
    check_fees,
    check_kelly,
    check_correlation,
    check_intelligence,
    check_stops,
    check_gap,
    check_liquidation,
    *PRE_ENTRY,
)
"""Every one is asked of every signal, in this order, so that a blocked signal still teaches."""

REMEMBERED = 20_000
"""Decided ids that are kept against repeated lines of the queue."""
SEED_DECISIONS = 5_000
"""More than can be answered between two saves of the place in the queue."""
READ_AT_ONCE = 200
"""Signals that one step answers at most, so that the loop goes on beating."""

ERROR, RESIZE = Ruling.ERROR, Ruling.RESIZE
BLOCKING = frozenset({Ruling.BLOCK, Ruling.ERROR})


def decide(
    signal: Signal,
    prediction: Prediction | None,
    context: GateContext,
    *,
    checks: Sequence[Check] = CHECKS,
    facts_seq: int | None = None,
) -> Decision:
    """Return the decision on one signal; it trades where no check blocks and the venue takes the size.

    ``facts_seq`` is the number under which the context is on file.
    """
    return Hearing(context, checks=checks, facts_seq=facts_seq).decide(signal, prediction)


class Hearing:
    """The gate in one context; what asks nothing of the signal is asked for the first one and holds for all."""

    def __init__(
        self, context: GateContext, *, checks: Sequence[Check] = CHECKS, facts_seq: int | None = None
    ) -> None:
        self.context = context
        self._facts_seq = facts_seq
        self._checks = checks
        self._room = exposure_room(context)
        self._questions: list[tuple[Check, Verdict | None]] = [(check, None) for check in checks]
        """Each check, and its verdict where that stands already."""
        self._unheard = True

    def decide(self, signal: Signal, prediction: Prediction | None) -> Decision:
        """Return the decision on one signal; it trades where no check blocks and the venue takes the size."""
        context, price = self.context, Decimal(str(signal.price))
        candidate = _candidate(signal, prediction, context, room=self._room)
        asked = self._ask(candidate)
        objections = [verdict for verdict in asked if verdict.ruling is not PASS]
        contracts = _contracts(candidate, objections, context, price=price)
        size = size_verdict(candidate, contracts, context, price=price)
        blocked_by = tuple([each.check for each in (*objections, size) if each.ruling in BLOCKING])
        should_trade = not blocked_by and contracts is not None
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
            size_factors=(*candidate.proposal.factors, *_resize_factors(objections)),
            blocked_by=blocked_by,
            verdicts=(*asked, size),
            weights_version=context.weights_version,
            policies_version=context.policies_version,
            coverage=signal.coverage,
            evidence_version=context.evidence_version,
            facts_seq=self._facts_seq,
        )

    def _ask(self, candidate: Candidate) -> list[Verdict]:
        context, asked = self.context, []
        for check, standing in self._questions:
            try:
                verdict = standing or check(candidate, context)
            except Exception as error:  # noqa: BLE001 - whatever a check raises blocks, and the next is asked
                verdict = _failed(check, candidate, error)
            asked.append(verdict)
        if self._unheard:
            self._unheard = False
            self._questions = [
                (check, verdict if check in OF_THE_SITUATION and verdict.ruling is not ERROR else None)
                for check, verdict in zip(self._checks, asked, strict=True)
            ]
        return asked


def check_name(check: Check) -> str:
    """Return what a check's verdicts are called: its file, and its rule where the file holds several."""
    family = check.__module__.rpartition(".")[2]
    rule = check.__name__.removeprefix("check_")
    return rule if rule == family else f"{family}.{rule}"


class ConvictionGate:
    """The writer of ``logs/conviction_gate.jsonl`` and ``logs/gate_facts.jsonl``: one decision for each signal."""

    def __init__(
        self,
        *,
        pending: Incoming[PendingEvent],
        decisions: Outgoing[Decision],
        facts: Outgoing[GateFacts],
        decided: Iterable[str],
        checks: Sequence[Check] = CHECKS,
    ) -> None:
        """Take the queue and the logs; ``decided`` are the newest ids that the log already holds, oldest first."""
        self._pending = pending
        self._decisions = decisions
        self._facts = facts
        self._facts_seq: int | None = None
        self._checks = checks
        self._hearing: Hearing | None = None
        self._order = deque(decided, maxlen=REMEMBERED)
        self._decided = set(self._order)

    def arrived(self) -> list[PendingPut]:
        """Return the signals that wait for their first decision; one that was decided is never decided again."""
        events = self._pending.read_new(READ_AT_ONCE)
        puts = {event.signal_id: event for event in events if isinstance(event, PendingPut)}
        return [put for signal_id, put in puts.items() if signal_id not in self._decided]

    def meet(self, context: GateContext) -> None:
        """Write down the context in which the next signals are answered."""
        self._facts_seq = self._facts.append(facts_of(context))

    def answer(self, put: PendingPut, context: GateContext) -> Decision:
        """Decide on a signal and write the decision down.

        The context is the one that was met, with the entries that followed from it since.
        """
        hearing = self._hearing
        if hearing is None or hearing.context is not context:
            hearing = Hearing(context, checks=self._checks, facts_seq=self._facts_seq)
            self._hearing = hearing
        decision = hearing.decide(put.signal, put.prediction)
        self._decisions.append(decision)
        self._remember(put.signal_id)
        return decision

    def settle(self) -> None:
        """Force the decisions to the disk, as must be before an order follows from one.

        Raises:
            MoneyFileError: the disk did not take them.
        """
        for stream in (self._facts, self._decisions):
            failures = stream.failed_syncs
            stream.sync()
            if stream.failed_syncs > failures:
                raise MoneyFileError("decisions to trade could not be forced to the disk")

    def waiting(self) -> bool:
        """Return whether there is more in the queue than was read."""
        return self._pending.behind()

    def alarms(self) -> dict[str, int]:
        """Return what went wrong with the queue so far, by name."""
        return self._pending.counters()

    def save(self) -> None:
        """Save the place in the queue, after what was read is answered; the loop does so once a second."""
        self._facts.sync()
        self._decisions.sync()
        self._pending.save()

    def close(self) -> None:
        """Let go of the files."""
        self._pending.close()
        self._facts.close()
        self._decisions.close()

    def _remember(self, signal_id: str) -> None:
        if len(self._order) == REMEMBERED:
            self._decided.discard(self._order[0])
        self._order.append(signal_id)
        self._decided.add(signal_id)


class DecidedId(Record, frozen=True, kw_only=True):
    """As much of a decision as is needed to make it only once."""

    signal_id: str


def build_conviction_gate(home: Home, files: Files) -> ConvictionGate:
    """Return the gate of a home, with its queue and its log open.

    Raises:
        WriterExists: another process writes the decisions.
    """
    decided = [line.signal_id for line in read_tail(home.decisions, DecidedId, SEED_DECISIONS)]
    pending: Incoming[PendingEvent] = files.reader(
        home.pending_journal, PendingEvent, cursor=home.positions / "bot_cycle.pending.json"
    )
    decisions = files.writer(home.decisions, writer="main", durability=Durability.KNOWLEDGE)
    facts = files.writer(home.gate_facts, writer="main", durability=Durability.KNOWLEDGE)
    return ConvictionGate(pending=pending, decisions=decisions, facts=facts, decided=decided)


def _candidate(
    signal: Signal, prediction: Prediction | None, context: GateContext, *, room: float | None
) -> Candidate:
    score = score_of(signal, context.weights)
    conviction = conviction_of(score)
    return Candidate(
        signal=signal,
        prediction=prediction,
        features=context.features_of(signal.symbol),
        score=score,
        conviction=conviction,
        edge_bps=expected_edge_bps(signal, prediction, context),
        cost_bps=round_trip_cost_bps(signal, context),
        proposal=propose(signal, prediction, context, conviction=conviction, room=room),
    )


def _failed(check: Check, candidate: Candidate, error: Exception) -> Verdict:
    name = check_name(check)
    facts = {"check": name, "signal": candidate.signal.signal_id}
    log.error("gate_check_failed", exc_info=error, extra={"facts": facts})
    return Verdict(
        check=name, ruling=ERROR, measured=None, required=None, unit="", reason=type(error).__name__
    )


def _contracts(
    candidate: Candidate, objections: Iterable[Verdict], context: GateContext, *, price: Decimal
) -> Decimal | None:
    lot = context.lots.get(candidate.signal.symbol)
    if lot is None or candidate.proposal.usd is None:
        return None
    return contracts_within(resized(candidate.proposal.usd, objections), price=price, lot=lot)


def _resize_factors(objections: Iterable[Verdict]) -> list[SizeFactor]:
    return [
        SizeFactor(name=verdict.check, value=verdict.size_factor)
        for verdict in objections
        if verdict.ruling is RESIZE
    ]
