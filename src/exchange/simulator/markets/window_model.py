"""The window layer: what each minute of a block shows, drawn from measured laws instead of made of messages.

``docs/synthetic_market.md`` tells how the constants of its parts were measured, and how well they do.
"""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.markets.core import Block
from src.exchange.simulator.markets.minute import MINUTE_S
from src.exchange.simulator.markets.recursions import Floats
from src.exchange.simulator.markets.window_model_book import Chances, ClosingBook, closing_book
from src.exchange.simulator.markets.window_model_draws import LayerDraws, Normal, Uniform
from src.exchange.simulator.markets.window_model_flow import MinuteFlow, minute_flow
from src.exchange.simulator.markets.window_model_pace import Contracts, Pace, pace_of
from src.exchange.simulator.markets.window_model_trades import MinuteTrades, minute_trades

EXTREME_BIAS, EXTREME_SCALE, EXTREME_TAIL, EXTREME_LIMIT = -1.55, 0.66, 1.1, 14.0
"""How much further the middle of the book goes than the fair price within a minute, in gaps: lognormal, cut."""
STALE_AGES = (0.0, 0.08, 0.22, 0.37, 0.53, 0.7, 0.9, 1.0, 1.1)
STALE_NOISE = (0.0, 0.29, 0.46, 0.57, 0.68, 0.755, 0.83, 0.85, 0.67)
"""How far the index at a close is from what it would be, in deviations of a second, by its age in seconds."""
STALE_SHIFT, STALE_SHIFT_LIMIT = (0.0, 0.06, 0.15, 0.22, 0.33, 0.38, 0.46, 0.46, 0.35), 1.5
"""What share of the book's own shift it has beside that, as both lag; larger shifts are no lag."""
MARK_SHIFT, MARK_PUSH, MARK_TILT, MARK_SD = 0.0764, -0.183, 0.1618, 0.4593
"""The mark's premium is smoothed, so it follows the middle of the book, the minute's push and the tilt only partly."""
BOOK_SILENCE = 1.1
"""Mean time since the newest book message, in times between two actions."""
TICKER_TOLD = 0.765
"""Chance that the venue tells its reference values when it looks at them, once a second."""
TICKER_SILENCE_S = 4.0
"""Whole seconds that it stays silent at most."""


@dataclass(frozen=True, slots=True)
class LayerBlock:
    """A block with its chance: what the layer makes its minutes of."""

    core: Block
    pace: Pace
    draws: LayerDraws


@dataclass(frozen=True, slots=True)
class LayerMinutes:
    """Everything of the minutes of a block; shape (minutes, symbols), prices in USD."""

    book: ClosingBook
    flow: MinuteFlow
    trades: MinuteTrades
    opening: Floats
    high: Floats
    low: Floats
    closing: Floats
    mark: Floats
    index: Floats
    open_interest: Floats
    """In contracts, as of the minute's begin."""
    book_age_s: Floats
    ticker_age_s: Floats


def layer_block(core: Block, draws: LayerDraws, contracts: Contracts, *, actions_per_s: float) -> LayerBlock:
    """Return a block with its pace."""
    return LayerBlock(core=core, pace=pace_of(core, contracts, actions_per_s=actions_per_s), draws=draws)


def layer_book(before: LayerBlock, block: LayerBlock, contracts: Contracts) -> ClosingBook:
    """Return the books at the ends of the minutes of a block that follows ``before``."""
    return closing_book(_chances(before, block), contracts)


