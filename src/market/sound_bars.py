"""Which candles of a venue's answer count."""

import math
from collections import Counter
from collections.abc import Iterable

from src.market.quotes import Bar


def sound_bars(bars: Iterable[Bar], now: float, resolution_s: int, dropped: Counter[str]) -> list[Bar]:
    """Return the bars that have ended by ``now``, each once, oldest first; what is no candle is counted."""
    by_opening = {}
    for bar in bars:
        if not 0 < bar.close < math.inf:
            dropped["candle_value"] += 1
        elif bar.ts > now:
            dropped["candle_from_future"] += 1
        elif bar.ts + resolution_s <= now:
            by_opening[bar.ts] = bar
    return [by_opening[ts] for ts in sorted(by_opening)]
