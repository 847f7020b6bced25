"""Our participants' resting orders of one contract, each with the displayed size that stands before it."""

from collections.abc import Iterator
from dataclasses import dataclass

from src.records.enums import Side


@dataclass(slots=True)
class Resting:
    """An order in the queue of its level."""

    order_id: str
    side: Side
    ticks: int
    steps: int
    """Open."""
    ahead: int | None
    """Displayed steps that trade first; None until the level is seen after a restart."""


class Queue:
    """Resting orders in the order of their priority: price, then time."""

    def __init__(self) -> None:
        self._orders: dict[str, Resting] = {}

    def __bool__(self) -> bool:
        return bool(self._orders)

    def __iter__(self) -> Iterator[Resting]:
        return iter(tuple(self._orders.values()))

    def add(self, resting: Resting) -> None:
        """Put an order at the end of its level's queue."""
        self._orders[resting.order_id] = resting

    def get(self, order_id: str) -> Resting | None:
        """Return an order that rests here."""
        return self._orders.get(order_id)

    def drop(self, order_id: str) -> None:
        """Forget an order, if it rests here."""
        self._orders.pop(order_id, None)

    def side(self, side: Side) -> list[Resting]:
        """Return one side's orders, best price first, oldest first within a price."""
        return sorted(
            (r for r in self._orders.values() if r.side is side), key=lambda r: -side.sign * r.ticks
        )

    def at(self, side: Side, ticks: int) -> int:
        """Return how many of our steps rest at a level."""
        return sum(r.steps for r in self._orders.values() if r.side is side and r.ticks == ticks)

    def level_shown(self, side: Side, ticks: int, shown: int) -> None:
        """Hear a level's new displayed size: what was cancelled is first taken to stand behind us."""
        for resting in self._orders.values():
            if resting.side is side and resting.ticks == ticks:
                resting.ahead = shown if resting.ahead is None else min(resting.ahead, shown)
