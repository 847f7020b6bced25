"""Every decision has its signal, every check was asked, and what was decided follows from what they said."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from src.audit.ahead import Ahead
from src.audit.claims import (
    DECIDED_ONCE,
    EVERY_CHECK,
    HAS_PREDICTION,
    HAS_SIGNAL,
    OBEYED,
    POLICY,
    REPEATS,
    RULING,
    SCORE,
    VERSION,
)
from src.audit.findings import Findings, Spot
from src.audit.repeated import check_policy, check_score, check_size, policy_faults
from src.audit.rulings import BLOCKING, BY_POLICY, contradiction, decides
from src.audit.versions import POLICIES, WEIGHTS, Versions
from src.records.decisions import Decision
from src.records.enums import Direction, Strategy
from src.records.outcomes import PendingEvent, PendingPut
from src.records.predictions import Prediction
from src.records.signals import Signal

REMEMBERED = 50_000
"""Decided ids that are kept to tell a second decision from one without a signal."""
_OF_THE_SIGNAL = ("symbol", "strategy", "direction", "price", "coverage")


class Repeats(Protocol):
    """The gate, asked again."""

    def __call__(
        self, decision: Decision, signal: Signal, prediction: Prediction | None, /
    ) -> Decision | None:
        """Return the decision that the record of one makes again; None where the record does not suffice."""


class Trade(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """As much of a decision to trade as its orders are held against."""

    seq: int
    ts: float
    symbol: str
    strategy: Strategy
    direction: Direction
    size_usd: float
    price: float
    stop_bps: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the decisions are held against, read alongside."""

    signals: Ahead[Signal]
    puts: Ahead[PendingEvent]
    predictions: Ahead[Prediction]


