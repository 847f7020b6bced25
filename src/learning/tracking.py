"""When each horizon of each signal falls due, and what it came to."""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from src.learning.outcome import horizon_outcome, return_bps
from src.learning.price_tape import Lookup, PricePoint, PriceTape
from src.records.enums import HORIZONS_S
from src.records.outcomes import HorizonOutcome
from src.records.signals import Signal


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


@dataclass(frozen=True, slots=True)
class Settled:
    """A signal whose every horizon is resolved or given up."""

    signal: Signal
    horizons: Mapping[str, HorizonOutcome | None]
    ts: float
    """When the last of them was."""


class HorizonBook:
    """Every signal's open horizons, asked for in the order in which they fall due."""

    def __init__(self, prices: PriceTape, rules: OutcomeRules) -> None:
        self._prices = prices
        self._rules = rules
        self._tracks: dict[str, _Track] = {}
        self._due: list[tuple[float, str, str]] = []
        self._waiting: list[tuple[float, str, str]] = []
        self._births: list[tuple[float, str]] = []

    def __contains__(self, signal_id: str) -> bool:
        return signal_id in self._tracks

    def add(self, signal: Signal) -> None:
        """Follow a signal from now on."""
        if signal.signal_id in self._tracks:
            return
        self._tracks[signal.signal_id] = _Track(signal)
        heapq.heappush(self._births, (signal.ts, signal.signal_id))
        for label, horizon_s in HORIZONS_S.items():
            heapq.heappush(self._due, (signal.ts + horizon_s, signal.signal_id, label))

    def drop(self, signal_id: str) -> None:
        """Forget a signal whose outcome is written."""
        self._tracks.pop(signal_id, None)

    def settled(self, signal_id: str) -> Settled | None:
        """Return a signal's horizons once all are settled."""
        track = self._tracks.get(signal_id)
        if track is None or len(track.horizons) < len(HORIZONS_S):
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
        reached = max(self._prices.newest_ts, now - patient_until if recording_read else float("-inf"))
        ready = self._waiting
        while self._due and self._due[0][0] <= reached:
            ready.append(heapq.heappop(self._due))
        self._waiting = []
        for due in ready:
            track = self._tracks.get(due[1])
            if track is None:
                continue
            given_up = recording_read and now > due[0] + patient_until
            if not self._settle(track, due[2], due[0], given_up=given_up):
                self._waiting.append(due)
            elif len(track.horizons) == len(HORIZONS_S):
                done(due[1])

    def _settle(self, track: _Track, label: str, target_ts: float, *, given_up: bool) -> bool:
        tolerance_s = self._rules.tolerance_s
        point = self._prices.find(track.signal.symbol, target_ts, tolerance_s)
        if point is Lookup.NOT_YET and not given_up:
            return False
        if isinstance(point, Lookup):
            track.horizons[label] = None
            track.settled_ts = max(track.settled_ts, target_ts + tolerance_s)
            return True
        market = self._market_return(track.signal.ts, target_ts)
        if market is Lookup.NOT_YET and not given_up:
            return False
        track.horizons[label] = self._measured(
            track.signal, target_ts, point, None if isinstance(market, Lookup) else market
        )
        track.settled_ts = max(track.settled_ts, point.ts)
        return True

    def _market_return(self, start_ts: float, end_ts: float) -> float | Lookup:
        start = self._prices.find(self._rules.leader, start_ts, self._rules.tolerance_s)
        end = self._prices.find(self._rules.leader, end_ts, self._rules.tolerance_s)
        if isinstance(start, Lookup):
            return start
        if isinstance(end, Lookup):
            return end
        return return_bps(start.price, end.price)

    def _measured(
        self, signal: Signal, target_ts: float, point: PricePoint, market_return_bps: float | None
    ) -> HorizonOutcome:
        return horizon_outcome(
            signal.direction,
            signal.price,
            target_ts=target_ts,
            point=point,
            market_return_bps=market_return_bps,
            cost_bps=self._rules.cost_bps,
        )
