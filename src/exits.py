"""When a position is left: pure rules over its age, its gain and the best price since it was opened.

The stop on the exchange protects the position whatever happens here; these rules only ever leave earlier.
"""

from dataclasses import dataclass

from src.records.enums import Direction
from src.records.settings import ExitRules

CATASTROPHIC = "catastrophic"
MAXIMUM_HOLD = "maximum_hold"
TARGET = "target"
TRAILING = "trailing"
FLOOR = "floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An open position, as the exit rules see it."""

    direction: Direction
    entry_price: float
    """Average over the opening fills, in USD."""
    opened_ts: float
    """When its first fill happened, in seconds since the epoch on the market's clock."""


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

    ``price`` is the newest one, or None where none is known: then only age counts. ``best_price`` is the best since
    the entry. A catastrophe, a target and the maximum hold count at any age; a trailing stop and a floor only after
    the minimum hold.
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
