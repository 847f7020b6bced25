"""What a market is called on the command line, and when it begins; light enough for a command to import."""

import hashlib
from pathlib import Path

from src.exchange.simulator.markets.bars_names import bars_files
from src.exchange.simulator.markets.bars_spec import BARS_PREFIX, bars_spec
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.recording import tape_span
from src.exchange.simulator.markets.tape_survey import survey_tape

SYNTHETIC = "synthetic"
TAPE_PREFIX = "tape:"
_PIECE = 1 << 20


def market_start(spec: str) -> float | None:
    """Return when a market begins, in seconds since the epoch; None where it can begin at any time.

    Raises ``MarketSpecError`` as the makers of ``factory`` do.
    """
    span = _span(spec)
    return None if span is None else span[0]


def market_end(spec: str) -> float | None:
    """Return when a market shows its last event, in seconds since the epoch; None where it never ends.

    Raises ``MarketSpecError`` as the makers of ``factory`` do.
    """
    span = _span(spec)
    return None if span is None else span[1]


def market_symbols(spec: str) -> tuple[str, ...] | None:
    """Return the symbols that a recorded market has, sorted; None where all that are listed trade.

    Raises ``MarketSpecError`` as the makers of ``factory`` do.
    """
    if spec.startswith(TAPE_PREFIX):
        return tuple(sorted(survey_tape(tape_path(spec)).specs))
    if spec.startswith(BARS_PREFIX):
        from src.exchange.simulator.markets.bars_reading import bars_symbols  # noqa: PLC0415 - pyarrow is 38 MiB

        return bars_symbols(bars_spec(spec))
    refuse_unknown(spec)
    return None


def content_hash(spec: str) -> str | None:
    """Return the SHA-256 of a recorded market's files, in hex; None where there are none.

    A file counts by its bytes alone, a folder by the names and bytes of the files that are read. Raises
    ``MarketSpecError``.
    """
    if spec.startswith(TAPE_PREFIX):
        return _sha256(tape_path(spec))
    if not spec.startswith(BARS_PREFIX):
        refuse_unknown(spec)
        return None
    asked = bars_spec(spec)
    files = bars_files(asked)
    if asked.path.is_file():
        return _sha256(asked.path)
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path.name}\0{_sha256(file.path)}\n".encode())
    return digest.hexdigest()


def tape_path(spec: str) -> Path:
    """Return the file that ``tape:FILE`` names; MarketSpecError where it names none."""
    name = spec.removeprefix(TAPE_PREFIX)
    if not name:
        raise MarketSpecError("name the recording: tape:FILE")
    return Path(name)


def refuse_unknown(spec: str) -> None:
    """Raise MarketSpecError for a word that names no market without files."""
    if spec == "kraken":
        raise MarketSpecError("the market kraken is not available yet; use synthetic or tape:FILE")
    if spec != SYNTHETIC:
        raise MarketSpecError(f"unknown market {spec!r}; use synthetic or tape:FILE (simulate: or bars:PATH)")


def refuse_bars(spec: str) -> None:
    """Raise MarketSpecError for bars, which tell too little for a market that is lived message by message."""
    if spec.startswith(BARS_PREFIX):
        raise MarketSpecError(
            "bars are for `simulate`: they show no book and no trades, so there is nothing to live through; "
            "use synthetic or tape:FILE here"
        )


def _span(spec: str) -> tuple[float, float] | None:
    if spec.startswith(TAPE_PREFIX):
        return tape_span(tape_path(spec))
    if spec.startswith(BARS_PREFIX):
        from src.exchange.simulator.markets.bars_reading import bars_span  # noqa: PLC0415 - pyarrow is 38 MiB

        return bars_span(bars_spec(spec))
    refuse_unknown(spec)
    return None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise MarketSpecError(f"{path} cannot be read: {error}") from error
    return digest.hexdigest()
