"""Made-up closed windows, as a market that counts in windows tells them."""

import random
from collections.abc import Iterator, Sequence

from src.market.closed_window import ClosedWindow, Shape
from src.records.features import WindowSums
from tests.market_fakes import START, SYMBOLS


def window(
    symbol: str,
    mid: float,
    rng: random.Random,
    *,
    faults: frozenset[str] = frozenset(),
    minute_mids: tuple[tuple[float, float], ...] = (),
) -> ClosedWindow:
    """Return a window that ended at a price, with flows drawn at random."""
    return ClosedWindow(
        symbol=symbol,
        sums=WindowSums(
            book_events=40,
            ofi_net=rng.gauss(0, 9),
            ofi_sum_squares=80.0 + rng.random(),
            trades=9,
            buy_volume=rng.random(),
            sell_volume=rng.random(),
            large_buy_usd=rng.random(),
            large_sell_usd=rng.random(),
            long_liquidations_usd=0.0,
            short_liquidations_usd=rng.random(),
            open=mid,
            high=mid,
            low=mid,
            close=mid,
            large_trade_usd=500.0,
        ),
        shape=Shape(mid, mid - 0.5, mid + 0.5, 1.0, 9e4, 8e4, 0.1, mid + 0.1),
        mark=mid,
        index=mid,
        funding_rate=1e-5,
        open_interest=1000.0 + rng.random(),
        book_age_s=0.5,
        ticker_age_s=2.0,
        faults=faults,
        minute_mids=minute_mids,
    )


def told(
    count: int, *, window_s: float = 60.0, seed: int = 1, symbols: Sequence[str] = SYMBOLS
) -> Iterator[tuple[float, list[ClosedWindow]]]:
    """Yield the closes of a made-up market and what each symbol showed in the windows that end there."""
    rng = random.Random(seed)
    mids = dict.fromkeys(symbols, 1000.0)
    for number in range(1, count + 1):
        ts = START + number * window_s
        windows = []
        for symbol in symbols:
            ends = [ts - back for back in range(int(window_s) - 60, -60, -60)]
            path = []
            for end in ends:
                mids[symbol] *= 1 + rng.gauss(0, 0.0005)
                path.append((end, mids[symbol]))
            windows.append(window(symbol, mids[symbol], rng, minute_mids=tuple(path)))
        yield ts, windows