def layer_minutes(
    before: LayerBlock, book_before: ClosingBook, block: LayerBlock, contracts: Contracts
) -> LayerMinutes:
    """Return the minutes of a block that follows ``before``."""
    book = layer_book(before, block, contracts)
    opening = np.vstack([book_before.middle[-1:], book.middle[:-1]])
    lean = book.bid_size - book.ask_size
    opened = np.vstack([(book_before.bid_size - book_before.ask_size)[-1:], lean[:-1]])
    trades = minute_trades(_chances(before, block), block.core.liquidations, contracts)
    flow = minute_flow(
        block.pace, block.draws, trades, moved=book.middle - opening, opened=opened, closed=lean
    )
    high, low = _extremes(block, opening, book.middle, contracts)
    ticker_age = _ticker_age(block.draws.uniform[Uniform.TICKER_AGE])
    mark, index = _references(block, book, contracts, age=ticker_age)
    return LayerMinutes(
        book=book,
        flow=flow,
        trades=trades,
        opening=opening * contracts.tick,
        high=high * contracts.tick,
        low=low * contracts.tick,
        closing=(contracts.prices(book.bid) + contracts.prices(book.ask)) / 2.0,
        mark=mark,
        index=index,
        open_interest=_open_interest(block.core, contracts),
        book_age_s=_book_age(block),
        ticker_age_s=ticker_age,
    )


def _chances(before: LayerBlock, block: LayerBlock) -> Chances:
    return Chances(pace=block.pace, draws=block.draws, pace_before=before.pace, draws_before=before.draws)


def _extremes(
    block: LayerBlock, opening: Floats, closing: Floats, contracts: Contracts
) -> tuple[Floats, Floats]:
    """Return the highest and the lowest middle of the book, in half ticks."""
    normal, gap = block.draws.normal, block.pace.gap
    above, below = _beyond(normal[Normal.HIGH]) * gap, _beyond(normal[Normal.LOW]) * gap
    top = np.exp(block.core.high) / contracts.tick + above
    bottom = np.exp(block.core.low) / contracts.tick - below
    high = np.maximum(np.maximum(opening, closing), np.rint(2.0 * top) / 2.0)
    low = np.minimum(np.minimum(opening, closing), np.rint(2.0 * bottom) / 2.0)
    return high, low


def _beyond(normal: Floats) -> Floats:
    beyond: Floats = EXTREME_BIAS + EXTREME_SCALE * np.exp(EXTREME_TAIL * normal)
    return np.minimum(beyond, EXTREME_LIMIT)


def _references(
    block: LayerBlock, book: ClosingBook, contracts: Contracts, *, age: Floats
) -> tuple[Floats, Floats]:
    """Return the newest mark and index that were told."""
    pace, normal, core = block.pace, block.draws.normal, block.core
    shift = (book.middle - pace.closing) / pace.gap
    towards = np.interp(age, STALE_AGES, STALE_SHIFT) * np.clip(shift, -STALE_SHIFT_LIMIT, STALE_SHIFT_LIMIT)
    stale = np.interp(age, STALE_AGES, STALE_NOISE) * core.sigma / np.sqrt(MINUTE_S)
    told = pace.closing * np.exp(stale * normal[Normal.INDEX]) + towards * pace.gap
    lag = MARK_SHIFT * shift + MARK_PUSH * pace.push + MARK_TILT * pace.tilt + MARK_SD * normal[Normal.MARK]
    return (told + lag * pace.gap) * contracts.tick, told * np.exp(-core.premium[1:]) * contracts.tick


def _open_interest(core: Block, contracts: Contracts) -> Floats:
    interest = contracts.interest * np.exp(core.open_interest[:-1])
    return np.column_stack(
        [np.round(interest[:, column], digits) for column, digits in enumerate(contracts.interest_digits)]
    )


def _ticker_age(uniform: Floats) -> Floats:
    """Return the seconds since the venue last told: whole ones of silence, and a part of one."""
    silent = np.minimum(TICKER_SILENCE_S, np.floor(np.log1p(-uniform) / np.log1p(-TICKER_TOLD)))
    untold = (1.0 - TICKER_TOLD) ** silent
    within = 1.0 - (1.0 - uniform) / untold
    age: Floats = silent + np.clip(within / TICKER_TOLD, 0.0, 1.0)
    return age


def _book_age(block: LayerBlock) -> Floats:
    mean = BOOK_SILENCE * MINUTE_S / block.pace.actions
    age: Floats = -np.log1p(-block.draws.uniform[Uniform.BOOK_AGE]) * mean
    return np.minimum(age, MINUTE_S)
