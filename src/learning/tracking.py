"""When each horizon of each signal falls due, and what it came to."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from src.learning.outcome import horizon_outcome, return_bps
from src.learning.price_tape import NOT_YET, Lookup, PricePoint, PriceTape
from src.records.enums import HORIZONS_S
from src.records.outcomes import HorizonOutcome
from src.records.signals import Signal

_HORIZONS = len(HORIZONS_S)


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeRules:
    """How outcomes are measured; seconds of market time, bps of notional."""

    leader: str
    tolerance_s: float
    """How long after its target a price may still be used."""
    patience_s: float
    """How long after that a window may still come when the recording stands still."""
    cost_bps: float

    @staticmethod
    def tolerance_of(window_s: float) -> float:
        """Return how long after its target a price of such windows may be used, in seconds."""
        return max(window_s, 60.0) * 1.5


@dataclass(slots=True)
class _Track:
    signal: Signal
    horizons: dict[str, HorizonOutcome | None] = field(default_factory=dict)
    settled_ts: float = 0.0


class Settled(NamedTuple):
    """A signal whose every horizon is resolved or given up."""

    signal: Signal
    horizons: dict[str, HorizonOutcome | None]
    ts: float
    """When the last of them was."""


class HorizonBook:
    """Every signal's open horizons, asked for in the order in which they fall due."""

    def __init__(self, prices: PriceTape, rules: OutcomeRules) -> None:
        self._prices = prices
        self._rules = rules
        self._tracks: dict[str, _Track] = {}
        self._times: list[float] = []
        self._due: dict[float, list[tuple[str, str]]] = {}
        self._waiting: list[tuple[float, str, str]] = []
        self._births: list[tuple[float, str]] = []
        self._found: dict[tuple[str, float], PricePoint | Lookup] = {}
        self._market: dict[tuple[float, float], float | Lookup] = {}

    def __contains__(self, signal_id: str) -> bool:
        return signal_id in self._tracks

    def add(self, signal: Signal) -> None:
        """Follow a signal from now on."""
        signal_id, ts = signal.signal_id, signal.ts
        if signal_id in self._tracks:
            return
        self._tracks[signal_id] = _Track(signal)
        heapq.heappush(self._births, (ts, signal_id))
        for label, horizon_s in HORIZONS_S.items():
            target_ts = ts + horizon_s
            due = self._due.get(target_ts)
            if due is None:
                due = self._due[target_ts] = []
                heapq.heappush(self._times, target_ts)
            due.append((signal_id, label))

    def drop(self, signal_id: str) -> None:
        """Forget a signal whose outcome is written."""
        self._tracks.pop(signal_id, None)

    def settled(self, signal_id: str) -> Settled | None:
        """Return a signal's horizons once all are settled."""
        track = self._tracks.get(signal_id)
        if track is None or len(track.horizons) < _HORIZONS:
            return None
        ordered = {label: track.horizons[label] for label in HORIZONS_S}
        return Settled(track.signal, ordered, track.settled_ts)

    def oldest_ts(self) -> float | None:
        """Return the decision point of the oldest signal that is followed."""
        while self._births and self._births[0][1] not in self._tracks:
            heapq.heappop(self._births)
        return self._births[0][0] if self._births else None

    def settle_due(self, now: float, *, recording_read: bool, done: Callable[[str], None]) -> None:
        """Settle every horizon that can be, and name each signal whose last one was.

        Only when everything recorded was read does the passing of time alone give a horizon up.
        """
        patient_until = self._rules.tolerance_s + self._rules.patience_s
        ready = self._take_ready(
            max(self._prices.newest_ts, now - patient_until if recording_read else float("-inf"))
        )
        if not ready:
            return
        self._found.clear()
        self._market.clear()
        tracks, settle, waiting = self._tracks, self._settle, self._waiting
        for due in ready:
            target_ts, signal_id, label = due
            track = tracks.get(signal_id)
            if track is None:
                continue
            given_up = recording_read and now > target_ts + patient_until
            if not settle(track, label, target_ts, given_up):
                waiting.append(due)
            elif len(track.horizons) == _HORIZONS:
                done(signal_id)

    def _take_ready(self, reached: float) -> list[tuple[float, str, str]]:
        """Take the horizons that wait for a price already, and those that fall due by then."""
        ready, self._waiting = self._waiting, []
        while self._times and self._times[0] <= reached:
            target_ts = heapq.heappop(self._times)
            ready.extend([(target_ts, *each) for each in sorted(self._due.pop(target_ts))])
        return ready

    def _settle(self, track: _Track, label: str, target_ts: float, given_up: bool) -> bool:  # noqa: FBT001 - by place: a window asks for many
        signal = track.signal
        point = self._price_at(signal.symbol, target_ts)
        if not isinstance(point, PricePoint):
            if point is NOT_YET and not given_up:
                return False
            track.horizons[label] = None
            track.settled_ts = max(track.settled_ts, target_ts + self._rules.tolerance_s)
            return True
        market = self._market_return(signal.ts, target_ts)
        if market is NOT_YET and not given_up:
            return False
        track.horizons[label] = horizon_outcome(
            signal.direction,
            signal.price,
            target_ts=target_ts,
            point=point,
            market_return_bps=None if isinstance(market, Lookup) else market,
            cost_bps=self._rules.cost_bps,
        )
        track.settled_ts = max(track.settled_ts, point.ts)
        return True

    def _price_at(self, symbol: str, target_ts: float) -> PricePoint | Lookup:
        """Return a price; looked up once for all signals that ask for it before the next prices."""
        known = self._found.get((symbol, target_ts))
        if known is None:
            known = self._prices.find(symbol, target_ts, self._rules.tolerance_s)
            self._found[symbol, target_ts] = known
        return known

    def _market_return(self, start_ts: float, end_ts: float) -> float | Lookup:
        """Return the leader's move; worked out once, as a price is."""
        known = self._market.get((start_ts, end_ts))
        if known is None:
            known = self._market[start_ts, end_ts] = self._leader_move(start_ts, end_ts)
        return known

    def _leader_move(self, start_ts: float, end_ts: float) -> float | Lookup:
        start = self._price_at(self._rules.leader, start_ts)
        end = self._price_at(self._rules.leader, end_ts)
        if isinstance(start, Lookup):
            return start
        if isinstance(end, Lookup):
            return end
        return return_bps(start.price, end.price)
