"""How long positions were without a stop, from the exchange's journal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tests.crash_referee import Referee


@dataclass(frozen=True, slots=True)
class BareTimes:
    """Real seconds without a stop, shortest first."""

    alive: list[float]
    """From the fill on, of positions that were opened and protected by one and the same process."""
    restarted: list[float]
    """From the restart on, where the process died in between."""
    lost: list[float]
    """From when a stop had gone, or was used up."""

    def __str__(self) -> str:
        named = {"alive": self.alive, "from the restart": self.restarted, "stop gone": self.lost}
        return "seconds without a stop: " + "; ".join(
            f"{name} {len(times)}, p50 {quantile(times, 0.5):.3f}, p99 {quantile(times, 0.99):.3f}"
            for name, times in named.items()
            if times
        )


def told(referee: Referee, restarts: Sequence[float], *, speed: float) -> BareTimes:
    """Return the times of every position; ``restarts`` are market times at which the bot was started."""
    alive: list[float] = []
    restarted: list[float] = []
    lost: list[float] = []
    for bare in referee.bare:
        began = [ts for ts in restarts if bare.since < ts <= bare.since + bare.seconds]
        if began:
            restarted.append((bare.since + bare.seconds - began[-1]) / speed)
        else:
            (alive if bare.opened else lost).append(bare.seconds / speed)
    return BareTimes(sorted(alive), sorted(restarted), sorted(lost))


def quantile(times: Sequence[float], share: float) -> float:
    """Return the time that so many are not above; nan of nothing."""
    return times[math.ceil(share * len(times)) - 1] if times else math.nan
