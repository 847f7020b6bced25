"""Who trades with whom: pure plans over a book and a queue, in whole ticks and steps."""

from dataclasses import dataclass

from src.exchange.simulator.book import Half
from src.exchange.simulator.resting import Queue, Resting
from src.records.enums import Side


@dataclass(frozen=True, slots=True)
class Match:
    """So much at such a price."""

    ticks: int
    steps: int


@dataclass(frozen=True, slots=True)
class TakerPlan:
    """What a taker would get."""

    matches: tuple[Match, ...]
    meets_itself: bool
    """It would reach an order of its own owner."""

    @property
    def steps(self) -> int:
        """Return how much it would trade in all."""
        return sum(match.steps for match in self.matches)


def plan_taker(against: Half, queue: Queue, *, side: Side, limit_ticks: int, steps: int) -> TakerPlan:
    """Return what an order for ``steps`` up to ``limit_ticks`` trades with, best level first.

    Displayed size trades before our own orders of the same level; reaching one of those ends the plan.
    """
    own = {resting.ticks for resting in queue.side(against.side)}
    matches: list[Match] = []
    left = steps
    for ticks in _levels(against, own):
        if left == 0 or side.sign * (ticks - limit_ticks) > 0:
            break
        take = min(left, against.available(ticks))
        if take > 0:
            matches.append(Match(ticks=ticks, steps=take))
            left -= take
        if left > 0 and ticks in own:
            return TakerPlan(matches=tuple(matches), meets_itself=True)
    return TakerPlan(matches=tuple(matches), meets_itself=False)


def plan_print(queue: Queue, *, taker: Side, ticks: int, steps: int) -> list[tuple[Resting, int]]:
    """Return how much of each of our orders a trade between others fills, and use up the queue before them.

    An order at a better price than the print would have been met first; one at its price waits for what
    stands before it. Together they never get more than was traded.
    """
    maker = Side.SELL if taker is Side.BUY else Side.BUY
    touched = [r for r in queue.side(maker) if maker.sign * (r.ticks - ticks) >= 0]
    fills: list[tuple[Resting, int]] = []
    left = steps
    passed = 0
    for resting in touched:
        if resting.ticks == ticks:
            others = min(left, max(0, (resting.ahead or 0) - passed))
            passed += others
            left -= others
        filled = min(left, resting.steps)
        if filled > 0:
            fills.append((resting, filled))
            left -= filled
    for resting in touched:
        if resting.ticks == ticks:
            resting.ahead = max(0, (resting.ahead or 0) - passed)
    return fills


def plan_crossed(queue: Queue, *, side: Side, against: Half) -> list[tuple[Resting, Match]]:
    """Return the fills of our orders that the displayed book has come to cross, each at the order's price."""
    fills: list[tuple[Resting, Match]] = []
    used: dict[int, int] = {}
    for resting in queue.side(side):
        left = resting.steps
        for ticks, available in against.walk():
            if left == 0 or side.sign * (ticks - resting.ticks) > 0:
                break
            take = min(left, available - used.get(ticks, 0))
            if take > 0:
                used[ticks] = used.get(ticks, 0) + take
                fills.append((resting, Match(ticks=ticks, steps=take)))
                left -= take
    return fills


def _levels(against: Half, own: set[int]) -> list[int]:
    levels = {ticks for ticks, _ in against.walk()} | own
    return sorted(levels, reverse=against.side is Side.BUY)
