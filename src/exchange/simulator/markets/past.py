"""Bars of minutes that were never lived message by message, straight from the model core."""

import numpy as np

from src.exchange.simulator.events import Candle, InstrumentSpec
from src.exchange.simulator.markets.bars import aggregate
from src.exchange.simulator.markets.character import character
from src.exchange.simulator.markets.ladder import Scale
from src.exchange.simulator.markets.recursions import Floats

DEPTHS_A_MESSAGE = 0.075
"""Mean volume of trades behind one message, in typical best-level sizes."""


def core_trade_rows(minutes: dict[str, Floats], spec: InstrumentSpec, *, messages_per_s: float) -> Floats:
    """Return (open, high, low, close, volume) a minute, on the contract's tick and step."""
    scale = Scale(spec)
    path = np.exp(minutes["log_price"])
    opened = np.rint(path / scale.tick)
    high, low, closed = (np.rint(np.exp(minutes[name]) / scale.tick) for name in ("high", "low", "log_end"))
    highest = np.maximum(np.maximum(opened, high), np.maximum(low, closed))
    lowest = np.minimum(np.minimum(opened, low), closed)
    ticks = np.column_stack([opened, highest, lowest, closed])
    mean_usd = character(spec.symbol).depth_usd * DEPTHS_A_MESSAGE * 60.0 * messages_per_s
    steps = np.maximum(1.0, np.rint(minutes["volume"] * mean_usd / path / scale.step))
    return np.column_stack([scale.prices(ticks), scale.sizes(steps)])


def core_candles(
    first_minute: int, minutes: dict[str, Floats], *, spot: bool, resolution_s: int, start: float, end: float
) -> list[Candle]:
    """Return candles of the index (``spot``) or of the mark from the minutes in [start, end]; their volume is 0."""
    low = max(0, int(np.ceil(start / 60.0)) - first_minute)
    high = max(low, int(np.floor(end / 60.0)) - first_minute + 1)
    kept = {name: values[low:high] for name, values in minutes.items()}
    basis, basis_end = (kept["premium"], kept["premium_end"]) if spot else (0.0, 0.0)
    opened, closed = kept["log_price"] - basis, kept["log_end"] - basis_end
    rows = np.exp(
        np.column_stack(
            [
                opened,
                np.maximum(np.maximum(opened, closed), kept["high"] - basis),
                np.minimum(np.minimum(opened, closed), kept["low"] - basis),
                closed,
            ]
        )
    )
    return aggregate(
        first_minute + low, np.column_stack([rows, np.zeros(len(rows))]), resolution_s=resolution_s
    )
