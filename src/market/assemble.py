"""One symbol's features at the close of one window, put together from what is known then."""

from dataclasses import dataclass

from src.features import ofi
from src.features.returns import return_bps
from src.market.history import Columns, History
from src.market.live_book import BOOK_FAULTS
from src.market.slow_features import MinuteFacts, QuarterFacts
from src.market.symbol_state import OFF_MARK, SymbolState
from src.market.window_facts import (
    Carry,
    Score,
    Shape,
    Takers,
    carry_of,
    regime_of,
    score_window,
    shape_of,
    takers_of,
)
from src.records.enums import Regime
from src.records.features import Features, WindowSums

PARTIAL_WINDOW = "partial_window"
"""The feed was not connected throughout."""
NO_MESSAGES = "no_messages"
"""The feed was silent, so no price is known."""
NO_BOOK_EVENTS = "no_book_events"
UNWATCHED = frozenset({PARTIAL_WINDOW, NO_MESSAGES})
"""Windows whose trades were not all seen."""
_UNSCORED = BOOK_FAULTS | UNWATCHED | {OFF_MARK, NO_BOOK_EVENTS}


_SPANS_S = (60, 300, 900, 3600)


@dataclass(frozen=True, slots=True)
class Close:
    """The close of one window, as all symbols share it."""

    ts: float
    window_s: float
    leader: str
    faults: frozenset[str]
    """What was wrong with the feed itself."""
    fear_greed: float | None


@dataclass(frozen=True, slots=True)
class _Facts:
    sums: WindowSums
    shape: Shape
    score: Score
    takers: Takers
    carry: Carry
    regime: Regime | None
    minute: MinuteFacts
    quarter: QuarterFacts
    faults: frozenset[str]


def is_scored(sums: WindowSums, faults: frozenset[str]) -> bool:
    """Return whether a window's order flow was measured throughout: it then counts for later scales."""
    return sums.ofi_sum_squares > 0 and not _UNSCORED & faults


def close_window(state: SymbolState, close: Close, minute: MinuteFacts, quarter: QuarterFacts) -> Features:
    """Return the features of the window that ends now, and move the symbol's history past it."""
    faults = frozenset(close.faults | state.book.faults() | _own_faults(state, close.ts))
    quote = None if NO_MESSAGES in faults else state.quote(close.ts)
    shape = shape_of(state.book.book, quote)
    sums = state.tally.sums(close=shape.mid, large_trade_usd=state.trades.large_trade_usd)
    tickers = state.fresh_tickers(close.ts)
    history = state.history
    history.add_window(
        close.ts,
        sums,
        mid=shape.mid,
        open_interest=tickers.open_interest,
        whole=not UNWATCHED & faults,
    )
    facts = _Facts(
        sums=sums,
        shape=shape,
        score=score_window(
            history, sums, ts=close.ts, window_s=close.window_s, scored=is_scored(sums, faults)
        ),
        takers=takers_of(history, ts=close.ts),
        carry=carry_of(history, tickers, ts=close.ts),
        regime=regime_of(history, minute, quarter, ts=close.ts),
        minute=minute,
        quarter=quarter,
        faults=faults,
    )
    state.book.begin_window()
    return _record(state, close, facts)


def _own_faults(state: SymbolState, ts: float) -> set[str]:
    faults = set()
    if state.is_off_mark(ts):
        faults.add(OFF_MARK)
    if state.tally.book_events == 0:
        faults.add(NO_BOOK_EVENTS)
    return faults


