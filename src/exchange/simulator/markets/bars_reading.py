"""All files of a market of bars, read once and checked."""

from pathlib import Path

from src.exchange.simulator.markets.bars_file import owner_of, read_pieces
from src.exchange.simulator.markets.bars_names import bars_files
from src.exchange.simulator.markets.bars_series import Series
from src.exchange.simulator.markets.bars_spacing import Spacing
from src.exchange.simulator.markets.bars_spec import BarsSpec
from src.exchange.simulator.markets.errors import BarsError


def read_series(spec: BarsSpec, symbols: tuple[str, ...], *, scratch: Path | None) -> tuple[Series, ...]:
    """Return the bars of these symbols, in their order.

    Raises BarsError for whatever is wrong with a file of theirs, and where one of them has no bars.
    """
    wanted = {symbol: Series(symbol, scratch) for symbol in symbols}
    seen: set[str] = set()
    for file in bars_files(spec):
        owner = owner_of(file)
        if owner is not None and owner not in wanted:
            seen.add(owner)
            continue
        for piece in read_pieces(file):
            seen.add(piece.symbol)
            series = wanted.get(piece.symbol)
            if series is not None:
                series.add(piece)
    absent = [symbol for symbol in symbols if symbol not in seen]
    if absent:
        raise BarsError(f"{spec.path} has no {', '.join(absent)}; it has {', '.join(sorted(seen))}")
    for series in wanted.values():
        series.finish()
    return tuple(wanted.values())


def bars_span(spec: BarsSpec) -> tuple[float, float]:
    """Return when the earliest bar of all symbols opened and when the latest one ended; raises BarsError."""
    spacings: dict[str, Spacing] = {}
    for file in bars_files(spec):
        for piece in read_pieces(file, only_times=True):
            spacings.setdefault(piece.symbol, Spacing(piece.symbol)).add(piece)
    spans = [spacing.span() for spacing in spacings.values()]
    return float(min(start for start, _ in spans)), float(max(end for _, end in spans))


def bars_symbols(spec: BarsSpec) -> tuple[str, ...]:
    """Return the symbols that have bars, sorted; raises BarsError."""
    found: set[str] = set()
    for file in bars_files(spec):
        owner = owner_of(file)
        found |= {piece.symbol for piece in read_pieces(file, only_times=True)} if owner is None else {owner}
    return tuple(sorted(found))
