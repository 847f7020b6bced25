"""The one clock: market time for what belongs to the market, real time for what bounds machines.

The machine's clock since boot, which counts suspended time too, carries both: a wall clock that steps moves neither.
"""

import time
from pathlib import Path
from typing import Protocol

from src.records.operations import ClockAnchor


class Clock(Protocol):
    """What tells the time; handed in, never reached for."""

    @property
    def speed(self) -> float:
        """Return how many market seconds pass in a real one."""

    def now(self) -> float:
        """Return market time in seconds since the epoch, UTC."""

    def real(self) -> float:
        """Return real seconds of a clock that never steps; only differences mean anything."""

    def wall(self) -> float:
        """Return the machine's wall clock in seconds since the epoch, UTC."""


class AnchoredClock:
    """Market time that runs ``speed`` times as fast as the machine, from an anchor all processes share."""

    def __init__(self, anchor: ClockAnchor) -> None:
        self._anchor = anchor

    @property
    def speed(self) -> float:
        """Return how many market seconds pass in a real one."""
        return self._anchor.speed

    def now(self) -> float:
        """Return market time in seconds since the epoch, UTC."""
        elapsed = _machine_seconds() - self._anchor.monotonic_origin
        return self._anchor.market_origin + elapsed * self._anchor.speed

    def real(self) -> float:
        """Return the machine's seconds since boot."""
        return _machine_seconds()

    def wall(self) -> float:
        """Return the machine's wall clock."""
        return time.time()


class Every:
    """True at most once in a period of real seconds; the first time it is asked, too."""

    def __init__(self, period_s: float, clock: Clock) -> None:
        self._period_s = period_s
        self._clock = clock
        self._last_s = clock.real() - period_s

    def __call__(self) -> bool:
        """Return whether the period is over, and begin the next if it is."""
        now_s = self._clock.real()
        if now_s - self._last_s < self._period_s:
            return False
        self._last_s = now_s
        return True


def anchor_at(market_origin: float, *, speed: float) -> ClockAnchor:
    """Return an anchor by which it is ``market_origin`` right now."""
    wall = time.time()
    return ClockAnchor(
        ts=market_origin,
        speed=speed,
        market_origin=market_origin,
        wall_origin=wall,
        monotonic_origin=_machine_seconds(),
        boot_id=boot_id(),
    )


def anchor_now(*, speed: float) -> ClockAnchor:
    """Return an anchor by which market time is the machine's wall clock right now."""
    return anchor_at(time.time(), speed=speed)


def continued(anchor: ClockAnchor, *, speed: float) -> ClockAnchor:
    """Return an anchor that goes on from an earlier one, on this boot and at this speed.

    The market went on while nobody looked: time that passed on the wall clock passes at the anchor's speed.
    """
    if anchor.boot_id == boot_id():
        elapsed = _machine_seconds() - anchor.monotonic_origin
    else:
        elapsed = max(0.0, time.time() - anchor.wall_origin)
    return anchor_at(anchor.market_origin + elapsed * anchor.speed, speed=speed)


def boot_id() -> str:
    """Return the name of this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _machine_seconds() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)
