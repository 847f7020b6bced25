"""Leaving what is open because a person said so, with the desk that trades."""

from src.exchange.desk import TradingDesk
from src.exchange.errors import NoAnswer, OrderRefused

REASON = "flatten"
_OPEN = "position_open"
_DOUBTFUL = "orders_of_others"


class Flatten:
    """Sends exits until nothing is left: no position, no order in doubt, no stop.

    A stop rests until its position is gone, and is then taken away as always.
    """

    def __init__(self, desk: TradingDesk, *, symbol: str | None, foreign: bool, again_after_s: float) -> None:
        """Take what is to be left: one ``symbol`` or all, and with ``foreign`` what is not ours too.

        ``again_after_s`` is in market seconds.
        """
        self._desk = desk
        self._symbol = symbol
        self._foreign = foreign
        self._again_after_s = again_after_s
        self._not_before: dict[str, float] = {}
        self._orders_due = 0.0
        self._others = 1 if foreign else 0
        self.exits = 0
        """Orders sent."""

    def step(self, now: float) -> int:
        """Send at most one exit; return how many orders were sent or taken away."""
        if not self._desk.ready:
            return 0
        if self._others and self._orders_due <= now:
            self._orders_due = now + self._again_after_s
            return self._cancel_foreign(now)
        for symbol, word in self.left().items():
            if word == _OPEN and self._not_before.get(symbol, now) <= now:
                self._not_before[symbol] = now + self._again_after_s
                return self._leave(symbol, now)
        return 0

    def left(self) -> dict[str, str]:
        """Return what is not done yet, a word by symbol; empty when all of it is."""
        if not self._desk.ready:
            return {"exchange": "not_reconciled"}
        kept = () if self._foreign else self.not_ours()
        words = {s: word for s, word in self._desk.under_way().items() if self._means(s) and s not in kept}
        return words | ({"exchange": _DOUBTFUL} if self._others else {})

    def not_ours(self) -> tuple[str, ...]:
        """Return the symbols that are meant and hold a position that is not ours."""
        views = self._desk.positions()
        return tuple(view.symbol for view in views if view.strategy is None and self._means(view.symbol))

    def _means(self, symbol: str) -> bool:
        return self._symbol is None or symbol == self._symbol

    def _leave(self, symbol: str, now: float) -> int:
        try:
            self._desk.exit(symbol, reason=REASON, now=now, foreign=self._foreign)
        except OrderRefused:
            return 0
        self.exits += 1
        return 1

    def _cancel_foreign(self, now: float) -> int:
        before = self._others
        try:
            self._others = self._desk.parts.reconciler.cancel_foreign(_All(self._symbol), now)
        except NoAnswer:
            return 0
        return before


class _All:
    """One symbol, or every one."""

    def __init__(self, symbol: str | None) -> None:
        self._symbol = symbol

    def __contains__(self, symbol: object) -> bool:
        return self._symbol is None or symbol == self._symbol