class DecisionAudit:
    """Reads ``logs/conviction_gate.jsonl`` once."""

    def __init__(
        self,
        *,
        file: str,
        sources: Sources,
        versions: Versions,
        checks: tuple[str, ...],
        findings: Findings,
        repeat: Repeats | None = None,
    ) -> None:
        """Take what the decisions are held against.

        ``checks`` are the names that every decision's verdicts must have, in this order; ``repeat`` makes a
        decision again where its record suffices for that.
        """
        self._file = file
        self._sources = sources
        self._versions = versions
        self._checks = checks
        self._findings = findings
        self._repeat = repeat
        self._order: deque[str] = deque(maxlen=REMEMBERED)
        self._decided: set[str] = set()
        self.trades: dict[str, Trade] = {}
        """The decisions to trade, by signal."""

    def read(self, decisions: Iterable[tuple[int, Decision]]) -> None:
        """Hold every decision against what it came from."""
        for seq, decision in decisions:
            spot = Spot(self._file, seq, (decision.signal_id,))
            if not self._is_first(decision, spot):
                continue
            self._check_verdicts(decision, spot)
            check_size(decision, self._findings, spot)
            self._check_origin(decision, spot)
            if decision.should_trade:
                self.trades[decision.signal_id] = _trade(decision, seq)

    def _is_first(self, decision: Decision, spot: Spot) -> bool:
        name = decision.signal_id
        if name in self._decided:
            self._findings.refute(DECIDED_ONCE, spot, expected="one decision", found="another one")
            return False
        if len(self._order) == REMEMBERED:
            self._decided.discard(self._order[0])
        self._order.append(name)
        self._decided.add(name)
        self._findings.prove(DECIDED_ONCE)
        return True

    def _check_verdicts(self, decision: Decision, spot: Spot) -> None:
        findings = self._findings
        asked = tuple([verdict.check for verdict in decision.verdicts])
        if asked == self._checks:
            findings.prove(EVERY_CHECK)
        else:
            missing = [name for name in self._checks if name not in asked]
            found = f"without {', '.join(missing)}" if missing else f"in another order: {', '.join(asked)}"
            findings.refute(EVERY_CHECK, spot, expected=f"{len(self._checks)} checks", found=found)
        for verdict in decision.verdicts:
            fault = contradiction(verdict)
            if fault is not None:
                findings.refute(RULING, spot, expected=f"{verdict.check} {fault[0]}", found=fault[1])
            elif decides(verdict):
                findings.proven[RULING] += 1
            elif verdict.check in BY_POLICY or verdict.measured is None or verdict.required is None:
                continue
            else:
                findings.leave_open(RULING, f"{verdict.check} is compared by numbers that are not on record")
        blocking = tuple([each.check for each in decision.verdicts if each.ruling in BLOCKING])
        if findings.same(OBEYED, spot, what="blocked by", expected=blocking, found=decision.blocked_by):
            trades = not blocking
            findings.same(OBEYED, spot, what="trades:", expected=trades, found=decision.should_trade)

    def _check_origin(self, decision: Decision, spot: Spot) -> None:
        findings, sources, ts = self._findings, self._sources, decision.signal_ts
        signal = sources.signals.take(decision.signal_id, ts)
        put = sources.puts.take(decision.signal_id, ts)
        predicted = sources.predictions.take(decision.signal_id, ts)
        queued = put[1] if put is not None and isinstance(put[1], PendingPut) else None
        of_it = signal[1] if signal is not None else queued.signal if queued is not None else None
        if of_it is None:
            if sources.signals.removed(ts):
                findings.leave_open(HAS_SIGNAL, f"{sources.signals.source.name} no longer goes back that far")
            else:
                where = f"a signal in {sources.signals.source.name}"
                findings.refute(HAS_SIGNAL, spot, expected=where, found=None)
            return
        self._compare_signal(decision, of_it, queued, spot)
        prediction = queued.prediction if queued is not None else predicted[1] if predicted else None
        self._compare_prediction(decision, prediction, queued, spot)
        self._compare_rules(decision, of_it, spot)
        if self._repeat is not None:
            self._repeat_it(decision, of_it, prediction, spot)

    def _compare_signal(
        self, decision: Decision, signal: Signal, queued: PendingPut | None, spot: Spot
    ) -> None:
        findings = self._findings
        if queued is not None and queued.signal != signal:
            findings.refute(HAS_SIGNAL, spot, expected="the queue's signal as it was made", found="another")
            return
        expected = (*[getattr(signal, name) for name in _OF_THE_SIGNAL], signal.ts)
        found = (*[getattr(decision, name) for name in _OF_THE_SIGNAL], decision.signal_ts)
        findings.same(HAS_SIGNAL, spot, what="the signal's", expected=expected, found=found)

    def _compare_prediction(
        self, decision: Decision, prediction: Prediction | None, queued: PendingPut | None, spot: Spot
    ) -> None:
        findings = self._findings
        if queued is None and (prediction is None or decision.win_probability is None):
            findings.leave_open(HAS_PREDICTION, "the queue's line is no longer kept")
            return
        expected = None if prediction is None else prediction.win_probability
        found = decision.win_probability
        findings.same(HAS_PREDICTION, spot, what="probability", expected=expected, found=found)

    def _compare_rules(self, decision: Decision, signal: Signal, spot: Spot) -> None:
        findings, versions = self._findings, self._versions
        for kind, version in ((WEIGHTS, decision.weights_version), (POLICIES, decision.policies_version)):
            if versions.known(kind, version):
                findings.prove(VERSION)
            elif versions.keeps(kind):
                findings.refute(VERSION, spot, expected=f"{kind} {version} among the kept", found=None)
            else:
                findings.leave_open(VERSION, f"{kind} {version} stand nowhere but in decisions")
        weights = versions.weights(decision.weights_version, decision.ts)
        if weights is None:
            findings.leave_open(SCORE, f"the weights {decision.weights_version} are not on record")
        else:
            check_score(decision, signal, weights, findings, spot)
        self._compare_policies(decision, signal, spot)

    def _compare_policies(self, decision: Decision, signal: Signal, spot: Spot) -> None:
        version = decision.policies_version
        found = self._versions.policies(version, decision.ts)
        if found is None:
            self._findings.leave_open(POLICY, f"the policies {version} are not on record")
            return
        policies, certain = found
        if certain:
            check_policy(decision, signal, policies, self._findings, spot)
        elif any(policy_faults(decision, signal, policies)):
            self._findings.leave_open(POLICY, f"what is known of the policies {version} does not fit")
        else:
            self._versions.confirm(version)
            self._findings.prove(POLICY)

    def _repeat_it(
        self, decision: Decision, signal: Signal, prediction: Prediction | None, spot: Spot
    ) -> None:
        again = None if self._repeat is None else self._repeat(decision, signal, prediction)
        if again is None:
            self._findings.leave_open(REPEATS, "the record does not hold all that the gate knew")
        elif again == decision:
            self._findings.prove(REPEATS)
        else:
            names = [
                name for name in decision.__struct_fields__ if getattr(again, name) != getattr(decision, name)
            ]
            self._findings.refute(
                REPEATS, spot, expected="the same decision", found=f"another {', '.join(names)}"
            )


def _trade(decision: Decision, seq: int) -> Trade:
    stop = next((factor.value for factor in decision.size_factors if factor.name == "stop_bps"), None)
    return Trade(
        seq=seq,
        ts=decision.ts,
        symbol=decision.symbol,
        strategy=decision.strategy,
        direction=decision.direction,
        size_usd=decision.size_usd,
        price=decision.price,
        stop_bps=stop,
    )
