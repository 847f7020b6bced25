"""How a position is left that must not stay open: reduce-only orders, each a step wider than the last."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal

from src.exchange.base import Quote
from src.exchange.closing import beyond
from src.exchange.errors import NoAnswer
from src.exchange.executor import Executor, Submission
from src.ledger.position import OpenPosition
from src.records.orders import OrderState

_NOTHING_THERE = "iocWouldNotExecute"
_TOO_WIDE = "outsidePriceCollar"
STEPS_ON = frozenset({_NOTHING_THERE, _TOO_WIDE})
"""Refusals that say how far the next order has to go."""
_ANSWERED = frozenset({OrderState.DONE, OrderState.ACKED})


@dataclass(slots=True)
class _Climb:
    """Where one position stands on the ladder; step -1 is a market order."""

    step: int
    widest: int


class Ladder:
    """Leaves positions step by step, never further from the best price than its widest step.

    What the venue refuses as too far from its mark price is not asked for again. Without a price to start from,
    the order goes to the market, and the venue says how far that is.
    """

    def __init__(
        self, *, executor: Executor, quote: Callable[[str], Quote], reach_bps: tuple[float, ...]
    ) -> None:
        """Take what it works with; ``quote`` asks the exchange for the best prices of a symbol."""
        self._executor = executor
        self._quote = quote
        self._reach_bps = reach_bps
        self._climbs: dict[str, _Climb] = {}

    def climb(self, position: OpenPosition, *, reason: str, tick: Decimal | None, now: float) -> Submission:
        """Send the next order of a position that is to be left.

        Raises:
            OrderRefused: as ``Executor.exit``; nothing was journalled.
        """
        at_first = _Climb(step=0, widest=len(self._reach_bps) - 1)
        climb = self._climbs.setdefault(position.position_id, at_first)
        limit = None if climb.step < 0 else self._limit(position, self._reach_bps[climb.step], tick)
        submission = self._executor.exit(position, reason=reason, now=now, limit_price=limit)
        if submission.word == _TOO_WIDE:
            climb.step = climb.widest = climb.step - 1
        elif submission.state in _ANSWERED or submission.word == _NOTHING_THERE:
            climb.step = min(climb.step + 1, max(climb.widest, 0))
        return submission

    @property
    def in_use(self) -> bool:
        """Return whether any position is remembered."""
        return bool(self._climbs)

    def forget_all_but(self, position_ids: Collection[str]) -> None:
        """Forget the positions that are closed."""
        for gone in self._climbs.keys() - set(position_ids):
            del self._climbs[gone]

    def _limit(self, position: OpenPosition, bps: float, tick: Decimal | None) -> Decimal | None:
        try:
            quote = self._quote(position.symbol)
        except NoAnswer:
            return None
        best = quote.opposite(position.direction.opposite)
        start = quote.mark if best is None else best
        if start is None or tick is None:
            return None
        return beyond(position, start, bps, tick=tick)
