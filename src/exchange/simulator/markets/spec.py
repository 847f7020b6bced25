"""What a market is called on the command line, and when it begins; light enough for a command to import."""

from pathlib import Path

from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.recording import tape_span

SYNTHETIC = "synthetic"
TAPE_PREFIX = "tape:"


def market_start(spec: str) -> float | None:
    """Return when a market begins, in seconds since the epoch; None where it can begin at any time.

    Raises ``MarketSpecError`` as ``make_market`` does.
    """
    if spec.startswith(TAPE_PREFIX):
        return tape_span(tape_path(spec))[0]
    refuse_unknown(spec)
    return None


def market_end(spec: str) -> float | None:
    """Return when a market shows its last event, in seconds since the epoch; None where it never ends.

    Raises ``MarketSpecError`` as ``make_market`` does.
    """
    if spec.startswith(TAPE_PREFIX):
        return tape_span(tape_path(spec))[1]
    refuse_unknown(spec)
    return None


def tape_path(spec: str) -> Path:
    """Return the file that ``tape:FILE`` names; MarketSpecError where it names none."""
    name = spec.removeprefix(TAPE_PREFIX)
    if not name:
        raise MarketSpecError("name the recording: tape:FILE")
    return Path(name)


def refuse_unknown(spec: str) -> None:
    """Raise MarketSpecError for a word that names no market."""
    if spec == "kraken":
        raise MarketSpecError("the market kraken is not available yet; use synthetic or tape:FILE")
    if spec != SYNTHETIC:
        raise MarketSpecError(f"unknown market {spec!r}; use synthetic or tape:FILE")
