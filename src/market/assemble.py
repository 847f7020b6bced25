"""One symbol's features at the close of one window, put together from what is known then."""

from dataclasses import dataclass

from src.features import book_shape, flow, funding, ofi, open_interest, regime
from src.features.returns import return_bps
from src.market.history import HOUR_S, Columns
from src.market.live_book import BOOK_FAULTS
from src.market.slow_features import MinuteFacts, QuarterFacts
from src.market.symbol_state import OFF_MARK, SymbolState, Tickers
from src.records.features import Features, WindowSums

PARTIAL_WINDOW = "partial_window"
NO_MESSAGES = "no_messages"
NO_BOOK_EVENTS = "no_book_events"
_FIVE_MINUTES_S = 300.0
_UNSCORED = BOOK_FAULTS | {OFF_MARK, PARTIAL_WINDOW, NO_MESSAGES, NO_BOOK_EVENTS}


@dataclass(frozen=True, slots=True)
class Close:
    """The close of one window, as all symbols share it."""

    ts: float
    window_s: float
    recorded_at: float
    faults: frozenset[str]
    """What was wrong with the feed itself."""
    fear_greed: float | None


@dataclass(frozen=True, slots=True)
class _Score:
    z: float | None
    value: float | None
    windows: int


def is_scored(sums: WindowSums, incomplete: tuple[str, ...]) -> bool:
    """Return whether a window's order flow was measured throughout, and so belongs to the scale of later ones."""
    return sums.ofi_sum_squares > 0 and not _UNSCORED.intersection(incomplete)


def close_window(state: SymbolState, close: Close, minute: MinuteFacts, quarter: QuarterFacts) -> Features:
    """Return the features of the window that ends now, and move the symbol's history past it."""
    missing = set(close.faults) | state.book.faults()
    if state.is_off_mark(close.ts):
        missing.add(OFF_MARK)
    if state.tally.book_events == 0:
        missing.add(NO_BOOK_EVENTS)
    quote = None if NO_MESSAGES in missing else state.quote(close.ts)
    mid = None if quote is None else book_shape.mid_price(quote)
    sums = state.tally.sums(close=mid, large_trade_usd=state.trades.large_trade_usd)
    tickers = state.fresh_tickers(close.ts)
    history = state.history
    history.add_window(
        close.ts,
        sums,
        mid=mid,
        open_interest=tickers.open_interest,
        whole=not missing & {PARTIAL_WINDOW, NO_MESSAGES},
    )
    score = _score(state, sums, missing)
    weather = _regime(state, close.ts, minute, quarter)
    bids, asks = state.book.book.bids(book_shape.LEVELS), state.book.book.asks(book_shape.LEVELS)
    now_flow = history.sums_over(HOUR_S, until=close.ts)
    five = history.sums_over(_FIVE_MINUTES_S, until=close.ts)
    previous = history.last_score
    rates = history.funding_rates(now=close.ts)
    rate = tickers.funding_rate
    lead = minute.lead
    features = Features(
        ts=close.ts,
        symbol=state.symbol,
        window_s=close.window_s,
        recorded_at=close.recorded_at,
        sums=sums,
        mid=mid,
        bid=None if quote is None else quote[0],
        ask=None if quote is None else quote[2],
        mark=tickers.mark,
        index=tickers.index,
        spread_bps=None if quote is None else book_shape.spread_bps(quote),
        bid_depth_usd=None if quote is None else book_shape.depth_usd(bids),
        ask_depth_usd=None if quote is None else book_shape.depth_usd(asks),
        imbalance=None if quote is None else book_shape.imbalance(bids, asks),
        micro_price=None if quote is None else book_shape.micro_price(quote),
        ofi=score.value,
        ofi_z=score.z,
        ofi_previous=previous[1] if previous is not None and previous[0] == close.ts - close.window_s else None,
        ofi_windows=score.windows,
        return_window_bps=return_bps(mid, history.value_at(close.ts - close.window_s, Columns.MID)),
        return_1m_bps=return_bps(mid, history.price_at(close.ts - 60)),
        return_5m_bps=return_bps(mid, history.price_at(close.ts - 300)),
        return_15m_bps=return_bps(mid, history.price_at(close.ts - 900)),
        return_1h_bps=return_bps(mid, history.price_at(close.ts - 3600)),
        volatility_1h_bps=minute.volatility_1h_bps,
        volatility_median_bps=quarter.volatility_median_bps,
        trend_bps=quarter.trend_bps,
        regime=None if weather is None else weather.regime,
        hurst=quarter.hurst,
        skew=quarter.skew,
        skew_quantile=quarter.skew_quantile,
        lead_lag_minutes=None if lead is None else lead.lag,
        lead_lag_correlation=None if lead is None else lead.correlation,
        leader_return_bps=minute.leader_return_bps,
        correlation_with_leader=quarter.correlation,
        beta_with_leader=quarter.beta,
        funding_rate=rate,
        funding_z=None if rate is None else funding.z_score(rate, rates),
        open_interest=tickers.open_interest,
        open_interest_change_1h=open_interest.change(
            tickers.open_interest, history.value_at(close.ts - HOUR_S, Columns.OPEN_INTEREST)
        ),
        taker_buy_share=_share(five[Columns.BUY], five[Columns.SELL]),
        large_net_usd_1h=_difference(now_flow[Columns.LARGE_BUY], now_flow[Columns.LARGE_SELL]),
        large_total_usd_1h=_total(now_flow[Columns.LARGE_BUY], now_flow[Columns.LARGE_SELL]),
        long_liquidations_usd_1h=now_flow[Columns.LONG_LIQUIDATIONS],
        short_liquidations_usd_1h=now_flow[Columns.SHORT_LIQUIDATIONS],
        fear_greed=close.fear_greed,
        book_age_s=None if state.book.updated_at is None else max(0.0, close.ts - state.book.updated_at),
        ticker_age_s=state.tickers.age(close.ts),
        incomplete=(),
    )
    history.last_score = (close.ts, score.value)
    return features
