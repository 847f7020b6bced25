"""Whose bars a file or a row holds: names of pairs, as freqtrade, ccxt and exchanges write them, become symbols."""

import re
from dataclasses import dataclass
from pathlib import Path

from src.exchange.simulator.markets.bars_spec import BarsSpec
from src.exchange.simulator.markets.errors import BarsError

DOLLARS = ("USDT", "USDC", "USD")
"""Quotes that count as one dollar; the longest names first."""
SUFFIXES = (".csv", ".csv.gz", ".parquet", ".feather")
_OTHER_CANDLES = frozenset({"mark", "index", "funding", "premiumindex"})
"""Words in the names of freqtrade's files that hold no prices of trades."""
_TIMEFRAME = re.compile(r"^\d+[smhdwM]$")
_BASE = re.compile(r"^[A-Z0-9]{1,20}$")


@dataclass(frozen=True, slots=True)
class NamedFile:
    """One file of bars."""

    path: Path
    symbol: str | None
    """What its name says; None where it says nothing."""


def symbol_of(name: str) -> str | None:
    """Return the Kraken symbol that a pair names: ``BTC/USDT:USDT`` is ``PF_XBTUSD``; None for what is none.

    Any of ``DOLLARS`` counts as the dollar; whatever follows the pair, as in ``BTC_USDT_USDT-5m-futures``, is no
    part of it.
    """
    words = re.split(r"[/:_\-]", name.strip())
    first = words[0].upper()
    second = words[1].upper() if len(words) > 1 else ""
    if first == "PF":
        return _symbol(_before_dollars(second))
    return _symbol(first if second in DOLLARS else _before_dollars(first))


def bars_files(spec: BarsSpec) -> tuple[NamedFile, ...]:
    """Return the files that a path names, in the order of their names.

    Raises BarsError where there is none, or where two are of the same symbol.
    """
    if not spec.path.exists():
        raise BarsError(f"{spec.path} cannot be read: there is no such file or folder")
    if spec.path.is_file():
        _refuse_kind(spec.path)
        return (NamedFile(spec.path, symbol_of(_stem(spec.path))),)
    files = [
        NamedFile(path, symbol_of(_stem(path)))
        for path in sorted(spec.path.iterdir())
        if path.is_file() and path.name.endswith(SUFFIXES) and _is_asked_for(path, spec.timeframe)
    ]
    if not files:
        of = "" if spec.timeframe is None else f" of {spec.timeframe}"
        raise BarsError(f"{spec.path} holds no files{of} that end in {', '.join(SUFFIXES)}")
    _refuse_doubles(files)
    return tuple(files)


def _before_dollars(word: str) -> str:
    quote = next((quote for quote in DOLLARS if word.endswith(quote)), None)
    return "" if quote is None else word.removesuffix(quote)


def _symbol(base: str) -> str | None:
    if not _BASE.match(base):
        return None
    return f"PF_{'XBT' if base == 'BTC' else base}USD"


def _stem(path: Path) -> str:
    suffix = next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), path.suffix)
    return path.name.removesuffix(suffix)


def _is_asked_for(path: Path, timeframe: str | None) -> bool:
    words = re.split(r"[_\-]", _stem(path))[1:]
    if _OTHER_CANDLES & {word.lower() for word in words}:
        return False
    named = {word for word in words if _TIMEFRAME.match(word)}
    return timeframe is None or timeframe in named


def _refuse_kind(path: Path) -> None:
    if not path.name.endswith(SUFFIXES):
        raise BarsError(f"{path} is of no kind that holds bars here: {', '.join(SUFFIXES)}")


def _refuse_doubles(files: list[NamedFile]) -> None:
    known: dict[str, Path] = {}
    for file in files:
        if file.symbol is None:
            continue
        if file.symbol in known:
            raise BarsError(
                f"{known[file.symbol]} and {file.path.name} are both of {file.symbol}: "
                f"keep one of them in the folder, or pick with ?timeframe=5m"
            )
        known[file.symbol] = file.path
