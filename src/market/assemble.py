"""The features of all symbols at the close of a window, from what each showed in it and from their past."""

from collections.abc import Iterable, Mapping, Sequence

from src.market.closed_window import ClosedWindow
from src.market.faults import knows_trades
from src.market.feature_line import Close, Facts, features_of
from src.market.flow_scale import ScaleWeights
from src.market.history import HOUR_S, MINUTE_S, QUARTER_S, Series, flows_of
from src.market.hour_facts import HourFacts, hour_facts
from src.market.kept_windows import KeptWindow, restore
from src.market.quotes import Bar, FundingHour
from src.market.rolling_skews import RollingSkews
from src.market.slow_features import MinuteFacts, QuarterFacts, minute_facts, quarter_facts
from src.market.symbol_history import SymbolHistory
from src.market.window_facts import pasts
from src.records.features import Features


class Assembler:
    """The pasts of all symbols, and what they make of each window; one path for every kind of market."""

    def __init__(self, symbols: Sequence[str], leader: str, window_s: float) -> None:
        weights = ScaleWeights()
        self.symbols = tuple(dict.fromkeys((*symbols, leader)))
        """Those that windows are handed in of, in this order: a column each."""
        self.histories: Mapping[str, SymbolHistory] = {
            symbol: SymbolHistory(weights) for symbol in self.symbols
        }
        self.series = Series(len(self.symbols), window_s)
        self._columns = {symbol: column for column, symbol in enumerate(self.symbols)}
        self._written = frozenset(symbols)
        self._leader = self._columns[leader]
        self._minute: tuple[float, list[MinuteFacts]] | None = None
        self._quarter: tuple[float, list[QuarterFacts]] | None = None
        self._hour: tuple[float, list[HourFacts]] | None = None
        self._skews = RollingSkews()

    def restore(self, kept: Iterable[KeptWindow]) -> None:
        """Go on from windows that an earlier start wrote, oldest first."""
        restore(self.histories, self.series, kept)

    def mark_prices(self, ts: float, mids: Mapping[str, float]) -> None:
        """Keep our own prices at the end of a minute."""
        self.series.mark_prices(ts, {self._columns[symbol]: mid for symbol, mid in mids.items()})

    def mark_minutes(self, ts: float, windows: Iterable[ClosedWindow]) -> None:
        """Keep the prices that windows which end now tell at the ends of their minutes."""
        by_end: dict[float, dict[int, float]] = {}
        for closed in windows:
            column = self._columns[closed.symbol]
            for end, mid in closed.minute_mids:
                by_end.setdefault(end, {})[column] = mid
            if ts % MINUTE_S == 0 and closed.shape.mid is not None:
                by_end.setdefault(ts, {})[column] = closed.shape.mid
        for end in sorted(by_end):
            self.series.mark_prices(end, by_end[end])

    def add_bars(self, symbol: str, bars: Iterable[Bar], *, resolution_s: int) -> None:
        """Fill a symbol's holes with the closes of candles of one or fifteen minutes."""
        self.series.add_bars(bars, self._columns[symbol], resolution_s=resolution_s)
        self._minute = self._quarter = self._hour = None

    def add_funding(self, symbol: str, hours: Iterable[FundingHour], *, now: float) -> None:
        """Keep a symbol's settled funding rates."""
        self.histories[symbol].funding.add(hours, now=now)

    def close(self, close: Close, windows: Sequence[ClosedWindow]) -> list[Features]:
        """Return the features of the windows that end now, one of each symbol, in the symbols' order.

        Those of a symbol that is only followed are not told, and no window twice.
        """
        ts = close.ts
        minutes, quarters = self._slow_facts(ts)
        self.series.add_windows(
            ts,
            [closed.shape.mid for closed in windows],
            [closed.open_interest for closed in windows],
            [flows_of(closed.sums, whole=knows_trades(close.faults | closed.faults)) for closed in windows],
        )
        told = []
        for closed, facts in zip(windows, map(Facts, pasts(self.series, ts), minutes, quarters), strict=True):
            history = self.histories[closed.symbol]
            if ts > history.written_ts:
                history.written_ts = ts
                features = features_of(history, closed, close, facts)
                if closed.symbol in self._written:
                    told.append(features)
        return told

    def _slow_facts(self, ts: float) -> tuple[list[MinuteFacts], list[QuarterFacts]]:
        minute, quarter, hour = ts - ts % MINUTE_S, ts - ts % QUARTER_S, ts - ts % HOUR_S
        if self._hour is None or self._hour[0] != hour:
            self._hour = (hour, hour_facts(self.series, tuple(self._columns), self._leader, until=hour))
        if self._minute is None or self._minute[0] != minute:
            self._minute = (minute, minute_facts(self.series, self._leader, until=minute))
        if self._quarter is None or self._quarter[0] != quarter:
            self._quarter = (quarter, quarter_facts(self.series, self._hour[1], self._skews, until=quarter))
        return self._minute[1], self._quarter[1]
