"""The contracts of a market of bars: the listed facts, with ticks as fine as the prices need them."""

import math
from dataclasses import replace
from decimal import Decimal

from src.exchange.simulator.events import InstrumentSpec
from src.exchange.simulator.instruments import INSTRUMENTS, THIN
from src.exchange.simulator.markets.bars_series import Series

UNLISTED_LARGEST_USD = 10_000_000
"""Largest position in what this exchange does not list, at its first price."""


def instrument_of(series: Series) -> InstrumentSpec:
    """Return the facts of a symbol.

    Of one that is not listed, a step of size is worth one to ten dollars at its first price, and margin is asked as
    for a thin market.
    """
    tick = Decimal(1).scaleb(-series.price_decimals)
    listed = INSTRUMENTS.get(series.symbol)
    if listed is not None:
        return replace(listed, tick_size=min(tick, listed.tick_size))
    decimals = math.floor(math.log10(series.first_close))
    step = Decimal(1).scaleb(-decimals)
    steps = int(UNLISTED_LARGEST_USD / (series.first_close * float(step)))
    return InstrumentSpec(
        symbol=series.symbol,
        base=series.symbol.removeprefix("PF_").removesuffix("USD"),
        tick_size=tick,
        size_decimals=decimals,
        max_position=step * steps,
        margin_levels=THIN,
    )
