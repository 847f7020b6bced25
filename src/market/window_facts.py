"""What one window says of a symbol: the shape of the book, the score of its flow, who took, what it owes."""

from dataclasses import dataclass

from src.features import book_shape, flow, funding, ofi, open_interest, regime
from src.features.ofi import Quote
from src.market.book import OrderBook
from src.market.history import HOUR_S, Columns, History
from src.market.slow_features import MinuteFacts, QuarterFacts
from src.market.symbol_state import Tickers
from src.records.enums import Regime
from src.records.features import WindowSums

_FIVE_MINUTES_S = 300.0


@dataclass(frozen=True, slots=True)
class Shape:
    """The book at the close; all None where its quote cannot be trusted."""

    mid: float | None = None
    bid: float | None = None
    ask: float | None = None
    spread_bps: float | None = None
    bid_depth_usd: float | None = None
    ask_depth_usd: float | None = None
    imbalance: float | None = None
    micro_price: float | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The window's order flow against that of the windows before it."""

    z: float | None
    value: float | None
    previous: float | None
    windows: int


@dataclass(frozen=True, slots=True)
class Takers:
    """Who took, lately."""

    buy_share: float | None
    large_net_usd: float | None
    large_total_usd: float | None
    long_liquidations_usd: float | None
    short_liquidations_usd: float | None


@dataclass(frozen=True, slots=True)
class Carry:
    """Funding and open interest, and what they were."""

    funding_rate: float | None
    funding_z: float | None
    open_interest: float | None
    open_interest_change_1h: float | None


def shape_of(book: OrderBook, quote: Quote | None) -> Shape:
    """Return the shape of a book whose best levels are ``quote``."""
    if quote is None:
        return Shape()
    bids, asks = book.bids(book_shape.LEVELS), book.asks(book_shape.LEVELS)
    return Shape(
        mid=book_shape.mid_price(quote),
        bid=quote[0],
        ask=quote[2],
        spread_bps=book_shape.spread_bps(quote),
        bid_depth_usd=book_shape.depth_usd(bids),
        ask_depth_usd=book_shape.depth_usd(asks),
        imbalance=book_shape.imbalance(bids, asks),
        micro_price=book_shape.micro_price(quote),
    )


def score_window(history: History, sums: WindowSums, *, ts: float, window_s: float, scored: bool) -> Score:
    """Return the score of a window, then let it count for the scale of the next ones."""
    last = history.last_score
    previous = last[1] if last is not None and abs(last[0] + window_s - ts) < window_s / 2 else None
    windows = len(history.imbalances)
    own = ofi.self_normalised(sums.ofi_net, sums.ofi_sum_squares) if scored else None
    scale = None if own is None else ofi.lagged_scale(history.imbalance_array())
    z = None if own is None or scale is None else own / scale
    value = None if z is None else ofi.score(z)
    if own is not None:
        history.imbalances.append(own)
    history.last_score = (ts, value)
    return Score(z=z, value=value, previous=previous, windows=windows)


def takers_of(history: History, *, ts: float) -> Takers:
    """Return who took in the last five minutes and the last hour."""
    five = history.sums_over(_FIVE_MINUTES_S, until=ts)
    hour = history.sums_over(HOUR_S, until=ts)
    buys, sells = five[Columns.BUY], five[Columns.SELL]
    large_buys, large_sells = hour[Columns.LARGE_BUY], hour[Columns.LARGE_SELL]
    known = large_buys is not None and large_sells is not None
    return Takers(
        buy_share=None if buys is None or sells is None else flow.taker_buy_share(buys, sells),
        large_net_usd=(large_buys or 0.0) - (large_sells or 0.0) if known else None,
        large_total_usd=(large_buys or 0.0) + (large_sells or 0.0) if known else None,
        long_liquidations_usd=hour[Columns.LONG_LIQUIDATIONS],
        short_liquidations_usd=hour[Columns.SHORT_LIQUIDATIONS],
    )


def carry_of(history: History, tickers: Tickers, *, ts: float) -> Carry:
    """Return funding and open interest against their pasts."""
    rate = tickers.funding_rate
    earlier = history.value_at(ts - HOUR_S, Columns.OPEN_INTEREST)
    return Carry(
        funding_rate=rate,
        funding_z=None if rate is None else funding.z_score(rate, history.funding_rates(now=ts)),
        open_interest=tickers.open_interest,
        open_interest_change_1h=open_interest.change(tickers.open_interest, earlier),
    )


def regime_of(history: History, minute: MinuteFacts, quarter: QuarterFacts, *, ts: float) -> Regime | None:
    """Return the symbol's regime and remember it; None where what it rests on is not known."""
    if minute.volatility_1h_bps is None or quarter.volatility_median_bps is None or quarter.trend_bps is None:
        return None
    history.regime = regime.next_regime(
        history.regime,
        ts=ts,
        volatility_bps=minute.volatility_1h_bps,
        median_bps=quarter.volatility_median_bps,
        trend_bps=quarter.trend_bps,
    )
    return history.regime.regime
