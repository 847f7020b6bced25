"""When a position is left: pure rules over its age, its gain and the best price since it was opened.

The stop on the exchange protects the position whatever happens here; these rules only ever leave earlier.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from src.records.enums import Direction
from src.records.ledger import PositionView
from src.records.settings import ExitRules

CATASTROPHIC = "catastrophic"
MAXIMUM_HOLD = "maximum_hold"
TARGET = "target"
TRAILING = "trailing"
FLOOR = "floor"
_DOUBLINGS = 4


class Held(NamedTuple):
    """An open position, as the exit rules see it."""

    direction: Direction
    entry_price: float
    """Average over the opening fills, in USD."""
    opened_ts: float
    """When its first fill happened, in seconds since the epoch on the exchange's clock, as ``now`` is."""


def gain_bps(held: Held, price: float) -> float:
    """Return the price move in the position's direction since the entry, in bps."""
    return held.direction.sign * (price / held.entry_price - 1.0) * 1e4


def better(direction: Direction, one: float, other: float) -> float:
    """Return the better of two prices for a position of this direction: the higher one for a LONG."""
    return max(one, other) if direction is Direction.LONG else min(one, other)


def exit_reason(
    rules: ExitRules, held: Held, *, now: float, price: float | None, best_price: float | None
) -> str | None:
    """Return the name of the first rule by which the position is left now, or None to keep it.

    ``price`` is the newest one, or None where none is known: then only age counts. ``best_price`` is the best
    since the entry. A catastrophe, a target and the maximum hold count at any age; a trailing stop and a
    floor only after the minimum hold.
    """
    age_s = now - held.opened_ts
    if price is not None:
        gain = gain_bps(held, price)
        if gain <= -rules.catastrophic_bps:
            return CATASTROPHIC
        if any(age_s >= target.after_s and gain >= target.gain_bps for target in rules.targets):
            return TARGET
        if age_s >= rules.minimum_hold_s:
            best = held.entry_price if best_price is None else best_price
            if given_back_bps(held.direction, best, price) >= trailing_distance_bps(rules, age_s):
                return TRAILING
            if any(age_s >= floor.after_s and gain < floor.below_bps for floor in rules.floors):
                return FLOOR
    return MAXIMUM_HOLD if age_s >= rules.maximum_hold_s else None


def given_back_bps(direction: Direction, best_price: float, price: float) -> float:
    """Return how far the price has come back from its best, in bps of the best; 0 at a new best."""
    return max(0.0, direction.sign * (1.0 - price / best_price) * 1e4)


def trailing_distance_bps(rules: ExitRules, age_s: float) -> float:
    """Return how far the price may come back at this age, in bps; the last step holds for all later ages."""
    for step in rules.trailing:
        if age_s < step.until_s:
            return step.distance_bps
    return rules.trailing[-1].distance_bps


class Tried(NamedTuple):
    """The newest exit order of a position that is still there."""

    ts: float
    size: Decimal
    """What was open when it was sent."""
    in_vain: int
    """Orders in a row after which no contract was gone."""


class ExitWatch:
    """Watches the open positions: the best price of each, and which of them are to be left.

    What is once to be left stays so until it is gone: a target that was touched is not forgotten because the
    exit order filled only in part. An order that closed nothing at all, because the market is suspended, takes no
    market orders or has no book, is followed by the next after twice the time, up to sixteen times.
    """

    def __init__(self, *, retry_after_s: float) -> None:
        """Watch nothing yet; ``retry_after_s`` are the market seconds from one exit order to the next."""
        self._retry_after_s = retry_after_s
        self._best: dict[str, float] = {}
        self._reasons: dict[str, str] = {}
        self._tried: dict[str, Tried] = {}

    def see(self, position: PositionView, *, ts: float, price: float) -> None:
        """Take a price of the position's symbol; one from before it was opened says nothing."""
        if ts < position.opened_ts:
            return
        best = self._best.get(position.position_id, float(position.entry_price))
        self._best[position.position_id] = better(position.direction, best, price)

    def best_price(self, position_id: str) -> float | None:
        """Return the best price of a position, or None where none was seen since it was opened."""
        return self._best.get(position_id)

    def due(
        self, rules: ExitRules, positions: Sequence[PositionView], *, prices: Mapping[str, float], now: float
    ) -> list[tuple[PositionView, str]]:
        """Return the positions to leave now, each with its reason.

        ``prices`` are the new ones, by symbol; a position without one is judged by its age alone. One whose
        exit was tried waits a while before it is tried again.
        """
        self._forget_all_but(positions)
        leaving = []
        for position in positions:
            reason = self._reasons.get(position.position_id) or self._judge(rules, position, prices, now)
            if reason is None:
                continue
            self._reasons[position.position_id] = reason
            if self._is_time(position, now):
                leaving.append((position, reason))
        return leaving

    def tried(self, position: PositionView, *, now: float) -> None:
        """Note that an exit order is sent for a position as it stands, or refused."""
        before = self._tried.get(position.position_id)
        in_vain = before.in_vain + 1 if before is not None and before.size == position.size else 0
        self._tried[position.position_id] = Tried(now, position.size, in_vain)

    def _is_time(self, position: PositionView, now: float) -> bool:
        tried = self._tried.get(position.position_id)
        if tried is None:
            return True
        in_vain = tried.in_vain if tried.size == position.size else 0
        wait_s: float = self._retry_after_s * 2 ** min(in_vain, _DOUBLINGS)
        return now - tried.ts >= wait_s

    def _judge(
        self, rules: ExitRules, position: PositionView, prices: Mapping[str, float], now: float
    ) -> str | None:
        held = Held(
            direction=position.direction,
            entry_price=float(position.entry_price),
            opened_ts=position.opened_ts,
        )
        price = prices.get(position.symbol)
        return exit_reason(
            rules, held, now=now, price=price, best_price=self.best_price(position.position_id)
        )

    def _forget_all_but(self, positions: Sequence[PositionView]) -> None:
        if not (self._best or self._reasons or self._tried):
            return
        position_ids = {position.position_id for position in positions}
        for kept in (self._best, self._reasons, self._tried):
            for gone in kept.keys() - position_ids:
                del kept[gone]
