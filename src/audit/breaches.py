"""When a hard limit was breached and nobody had cleared it: nothing is entered then."""

import math
from bisect import bisect_right
from collections.abc import Iterable

from src.records.risk import RiskCleared, RiskEvent, RiskLatched


class Breaches:
    """The spans of ``logs/risk.jsonl`` in which a state stood."""

    def __init__(self, events: Iterable[RiskEvent]) -> None:
        """Read every line, oldest first."""
        self._spans: list[tuple[float, float, str]] = []
        for event in events:
            if isinstance(event, RiskLatched) and (not self._spans or self._spans[-1][1] < math.inf):
                self._spans.append((event.ts, math.inf, event.limit.value))
            elif isinstance(event, RiskCleared) and self._spans:
                begun, _, limit = self._spans[-1]
                self._spans[-1] = (begun, min(self._spans[-1][1], event.ts), limit)

    def at(self, ts: float) -> str | None:
        """Return the limit that stood breached at a time, None where none did; the first moment is not meant."""
        index = bisect_right(self._spans, ts, key=lambda span: span[0]) - 1
        if index < 0:
            return None
        begun, ended, limit = self._spans[index]
        return limit if begun < ts < ended else None
