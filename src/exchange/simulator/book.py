"""One contract's displayed book, in whole ticks and steps, and what our participants took of it."""

from collections.abc import Callable, Iterable, Iterator

from src.records.enums import Side


class Half:
    """One side of a displayed book."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._toward_best = max if side is Side.BUY else min
        self._known: dict[int, int] = {}
        self._unread: Callable[[], Iterable[tuple[int, int]]] | None = None
        self._taken: dict[int, int] = {}

    def replace(self, levels: Iterable[tuple[int, int]]) -> None:
        """Replace all levels; whatever was taken is forgotten."""
        self._taken.clear()
        self._unread = None
        self._known = {ticks: steps for ticks, steps in levels if steps > 0}

    def replace_unread(self, levels: Callable[[], Iterable[tuple[int, int]]]) -> None:
        """Replace all levels by what ``levels`` will return once somebody looks.

        Most books that are told as a whole are told again before anybody has looked.
        """
        self._taken.clear()
        self._unread = levels

    def show(self, ticks: int, steps: int) -> None:
        """Hear the market's new size of a level; what was taken there is forgotten."""
        if self._taken:
            self._taken.pop(ticks, None)
        shown = self._known if self._unread is None else self._shown
        if steps > 0:
            shown[ticks] = steps
        else:
            shown.pop(ticks, None)

    @property
    def _shown(self) -> dict[int, int]:
        if self._unread is not None:
            self.replace(self._unread())
        return self._known

    def take(self, ticks: int, steps: int) -> None:
        """Note that this much of a level is gone until the market speaks of it again."""
        if steps > self.available(ticks):
            raise ValueError(f"only {self.available(ticks)} steps stand at {ticks}, not {steps}")
        self._taken[ticks] = self._taken.get(ticks, 0) + steps

    def shown(self, ticks: int) -> int:
        """Return what the market shows at a level."""
        return self._shown.get(ticks, 0)

    def available(self, ticks: int) -> int:
        """Return what is left at a level after our participants took theirs."""
        return self._shown.get(ticks, 0) - self._taken.get(ticks, 0)

    def best_shown(self) -> int | None:
        """Return the best level that the market shows."""
        return self._toward_best(self._shown) if self._shown else None

    def best_available(self) -> int | None:
        """Return the best level of which something is left."""
        if not self._taken:
            return self.best_shown()
        return next((ticks for ticks, _ in self.walk()), None)

    def walk(self) -> Iterator[tuple[int, int]]:
        """Yield (ticks, available steps) from the best level on, skipping what is used up."""
        for ticks in sorted(self._shown, reverse=self.side is Side.BUY):
            left = self.available(ticks)
            if left > 0:
                yield ticks, left

    def levels(self) -> list[tuple[int, int]]:
        """Return what the market shows, best first."""
        return sorted(self._shown.items(), reverse=self.side is Side.BUY)


class Book:
    """Both sides."""

    def __init__(self) -> None:
        self.bids = Half(Side.BUY)
        self.asks = Half(Side.SELL)

    def half(self, side: Side) -> Half:
        """Return the side where orders of this kind rest."""
        return self.bids if side is Side.BUY else self.asks

    def against(self, side: Side) -> Half:
        """Return the side that a taker of this kind trades with."""
        return self.asks if side is Side.BUY else self.bids
