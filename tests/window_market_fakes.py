"""Both resolutions of the synthetic market as the feature builder sees them, in plain arrays."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from src.exchange.simulator.events import BookDelta, BookSnapshot, MarketEvent, MarketTrade, Reference
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.windows import SyntheticWindows
from src.market.feature_builder import FeatureBuilder
from src.market.wire import WireDelta, WireLevel, WireMessage, WireSnapshot, WireTicker, WireTrade
from src.records.features import Features
from tests.simulator_market_fakes import START

Floats = npt.NDArray[np.float64]
Series = dict[str, Floats]
"""One symbol's windows: a column a name."""


class Lines:
    """A writer that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[Features] = []

    def append(self, record: Features) -> int:
        self.records.append(record)
        return len(self.records)


def builder(symbols: tuple[str, ...], lines: Lines) -> FeatureBuilder:
    return FeatureBuilder(
        symbols=symbols, leader=symbols[0], window_s=60.0, windows=lines, publish=lambda _: None
    )


def features_of_messages(symbols: tuple[str, ...], *, seed: int, minutes: int) -> dict[str, Series]:
    """Return the windows of the message market, made by the real builder of its messages."""
    lines = Lines()
    made = builder(symbols, lines)
    market = SyntheticMarket(symbols, seed=seed, start=START)
    made.on_connected(START)
    for event in market.begin(START):
        made.on_wire(event.ts, _wire(event))
    for minute in range(1, minutes + 1):
        for event in market.step(START + 60.0 * minute):
            made.on_wire(event.ts, _wire(event))
        made.step(START + 60.0 * minute)
    return _columns(symbols, lines)


def features_of_windows(symbols: tuple[str, ...], *, seed: int, minutes: int) -> dict[str, Series]:
    """Return the windows of the window market, passed through the real builder."""
    lines = Lines()
    made = builder(symbols, lines)
    market = SyntheticWindows(symbols, seed=seed, start=START, window_s=60.0)
    market.begin(START)
    for minute in range(1, minutes + 1):
        ts = START + 60.0 * minute
        made.on_windows(ts, market.close(ts))
    return _columns(symbols, lines)


def flow_of(symbols: tuple[str, ...], *, seed: int, minutes: int) -> dict[str, Floats]:
    """Return the hidden flow of each minute, by its planted drift, relative to that of a full minute."""
    market = SyntheticWindows(symbols, seed=seed, start=START, window_s=60.0)
    times = [START + 60.0 * minute for minute in range(minutes + 1)]
    return {
        symbol: np.diff([market.drift_bps(symbol, START, ts) for ts in times]) / 1.5 for symbol in symbols
    }


def _wire(event: MarketEvent) -> WireMessage:
    if isinstance(event, BookDelta):
        return WireDelta(event.symbol, event.side, event.price, event.size)
    if isinstance(event, MarketTrade):
        return WireTrade(event.symbol, event.side, event.price, event.size, type=event.kind)
    if isinstance(event, BookSnapshot):
        return WireSnapshot(event.symbol, _levels(event.bids), _levels(event.asks))
    assert isinstance(event, Reference)
    assert event.funding_rate is not None
    return WireTicker(
        product_id=event.symbol,
        mark=event.mark,
        index=event.index,
        relative_funding_rate=event.funding_rate / event.index,
        open_interest=event.open_interest,
    )


def _levels(side: tuple[tuple[float, float], ...]) -> list[WireLevel]:
    return [WireLevel(price, size) for price, size in side]


_COLUMNS: dict[str, Callable[[Features], float | None]] = {
    "mid": lambda f: f.mid,
    "spread": lambda f: f.spread_bps,
    "bid_depth": lambda f: f.bid_depth_usd,
    "ask_depth": lambda f: f.ask_depth_usd,
    "imbalance": lambda f: f.imbalance,
    "micro": lambda f: None if f.micro_price is None or f.mid is None else 1e4 * (f.micro_price / f.mid - 1),
    "mark": lambda f: f.mark,
    "index": lambda f: f.index,
    "funding": lambda f: f.funding_rate,
    "open_interest": lambda f: f.open_interest,
    "z": lambda f: f.ofi_z,
    "buy_share": lambda f: f.taker_buy_share,
    "net": lambda f: f.sums.ofi_net,
    "squares": lambda f: f.sums.ofi_sum_squares,
    "events": lambda f: f.sums.book_events,
    "trades": lambda f: f.sums.trades,
    "buys": lambda f: f.sums.buy_volume,
    "sells": lambda f: f.sums.sell_volume,
    "large": lambda f: f.sums.large_buy_usd + f.sums.large_sell_usd,
    "liquidations": lambda f: f.sums.long_liquidations_usd + f.sums.short_liquidations_usd,
    "open": lambda f: f.sums.open,
    "high": lambda f: f.sums.high,
    "low": lambda f: f.sums.low,
    "book_age": lambda f: f.book_age_s,
    "ticker_age": lambda f: f.ticker_age_s,
}


def _columns(symbols: tuple[str, ...], lines: Lines) -> dict[str, Series]:
    by_symbol = {symbol: [one for one in lines.records if one.symbol == symbol] for symbol in symbols}
    return {
        symbol: {
            name: np.array([value if (value := ask(one)) is not None else np.nan for one in own], dtype=float)
            for name, ask in _COLUMNS.items()
        }
        for symbol, own in by_symbol.items()
    }
