"""How long requests, answers and messages travel: delays that are drawn, and the same for the same name.

A delay is a floor of half its median plus a log-normal part whose median is the other half, and which lets one in
a hundred exceed the given 99th percentile: T = m/2 + (m/2) exp(s Z) with s = ln((p99 - m/2) / (m/2)) / z(0.99).
"""

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist
from struct import Struct

from src.records.settings import Delay, Latency

_NORMAL = NormalDist()
_Z99 = _NORMAL.inv_cdf(0.99)
_NAME = Struct("<dd").pack
_CHANCES = 2**48


class Way:
    """One way, in one direction."""

    def __init__(self, delay: Delay, *, seed: str) -> None:
        self.instant = delay.median_ms == 0
        """Whether nothing takes any time here."""
        self._floor_s = delay.median_ms / 2000.0
        self._spread = 0.0 if self.instant else math.log((delay.p99_ms / 1000.0) / self._floor_s - 1.0) / _Z99
        self._key = hashlib.sha256(seed.encode()).digest()

    def takes(self, name: float, of: float = 0.0) -> float:
        """Return the seconds that the thing with this name is on its way; ``of`` tells equal names apart."""
        if self.instant:
            return 0.0
        drawn = hashlib.blake2b(_NAME(name, of), key=self._key, digest_size=6).digest()
        deviate = _NORMAL.inv_cdf((int.from_bytes(drawn, "little") + 0.5) / _CHANCES)
        return self._floor_s + self._floor_s * math.exp(self._spread * deviate)


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways between an exchange and those who trade there."""

    request: Way
    answer: Way
    market_data: Way


def ways(latency: Latency, *, seed: str) -> Ways:
    """Return the ways of an exchange as far away as this."""
    return Ways(
        request=Way(latency.request, seed=f"{seed} request"),
        answer=Way(latency.answer, seed=f"{seed} answer"),
        market_data=Way(latency.market_data, seed=f"{seed} market data"),
    )


def steady(round_trip_s: float) -> Latency:
    """Return the latency of requests that always take this long, half of it each way, and of instant messages."""
    half = Delay(median_ms=500.0 * round_trip_s, p99_ms=500.0 * round_trip_s)
    return Latency(request=half, answer=half, market_data=Delay(median_ms=0.0, p99_ms=0.0))


class Line:
    """The way of messages to one listener: none overtakes another.

    A line is as slow as it is for a second: were each message's delay drawn anew, all would wait for the slowest.
    """

    def __init__(self, way: Way, *, number: float = 0.0) -> None:
        """``number`` tells lines of one way apart."""
        self._way = way
        self._number = number
        self._second = -1.0
        self._takes = 0.0
        self._arrived = 0.0

    def arrives(self, sent: float) -> float:
        """Return when a message arrives that is sent now, in the same seconds."""
        second = sent // 1.0
        if second != self._second:
            self._second = second
            self._takes = self._way.takes(second, self._number)
        arrived = sent + self._takes
        self._arrived = max(self._arrived, arrived)
        return self._arrived
