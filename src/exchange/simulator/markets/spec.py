"""What a market is called on the command line, and when it begins; light enough for a command to import."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from src.exchange.simulator.markets.bars_names import bars_files
from src.exchange.simulator.markets.bars_spec import BARS_PREFIX, bars_spec
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.recording import tape_span
from src.exchange.simulator.markets.recording_files import recording_files
from src.exchange.simulator.markets.tape_survey import survey_tape

SYNTHETIC = "synthetic"
KRAKEN = "kraken"
KRAKEN_URL = "https://futures.kraken.com"
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

    One file counts by its bytes alone, several by the names and bytes of the files that are read. Raises
    ``MarketSpecError``.
    """
    if spec.startswith(TAPE_PREFIX):
        return _sha256_of(recording_files(tape_path(spec)))
    if not spec.startswith(BARS_PREFIX):
        refuse_unknown(spec)
        return None
    asked = bars_spec(spec)
    files = bars_files(asked)
    if asked.path.is_file():
        return _sha256(asked.path)
    return _sha256_of_named(file.path for file in files)


def tape_path(spec: str) -> Path:
    """Return the file or folder that ``tape:PATH`` names; MarketSpecError where it names none."""
    name = spec.removeprefix(TAPE_PREFIX)
    if not name:
        raise MarketSpecError("name the recording: tape:FILE")
    return Path(name)


def refuse_unknown(spec: str) -> None:
    """Raise MarketSpecError for a word that names no market without files."""
    if is_kraken(spec):
        kraken_url(spec)
    elif spec != SYNTHETIC:
        raise MarketSpecError(
            f"unknown market {spec!r}; use synthetic, tape:FILE or kraken (simulate: synthetic, tape:FILE or bars:PATH)"
        )


def is_kraken(spec: str) -> bool:
    """Return whether a word names the live market."""
    return spec == KRAKEN or spec.startswith(f"{KRAKEN}:")


def kraken_url(spec: str) -> str:
    """Return where ``kraken`` or ``kraken:URL`` listens; MarketSpecError where that is no URL."""
    if spec == KRAKEN:
        return KRAKEN_URL
    url = spec.removeprefix(f"{KRAKEN}:")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise MarketSpecError(f"not the URL of a venue: {url!r}; write kraken, or kraken:https://HOST")
    return url.rstrip("/")


def refuse_live(spec: str) -> None:
    """Raise MarketSpecError for a market that is lived at its own pace, where another is asked for."""
    if is_kraken(spec):
        raise MarketSpecError(
            "the market kraken is live and cannot be lived in virtual time; run it with "
            "`python -m src.run --market kraken`, and simulate its recording afterwards with tape:FILE"
        )


def refuse_pace(spec: str, speed: float) -> None:
    """Raise MarketSpecError for a live market at another speed than its own."""
    if is_kraken(spec) and speed != 1.0:
        raise MarketSpecError(f"the market kraken goes at its own speed: leave --speed {speed:g} out")


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


def _sha256_of(paths: tuple[Path, ...]) -> str:
    return _sha256(paths[0]) if len(paths) == 1 else _sha256_of_named(paths)


def _sha256_of_named(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{_sha256(path)}\n".encode())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise MarketSpecError(f"{path} cannot be read: {error}") from error
    return digest.hexdigest()
