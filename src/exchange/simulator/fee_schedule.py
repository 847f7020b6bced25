"""Fees by what the account traded in the last thirty days: maker and taker rates that fall with its volume."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from src.exchange.simulator.account import ZERO

DAY_S = 86_400
DAYS = 30
"""What counts is traded today or on one of the 29 days before, UTC."""


@dataclass(frozen=True, slots=True)
class FeeTier:
    """The rates from one volume on, as fractions of the value traded."""

    volume_usd: Decimal
    maker: Decimal
    taker: Decimal


def _tiers(*rows: tuple[int, str, str]) -> tuple[FeeTier, ...]:
    """Return tiers from (volume in USD, maker and taker in percent)."""
    return tuple(
        FeeTier(Decimal(volume), Decimal(maker) / 100, Decimal(taker) / 100) for volume, maker, taker in rows
    )


TIERS = _tiers(
    (0, "0.02", "0.05"),
    (2_500_000, "0.015", "0.045"),
    (5_000_000, "0.0125", "0.04"),
    (10_000_000, "0.01", "0.035"),
    (20_000_000, "0.0075", "0.03"),
    (30_000_000, "0.005", "0.025"),
    (50_000_000, "0.003", "0.02"),
    (75_000_000, "0.0015", "0.015"),
    (100_000_000, "0", "0.0125"),
)
"""The venue's published schedule of 2026, without the rebates that it pays above 250 million USD."""


def tier(volume_usd: Decimal) -> FeeTier:
    """Return the tier of a volume."""
    reached = TIERS[0]
    for later in TIERS[1:]:
        if volume_usd < later.volume_usd:
            return reached
        reached = later
    return reached


class Volume:
    """What was traded, by day, and the tier that it has reached."""

    def __init__(self) -> None:
        self._days: dict[int, Decimal] = {}
        self._today = -1
        self._sum = ZERO

    def add(self, usd: Decimal, *, ts: float) -> None:
        """Count a trade; it weighs on the fee of the next one."""
        day = int(ts // DAY_S)
        if day > self._today:
            self._today = day
            self._days = self._counting(day)
            self._sum = sum(self._days.values(), ZERO)
        self._days[self._today] = self._days.get(self._today, ZERO) + usd
        self._sum += usd

    def in_usd(self, now: float) -> Decimal:
        """Return what counts at ``now``."""
        day = int(now // DAY_S)
        return self._sum if day <= self._today else sum(self._counting(day).values(), ZERO)

    def tier(self, now: float) -> FeeTier:
        """Return the tier that a trade at ``now`` is charged by."""
        return tier(self.in_usd(now))

    def by_day(self) -> tuple[tuple[int, Decimal], ...]:
        """Return (day since the epoch, USD) of each day that may still count."""
        return tuple(self._days.items())

    def restore(self, by_day: Iterable[tuple[int, Decimal]]) -> None:
        """Take over what :meth:`by_day` told."""
        self._days = dict(by_day)
        self._today = max(self._days, default=-1)
        self._sum = sum(self._days.values(), ZERO)

    def _counting(self, today: int) -> dict[int, Decimal]:
        return {day: usd for day, usd in self._days.items() if day > today - DAYS}
