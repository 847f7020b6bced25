"""How an account did over time, with what was put in and taken out left aside."""

from dataclasses import dataclass
from decimal import Decimal

from src.records.ledger import PathView

_DAY_S = 86_400
_ZERO = Decimal(0)


@dataclass(slots=True)
class EquityPath:
    """Result, peak and the day's beginning, told from one observation to the next.

    In USD the result is equity less capital. As a share it is a time-weighted index: it moves by the result
    between two observations over the equity before it, capital that came or went in between included; so no
    deposit and no withdrawal moves it (GIPS, time-weighted return).
    """

    result: Decimal = _ZERO
    peak: Decimal = _ZERO
    day: int | None = None
    """Days since the epoch, UTC; None before the first observation."""
    day_start: Decimal = _ZERO
    """The result with which the day began."""
    index: float = 1.0
    peak_index: float = 1.0
    day_index: float = 1.0

    def note(self, ts: float, equity: Decimal, capital: Decimal) -> None:
        """Take the equity of a moment, and all capital put in so far, both in USD."""
        day = int(ts // _DAY_S)
        if self.day is None or day > self.day:
            self.day, self.day_start, self.day_index = day, self.result, self.index
        result = equity - capital
        if result == self.result:
            return
        before = self.result + capital
        if before > 0:
            self.index *= max(0.0, 1.0 + float((result - self.result) / before))
            self.peak_index = max(self.peak_index, self.index)
        self.result = result
        self.peak = max(self.peak, result)

    @property
    def drawdown_usd(self) -> Decimal:
        """Return how far the result is below its peak; 0 at the peak."""
        return self.peak - self.result

    @property
    def drawdown_share(self) -> float:
        """Return the same as a share of the equity at the peak, between 0 and 1."""
        return 1.0 - self.index / self.peak_index

    def daily_usd(self, ts: float) -> Decimal:
        """Return the result since 0 h UTC of the moment's day; negative is a loss."""
        return self.result - self.day_start if self._is_of(ts) else _ZERO

    def daily_share(self, ts: float) -> float:
        """Return the same as a share of the equity with which the day began."""
        if not self._is_of(ts) or self.day_index <= 0:
            return 0.0
        return self.index / self.day_index - 1.0

    def view(self) -> PathView:
        """Return what a restart needs to go on."""
        return PathView(
            result_usd=self.result,
            peak_usd=self.peak,
            day=self.day,
            day_start_usd=self.day_start,
            index=self.index,
            peak_index=self.peak_index,
            day_index=self.day_index,
        )

    def _is_of(self, ts: float) -> bool:
        return self.day is not None and int(ts // _DAY_S) <= self.day


def restored(view: PathView) -> EquityPath:
    """Return the path that a view tells of."""
    return EquityPath(
        result=view.result_usd,
        peak=view.peak_usd,
        day=view.day,
        day_start=view.day_start_usd,
        index=view.index,
        peak_index=view.peak_index,
        day_index=view.day_index,
    )
