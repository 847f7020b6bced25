"""What is worth a message: each condition once when it begins, now and then while it lasts, and when it is over."""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from src.alerts.conditions import Conditions, Subject
from src.records.alerts import AlertChange
from src.records.settings import AlertRules

_SETTLED_S = 5.0
"""What is gone for less than this has not been over."""
_HOUR_S = 3600.0


class News(NamedTuple):
    """One line of a message."""

    subject: Subject
    change: AlertChange
    text: str


@dataclass(slots=True)
class _Told:
    """A condition that was seen."""

    text: str
    told_s: float | None = None
    """When the newest message about it left; None where none did."""
    gone_s: float | None = None
    """Since when it is gone; None while it stands."""
    is_open: bool = False
    """It was told, and its end was not."""


class Bulletin:
    """Decides what is told; the times are real seconds."""

    def __init__(self, rules: AlertRules) -> None:
        """Take how often a person may be told the same."""
        self._rules = rules
        self._seen: dict[Subject, _Told] = {}
        self._sent: deque[float] = deque()
        self._held_back = 0

    def active(self) -> tuple[str, ...]:
        """Return what stands now."""
        return tuple(str(subject) for subject, told in self._seen.items() if told.gone_s is None)

    @property
    def held_back(self) -> int:
        """Return how many lines wait because enough messages were sent in the last hour."""
        return self._held_back

    def news(self, conditions: Conditions, now_s: float) -> list[News]:
        """Return the lines of the one message that is due now; empty where none is."""
        self._note(conditions, now_s)
        due = self._due(now_s)
        self._held_back = 0
        if not due:
            return []
        if not self._room(now_s, urgent=any(subject.kind.urgent for subject, _, _ in due)):
            self._held_back = len(due)
            return []
        self._sent.append(now_s)
        return [self._tell(subject, told, change, now_s) for subject, told, change in due]

    def _note(self, conditions: Conditions, now_s: float) -> None:
        for subject, text in conditions.items():
            told = self._seen.setdefault(subject, _Told(text))
            told.text, told.gone_s = text, None
        for subject, told in list(self._seen.items()):
            if subject in conditions:
                continue
            if told.gone_s is None:
                told.gone_s = now_s
            quiet = told.told_s is None or now_s - told.told_s >= self._rules.quiet_s
            if not told.is_open and quiet:
                del self._seen[subject]

    def _due(self, now_s: float) -> list[tuple[Subject, _Told, AlertChange]]:
        changes = ((subject, told, self._change(told, now_s)) for subject, told in self._seen.items())
        return [(subject, told, change) for subject, told, change in changes if change is not None]

    def _change(self, told: _Told, now_s: float) -> AlertChange | None:
        if told.gone_s is not None:
            return AlertChange.OVER if told.is_open and now_s - told.gone_s >= _SETTLED_S else None
        if not told.is_open:
            quiet = told.told_s is None or now_s - told.told_s >= self._rules.quiet_s
            return AlertChange.BEGAN if quiet else None
        lasts = told.told_s is not None and now_s - told.told_s >= self._rules.remind_every_s
        return AlertChange.LASTS if lasts else None

    def _room(self, now_s: float, *, urgent: bool) -> bool:
        _forget(self._sent, now_s)
        most = self._rules.most_per_hour
        return len(self._sent) < (most if urgent else most - most // 3)

    def _tell(self, subject: Subject, told: _Told, change: AlertChange, now_s: float) -> News:
        told.told_s, told.is_open = now_s, change is not AlertChange.OVER
        return News(subject, change, told.text)


def _forget(times: deque[float], now_s: float) -> None:
    while times and now_s - times[0] >= _HOUR_S:
        times.popleft()
