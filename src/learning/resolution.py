"""From the queue of the gate to the outcome: what is written of a signal, and in which order."""

import heapq

from src.learning.outcome_rows import outcome_row, universe_row
from src.learning.price_tape import PriceTape
from src.learning.resolver_parts import ResolverMemory, ResolverOutputs
from src.learning.streams import R_contra, Sink
from src.learning.tracking import HorizonBook, OutcomeRules
from src.records.decisions import Decision
from src.records.outcomes import PendingDecided, PendingDeleted, PendingPut, PendingSignal, PendingSignals
from src.records.predictions import Prediction
from src.records.signals import Signal


class Resolution:
    """Every signal in the queue, from its ``put`` to its ``del``.

    Each line is written before the one that would hide that it is missing (the universe row before the
    journal's ``upd``, the outcome before its ``del``): after a crash at any line the rest is made up for.
    """

    def __init__(
        self,
        *,
        memory: ResolverMemory,
        outputs: ResolverOutputs,
        prices: PriceTape,
        rules: OutcomeRules,
        signal_ttl_s: float,
    ) -> None:
        self._memory = memory
        self._out = outputs
        self._rules = rules
        self._ttl_s = signal_ttl_s
        self._book = HorizonBook(prices, rules)
        self._expiries: list[tuple[float, str]] = []
        self._pictured_seq = -1
        self.written = 0
        """Lines written since this process started."""
        for pending in memory.queue.pending.values():
            self._follow(pending.signal)

    def oldest_ts(self) -> float | None:
        """Return the decision point of the oldest signal without an outcome."""
        return self._book.oldest_ts()

    def is_known(self, signal_id: str, ts: float) -> bool:
        """Return whether a signal was queued before."""
        return self._memory.queued.seen(signal_id, ts)

    def queue(self, signal: Signal, prediction: Prediction | None, now: float) -> None:
        """Hand a signal to the gate and follow it from now on."""
        put = PendingPut(ts=now, signal_id=signal.signal_id, signal=signal, prediction=prediction)
        self._write(self._out.journal, put)
        self._memory.queue.apply(put)
        self._memory.queued.add(signal.signal_id, signal.ts)
        self._follow(signal)

    def decide(self, decision: Decision) -> None:
        """Take the gate's answer.

        One that comes after the signal expired counts only where it trades: then it is no longer expired.
        """
        known = self._memory.queue.pending.get(decision.signal_id)
        if known is None or known.decided or (known.expired and not decision.should_trade):
            return
        decided = PendingDecided(
            ts=decision.ts,
            signal_id=decision.signal_id,
            should_trade=decision.should_trade,
            blocked_by=decision.blocked_by,
        )
        self._close_question(known, decided)

    def expire_undecided(self, now: float) -> None:
        """Close the question of every signal whose time for an answer is over."""
        while self._expiries and self._expiries[0][0] <= now:
            _, signal_id = heapq.heappop(self._expiries)
            known = self._memory.queue.pending.get(signal_id)
            if known is not None and not known.decided and not known.expired:
                expired = PendingDecided(ts=now, signal_id=signal_id, should_trade=False, expired=True)
                self._close_question(known, expired)

    def settle_due(self, now: float, *, recording_read: bool) -> None:
        """Settle the horizons that have fallen due, and write the outcomes that this completes."""
        self._book.settle_due(now, recording_read=recording_read, done=self._finish)

    def picture(self, now: float) -> None:
        """Refresh the readable picture of the queue, if the queue has changed."""
        seq = self._out.journal.seq
        if seq == self._pictured_seq:
            return
        pending = self._memory.queue.picture()
        self._out.snapshot.write_later(lambda: PendingSignals(ts=now, as_of_seq=seq, pending=pending()))
        self._pictured_seq = seq

    def _follow(self, signal: Signal) -> None:
        self._book.add(signal)
        heapq.heappush(self._expiries, (signal.ts + self._ttl_s, signal.signal_id))

    def _close_question(self, known: PendingSignal, decided: PendingDecided) -> None:
        signal = known.signal
        if not self._memory.in_universe.seen(signal.signal_id, signal.ts):
            self._write(self._out.universe, universe_row(known, decided))
            self._memory.in_universe.add(signal.signal_id, signal.ts)
        self._write(self._out.journal, decided)
        self._memory.queue.apply(decided)
        self._finish(signal.signal_id)

    def _finish(self, signal_id: str) -> None:
        settled = self._book.settled(signal_id)
        known = self._memory.queue.pending.get(signal_id)
        if settled is None or known is None or not (known.decided or known.expired):
            return
        if not self._memory.resolved.seen(signal_id, settled.signal.ts):
            self._write(self._out.outcomes, outcome_row(known, settled, cost_bps=self._rules.cost_bps))
            self._memory.resolved.add(signal_id, settled.signal.ts)
        reason = "given_up" if None in settled.horizons.values() else "resolved"
        deleted = PendingDeleted(ts=settled.ts, signal_id=signal_id, reason=reason)
        self._write(self._out.journal, deleted)
        self._memory.queue.apply(deleted)
        self._book.drop(signal_id)

    def _write(self, sink: Sink[R_contra], record: R_contra) -> None:
        sink.append(record)
        self.written += 1
