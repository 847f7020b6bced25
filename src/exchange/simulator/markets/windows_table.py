"""The windows of one block: the minutes of the window layer added up, as plain numbers row by row."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from src.exchange.simulator.markets.core import BLOCK_MINUTES
from src.exchange.simulator.markets.recursions import Floats
from src.exchange.simulator.markets.window_model import LayerMinutes
from src.exchange.simulator.markets.window_model_pace import Contracts
from src.market.closed_window import ClosedWindow, Shape
from src.records.features import WindowSums

Indices = npt.NDArray[np.intp]
MinuteMids = tuple[tuple[float, float], ...]
_NO_FAULTS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MinuteRows:
    """The minutes of a block in stacks of columns; shape (columns, minutes, symbols)."""

    sums: Floats
    high: Floats
    low: Floats
    first: Floats
    last: Floats


def minute_rows(minutes: LayerMinutes, funding: Floats, contracts: Contracts) -> MinuteRows:
    """Return the columns that windows are made of; ``funding`` is the hour's rate in USD a contract."""
    flow, trades, book = minutes.flow, minutes.trades, minutes.book
    tick = contracts.tick
    bid, ask = contracts.prices(book.bid), contracts.prices(book.ask)
    behind = np.arange(1.0, len(book.bids_behind) + 1.0)[:, None, None] * book.spacing * tick
    bid_depth = bid * book.bid_size + ((bid - behind) * book.bids_behind).sum(axis=0)
    ask_depth = ask * book.ask_size + ((ask + behind) * book.asks_behind).sum(axis=0)
    bids = book.bid_size + book.bids_behind.sum(axis=0)
    asks = book.ask_size + book.asks_behind.sum(axis=0)
    middle = minutes.closing
    micro = (ask * book.bid_size + bid * book.ask_size) / (book.bid_size + book.ask_size)
    last = [
        trades.large_trade_usd,
        middle,
        bid,
        ask,
        1e4 * (ask - bid) / middle,
        bid_depth,
        ask_depth,
        (bids - asks) / (bids + asks),
        micro,
        minutes.mark,
        minutes.index,
        funding / minutes.index,
        minutes.open_interest,
        minutes.book_age_s,
        minutes.ticker_age_s,
    ]
    return MinuteRows(
        sums=np.stack(
            [
                flow.events,
                flow.net,
                flow.squares,
                trades.count,
                trades.buys,
                trades.sells,
                trades.large_buy_usd,
                trades.large_sell_usd,
                trades.long_liquidations_usd,
                trades.short_liquidations_usd,
            ]
        ),
        high=minutes.high,
        low=minutes.low,
        first=minutes.opening,
        last=np.stack(last),
    )


class WindowTable:
    """The windows that close within one block."""

    def __init__(
        self,
        symbols: tuple[str, ...],
        *,
        before: MinuteRows,
        now: MinuteRows,
        block: int,
        window_minutes: int,
    ) -> None:
        """``before`` are the rows of the block before: the first window may have begun there."""
        first = block * BLOCK_MINUTES
        self._symbols = symbols
        self._minutes = window_minutes
        self._first_close = (first // window_minutes + 1) * window_minutes
        count = (first + BLOCK_MINUTES - self._first_close) // window_minutes + 1
        starts = self._first_close - window_minutes - (first - BLOCK_MINUTES)
        span = slice(starts, starts + count * window_minutes)
        both = [
            np.concatenate([getattr(before, name), getattr(now, name)], axis=-2)[..., span, :]
            for name in ("sums", "high", "low", "first", "last")
        ]
        sums, high, low, opened, last = both
        shape = (count, window_minutes, len(symbols))
        self._mids = last[1].reshape(shape).transpose(2, 0, 1).tolist()
        columns = [
            *sums.reshape(len(sums), *shape).sum(axis=2),
            opened.reshape(shape)[:, 0],
            high.reshape(shape).max(axis=1),
            low.reshape(shape).min(axis=1),
            *last.reshape(len(last), *shape)[:, :, -1],
        ]
        self._rows = np.stack(columns, axis=-1).transpose(1, 0, 2).tolist()

    def closed(self, minute: int) -> list[ClosedWindow]:
        """Return the windows that end with this minute (since the epoch), in the order of the symbols."""
        place, rest = divmod(minute - self._first_close, self._minutes)
        if rest or not 0 <= place < len(self._mids[0]):
            raise ValueError(f"no window ends at minute {minute}")
        ends = [60.0 * (minute - self._minutes + 1 + k) for k in range(self._minutes)]
        return [
            _closed_window(symbol, rows[place], tuple(zip(ends, mids[place], strict=True)))
            for symbol, rows, mids in zip(self._symbols, self._rows, self._mids, strict=True)
        ]


def _closed_window(symbol: str, row: list[float], minute_mids: MinuteMids) -> ClosedWindow:
    (
        events,
        net,
        squares,
        trades,
        buys,
        sells,
        large_buys,
        large_sells,
        longs,
        shorts,
        opened,
        high,
        low,
        threshold,
        middle,
        bid,
        ask,
        spread,
        bid_depth,
        ask_depth,
        imbalance,
        micro,
        mark,
        index,
        funding,
        interest,
        book_age,
        ticker_age,
    ) = row
    return ClosedWindow(
        symbol=symbol,
        sums=WindowSums(
            book_events=int(events),
            ofi_net=net,
            ofi_sum_squares=squares,
            trades=int(trades),
            buy_volume=buys,
            sell_volume=sells,
            large_buy_usd=large_buys,
            large_sell_usd=large_sells,
            long_liquidations_usd=longs,
            short_liquidations_usd=shorts,
            open=opened,
            high=high,
            low=low,
            close=middle,
            large_trade_usd=threshold,
        ),
        shape=Shape(
            mid=middle,
            bid=bid,
            ask=ask,
            spread_bps=spread,
            bid_depth_usd=bid_depth,
            ask_depth_usd=ask_depth,
            imbalance=imbalance,
            micro_price=micro,
        ),
        mark=mark,
        index=index,
        funding_rate=funding,
        open_interest=interest,
        book_age_s=book_age,
        ticker_age_s=ticker_age,
        faults=_NO_FAULTS,
        minute_mids=minute_mids,
    )