def _record(state: SymbolState, close: Close, facts: _Facts) -> Features:
    shape, score, takers, carry = facts.shape, facts.score, facts.takers, facts.carry
    minute, quarter = facts.minute, facts.quarter
    tickers = state.fresh_tickers(close.ts)
    move = _Moves(state.history, close.ts, shape.mid)
    return Features(
        ts=close.ts,
        symbol=state.symbol,
        window_s=close.window_s,
        recorded_at=close.ts,
        sums=facts.sums,
        mid=shape.mid,
        bid=shape.bid,
        ask=shape.ask,
        mark=tickers.mark,
        index=tickers.index,
        spread_bps=shape.spread_bps,
        bid_depth_usd=shape.bid_depth_usd,
        ask_depth_usd=shape.ask_depth_usd,
        imbalance=shape.imbalance,
        micro_price=shape.micro_price,
        ofi=score.value,
        ofi_z=score.z,
        ofi_previous=score.previous,
        ofi_windows=score.windows,
        return_window_bps=move.over_window(close.window_s),
        return_1m_bps=move.over(60),
        return_5m_bps=move.over(300),
        return_15m_bps=move.over(900),
        return_1h_bps=move.over(3600),
        volatility_1h_bps=minute.volatility_1h_bps,
        volatility_median_bps=quarter.volatility_median_bps,
        trend_bps=quarter.trend_bps,
        regime=facts.regime,
        hurst=quarter.hurst,
        skew=quarter.skew,
        skew_quantile=quarter.skew_quantile,
        lead_lag_minutes=None if minute.lead is None else minute.lead.lag,
        lead_lag_correlation=None if minute.lead is None else minute.lead.correlation,
        leader_return_bps=minute.leader_return_bps,
        correlation_with_leader=quarter.correlation,
        beta_with_leader=quarter.beta,
        funding_rate=carry.funding_rate,
        funding_z=carry.funding_z,
        open_interest=carry.open_interest,
        open_interest_change_1h=carry.open_interest_change_1h,
        taker_buy_share=takers.buy_share,
        large_net_usd_1h=takers.large_net_usd,
        large_total_usd_1h=takers.large_total_usd,
        long_liquidations_usd_1h=takers.long_liquidations_usd,
        short_liquidations_usd_1h=takers.short_liquidations_usd,
        fear_greed=close.fear_greed,
        book_age_s=state.book.age(close.ts),
        ticker_age_s=state.tickers.age(close.ts),
        incomplete=_incomplete(state, facts, close, has_past=move.has_past()),
    )


class _Moves:
    """The returns up to one close."""

    def __init__(self, history: History, ts: float, mid: float | None) -> None:
        self._history = history
        self._ts = ts
        self._mid = mid

    def over(self, span_s: float) -> float | None:
        return return_bps(self._mid, self._history.price_at(self._ts - span_s))

    def has_past(self) -> bool:
        return all(self._history.price_at(self._ts - span_s) is not None for span_s in _SPANS_S)

    def over_window(self, window_s: float) -> float | None:
        return return_bps(self._mid, self._history.value_at(self._ts - window_s, Columns.MID))


def _incomplete(state: SymbolState, facts: _Facts, close: Close, *, has_past: bool) -> tuple[str, ...]:
    """Return the names of what is missing, sorted."""
    warming = is_scored(facts.sums, facts.faults) and facts.score.windows < ofi.WARM_WINDOWS
    absent = {
        "ofi_warming": warming,
        "ticker": state.fresh_tickers(close.ts).mark is None,
        "funding": facts.carry.funding_rate is None,
        "funding_history": facts.carry.funding_rate is not None and facts.carry.funding_z is None,
        "open_interest": facts.carry.open_interest is None,
        "open_interest_1h": facts.carry.open_interest_change_1h is None,
        "trades_5m": facts.takers.buy_share is None,
        "large_trades_1h": facts.takers.large_total_usd is None,
        "liquidations_1h": facts.takers.long_liquidations_usd is None,
        "volatility_30d": facts.quarter.volatility_median_bps is None,
        "hourly_returns": facts.quarter.correlation is None,
        "leader": facts.minute.leader_return_bps is None,
        "lead_lag": facts.minute.lead is None and state.symbol != close.leader,
        "price_history": facts.shape.mid is not None and not has_past,
        "fear_greed": close.fear_greed is None,
    }
    names = {name for name, is_absent in absent.items() if is_absent}
    return tuple(sorted(names | facts.faults | set(facts.minute.missing) | set(facts.quarter.missing)))
