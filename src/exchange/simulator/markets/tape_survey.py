"""A first look through a tape: which symbols it shows, and how fine their prices and sizes are."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from src.exchange.simulator.events import BookSnapshot, Condition, InstrumentSpec, Reference
from src.exchange.simulator.instruments import INSTRUMENTS, THIN
from src.exchange.simulator.markets.errors import TapeError
from src.exchange.simulator.markets.recording import (
    PolledCandles,
    PolledFunding,
    TapeEvent,
    read_tape_with_answers,
)
from src.exchange.simulator.markets.tape_past import TapePast

UNLISTED_LARGEST_POSITION = Decimal(1_000_000)
"""In contracts, for what this exchange does not list."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a tape holds."""

    first: float
    """When its first message happened."""
    specs: dict[str, InstrumentSpec]
    """By symbol; those of which it shows orders or trades."""
    with_tickers: frozenset[str]
    """Symbols whose mark and index it tells."""
    past: dict[str, TapePast]
    """What the venue answered, by symbol."""


@dataclass(slots=True)
class _Seen:
    prices: set[float] = field(default_factory=set)
    sizes: set[float] = field(default_factory=set)
    tickers: bool = False


def survey_tape(path: Path) -> Survey:
    """Return what a tape holds, reading it once; raises ``TapeError`` if it is missing, empty or broken."""
    first: float | None = None
    seen: dict[str, _Seen] = {}
    past: dict[str, TapePast] = {}
    for told in read_tape_with_answers(path):
        if isinstance(told, PolledCandles):
            past.setdefault(told.symbol, TapePast()).hear_candles(told)
        elif isinstance(told, PolledFunding):
            past.setdefault(told.symbol, TapePast()).hear_funding(told)
        else:
            first = told.ts if first is None else first
            _note(seen.setdefault(told.symbol, _Seen()), told)
    if first is None:
        raise TapeError(f"{path} holds no market data")
    traded = {symbol: one for symbol, one in seen.items() if one.prices}
    return Survey(
        first=first,
        specs={symbol: _spec(symbol, one) for symbol, one in traded.items()},
        with_tickers=frozenset(symbol for symbol, one in seen.items() if one.tickers),
        past={symbol: past.get(symbol, TapePast()) for symbol in traded},
    )


def _note(seen: _Seen, event: TapeEvent) -> None:
    if isinstance(event, BookSnapshot):
        for price, size in event.bids + event.asks:
            seen.prices.add(price)
            seen.sizes.add(size)
    elif isinstance(event, Reference):
        seen.tickers = True
    elif not isinstance(event, Condition):
        seen.prices.add(event.price)
        seen.sizes.add(event.size)


def _spec(symbol: str, seen: _Seen) -> InstrumentSpec:
    """Return the listed facts of a symbol, with the tick and step as fine as the tape needs them."""
    tick = Decimal(1).scaleb(-max(map(_decimals, seen.prices)))
    decimals = max(map(_decimals, seen.sizes))
    listed = INSTRUMENTS.get(symbol)
    if listed is None:
        base = symbol.removeprefix("PF_").removesuffix("USD")
        return InstrumentSpec(symbol, base, tick, decimals, UNLISTED_LARGEST_POSITION, THIN)
    return InstrumentSpec(
        symbol=symbol,
        base=listed.base,
        tick_size=min(tick, listed.tick_size),
        size_decimals=max(decimals, listed.size_decimals),
        max_position=listed.max_position,
        margin_levels=listed.margin_levels,
    )


def _decimals(number: float) -> int:
    """Return how many digits a number has after its point."""
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
