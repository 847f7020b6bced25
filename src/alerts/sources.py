"""Where alerts come from: what the bot writes, and the disk itself."""

from collections.abc import Callable
from typing import Generic, TypeVar

from src.alerts.conditions import (
    Subject,
    UnknownOrders,
    from_health,
    from_positions,
    from_reasons,
    from_warnings,
)
from src.records.alerts import AlertKind
from src.records.ledger import Positions
from src.records.operations import Health
from src.records.orders import OrderEvent
from src.records.settings import BotSettings
from src.store.errors import CorruptDocument
from src.store.files import Files, Incoming, Page
from src.store.jsonl import read_tail
from src.store.paths import Home

D = TypeVar("D", Health, Positions)

_LASTS_S = {AlertKind.NAKED_POSITION: 5.0, AlertKind.FREEZE: 3.0}
"""Between a fill and its acknowledged stop a position is naked for a moment, and one lost answer holds entries back."""
_SEED_EVENTS = 2_000


class Sources:
    """What is wrong, gathered from the files of a home and from the disk itself."""

    def __init__(
        self,
        home: Home,
        settings: BotSettings,
        files: Files,
        *,
        speed: float,
        disk: Callable[[], tuple[str, ...]],
    ) -> None:
        """Open the files; ``disk`` tells why the disk forbids entries: a full one keeps health from being written."""
        self._health: _Latest[Health] = _Latest(files.document(home.health, Health, writer="alerts"))
        self._positions: _Latest[Positions] = _Latest(
            files.document(home.positions_futures, Positions, writer="alerts")
        )
        self._orders: Incoming[OrderEvent] = files.reader(home.orders, OrderEvent)
        self._orders.skip_to_end()
        self._unknown = UnknownOrders()
        self._unknown.take(read_tail(home.orders, OrderEvent, _SEED_EVENTS))
        self._unknown_after = settings.alerts.unknown_after_s * speed
        self._disk = disk
        self._since: dict[Subject, float] = {}

    @property
    def health(self) -> Health | None:
        """Return what the monitor wrote last, as of the newest look."""
        return self._health.value

    def look(self, now: float, now_s: float) -> dict[Subject, str]:
        """Return what is wrong at market time ``now``; ``now_s`` counts real seconds."""
        self._unknown.take(self._orders.read_new())
        health, positions = self._health.look(), self._positions.look()
        found = {
            **(from_health(health) if health is not None else {}),
            **(from_positions(positions.open_positions) if positions is not None else {}),
            **(from_warnings(positions.warnings) if positions is not None else {}),
            **from_reasons(self._disk()),
            **self._unknown.overdue(now, after_s=self._unknown_after),
        }
        self._since = {subject: self._since.get(subject, now_s) for subject in found}
        return {subject: words for subject, words in found.items() if self._lasted(subject, now_s)}

    def close(self) -> None:
        """Let go of the files."""
        self._orders.close()

    def _lasted(self, subject: Subject, now_s: float) -> bool:
        return now_s - self._since[subject] >= _LASTS_S.get(subject.kind, 0.0)


class _Latest(Generic[D]):
    """The newest readable state of a document; what is damaged is told of by its owner."""

    def __init__(self, page: Page[D]) -> None:
        self._page: Page[D] = page
        self.value: D | None = None

    def look(self) -> D | None:
        try:
            changed = self._page.read_if_changed()
        except CorruptDocument:
            return self.value
        if changed is not None:
            self.value = changed
        return self.value
