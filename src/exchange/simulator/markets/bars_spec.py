"""How bars are asked for: ``bars:PATH``, with what their user declares beside them.

``bars:PATH?spread_bps=2&depth_usd=50000`` declares a book; ``bars:FOLDER?timeframe=5m`` picks files of a folder.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from src.exchange.simulator.markets.errors import MarketSpecError

BARS_PREFIX = "bars:"
USAGE = "bars:PATH, with ?spread_bps=NUMBER&depth_usd=NUMBER to declare a book and timeframe=5m to pick files"
_OPTIONS = ("spread_bps", "depth_usd", "timeframe")
_WIDEST_BPS = 1000.0
_TIMEFRAME = re.compile(r"^\d+[smhdwM]$")


@dataclass(frozen=True, slots=True)
class DeclaredBook:
    """A book that the user says stands around every price; bars know of none."""

    spread_bps: float
    """Ask less bid, in bps of the price between them."""
    depth_usd: float
    """What stands on each side, all of it at the best level."""


@dataclass(frozen=True, slots=True)
class BarsSpec:
    """Which bars, and what is declared of them."""

    path: Path
    timeframe: str | None = None
    """Only files of a folder that name it, as ``5m``; None for all."""
    book: DeclaredBook | None = None
    """None where nothing was declared: then there is no book."""


def bars_spec(spec: str) -> BarsSpec:
    """Return what ``bars:PATH`` with its options means; raises MarketSpecError for what it cannot mean."""
    name, _, query = spec.removeprefix(BARS_PREFIX).partition("?")
    if not name:
        raise MarketSpecError(f"name the bars: {USAGE}")
    options: dict[str, str] = {}
    for part in query.split("&") if query else ():
        key, _, value = part.partition("=")
        if key not in _OPTIONS or key in options or not value:
            raise MarketSpecError(f"{spec}: {part!r} is no option; {USAGE}")
        options[key] = value
    return BarsSpec(path=Path(name), timeframe=_timeframe(options), book=_book(options))


def _timeframe(options: dict[str, str]) -> str | None:
    timeframe = options.get("timeframe")
    if timeframe is not None and not _TIMEFRAME.match(timeframe):
        raise MarketSpecError(f"timeframe is a number and one of s, m, h, d, w, as in 5m, not {timeframe!r}")
    return timeframe


def _book(options: dict[str, str]) -> DeclaredBook | None:
    spread, depth = options.get("spread_bps"), options.get("depth_usd")
    if spread is None and depth is None:
        return None
    if spread is None or depth is None:
        raise MarketSpecError("a book needs both: declare spread_bps and depth_usd")
    book = DeclaredBook(_positive("spread_bps", spread), _positive("depth_usd", depth))
    if book.spread_bps > _WIDEST_BPS:
        raise MarketSpecError(f"spread_bps is at most {_WIDEST_BPS:g}, not {book.spread_bps:g}")
    return book


def _positive(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value < math.inf:
        raise MarketSpecError(f"{name} is a number above 0, not {text!r}")
    return value
