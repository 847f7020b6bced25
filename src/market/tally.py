"""What happened to one symbol within one window."""

from src.records.features import WindowSums


class WindowTally:
    """The raw sums of the running window of one symbol."""

    __slots__ = (
        "book_events",
        "buy_volume",
        "high",
        "large_buy_usd",
        "large_sell_usd",
        "long_liquidations_usd",
        "low",
        "ofi_net",
        "ofi_sum_squares",
        "opening",
        "sell_volume",
        "short_liquidations_usd",
        "trades",
    )

    opening: float | None
    high: float | None
    low: float | None

    def __init__(self) -> None:
        self.begin(None)

    def begin(self, mid: float | None) -> None:
        """Begin a window; ``mid`` is the price that it begins with, where there is one."""
        self.book_events = 0
        self.ofi_net = 0.0
        self.ofi_sum_squares = 0.0
        self.trades = 0
        self.buy_volume = 0.0
        self.sell_volume = 0.0
        self.large_buy_usd = 0.0
        self.large_sell_usd = 0.0
        self.long_liquidations_usd = 0.0
        self.short_liquidations_usd = 0.0
        self.opening = self.high = self.low = mid

    def add_flow(self, event: float) -> None:
        """Count one change of the best level."""
        self.book_events += 1
        self.ofi_net += event
        self.ofi_sum_squares += event * event

    def see_mid(self, mid: float) -> None:
        """Note a mid price."""
        if self.high is None or self.low is None:
            self.opening = self.high = self.low = mid
        elif mid > self.high:
            self.high = mid
        elif mid < self.low:
            self.low = mid

    def sums(self, *, close: float | None, large_trade_usd: float | None) -> WindowSums:
        """Return the window's record."""
        return WindowSums(
            book_events=self.book_events,
            ofi_net=self.ofi_net,
            ofi_sum_squares=self.ofi_sum_squares,
            trades=self.trades,
            buy_volume=self.buy_volume,
            sell_volume=self.sell_volume,
            large_buy_usd=self.large_buy_usd,
            large_sell_usd=self.large_sell_usd,
            long_liquidations_usd=self.long_liquidations_usd,
            short_liquidations_usd=self.short_liquidations_usd,
            open=self.opening,
            high=self.high,
            low=self.low,
            close=close,
            large_trade_usd=large_trade_usd,
        )
