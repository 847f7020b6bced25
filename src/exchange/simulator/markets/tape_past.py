"""What a recording knows of the time before it and between its messages: bars and funding that the venue told.

A bar is known from its close on and a settled hour from its end on, whenever they were asked for: a venue knows
its own past.
"""

from src.exchange.simulator.events import FundingPoint
from src.exchange.simulator.markets.recording import PolledCandles, PolledFunding

MINUTE_S = 60
HOUR_S = 3600
_DUST = 1e-9

Bar = tuple[float, float, float, float, float]
"""Open, high, low, close, volume."""
Minutes = dict[int, Bar]


class TapePast:
    """One symbol's bars and settled hours, as its venue told them."""

    def __init__(self) -> None:
        self._bars: dict[int, dict[int, Bar]] = {}
        """By resolution in minutes, then by the minute of the opening."""
        self._hours: dict[float, float] = {}

    def hear_candles(self, told: PolledCandles) -> None:
        """Take the bars that were closed when they were told."""
        bars = self._bars.setdefault(told.resolution_s // MINUTE_S, {})
        for ts, *bar in told.bars:
            if ts + told.resolution_s <= told.ts:
                bars[int(ts // MINUTE_S)] = _bar(bar)

    def hear_funding(self, told: PolledFunding) -> None:
        """Take the hours that were settled when they were told."""
        self._hours.update((ts, rate) for ts, rate in told.hours if ts <= told.ts)

    def filled_in(self, own: Minutes, *, resolution_s: int, start: float, end: float, now: float) -> Minutes:
        """Return bars to make those of a resolution of, by the minute of their opening: the more has traded wins.

        ``own`` are the minutes that the recording's trades make.
        """
        minutes = dict(own)
        for span, bars in sorted(self._bars.items()):
            if resolution_s % (span * MINUTE_S):
                continue
            for minute, bar in bars.items():
                ts = minute * MINUTE_S
                if ts + span * MINUTE_S <= now and start <= ts <= end:
                    _put(minutes, minute, span, bar)
        return minutes

    def funding(self, own_rates: dict[float, float], own: Minutes, *, until: float) -> list[FundingPoint]:
        """Return the settled hours up to ``until``, oldest first.

        The venue was asked for relative rates only. An hour's absolute one is what the tickers told while it ran
        (``own_rates``, by the hour's end), else the relative one times the price that the hour began with; an hour
        without either is left out.
        """
        points: list[FundingPoint] = []
        for ts, relative in sorted(self._hours.items()):
            if ts > until:
                break
            rate = own_rates.get(ts)
            price = self._opening(own, ts - HOUR_S)
            if rate is None and price is not None:
                rate = relative * price
            if rate is not None:
                points.append(FundingPoint(ts, rate, relative))
        return points

    def _opening(self, own: Minutes, ts: float) -> float | None:
        minute = int(ts // MINUTE_S)
        for bars in (*self._bars.values(), own):
            if minute in bars:
                return bars[minute][0]
        return None


def _bar(row: list[float]) -> Bar:
    opened, high, low, close, volume = row
    return opened, high, low, close, volume


def _put(minutes: Minutes, minute: int, span: int, bar: Bar) -> None:
    within = [each for each in range(minute, minute + span) if each in minutes]
    if within and bar[4] <= sum(minutes[each][4] for each in within) * (1 + _DUST):
        return
    for each in within:
        del minutes[each]
    minutes[minute] = bar
