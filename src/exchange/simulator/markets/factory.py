"""From the word on the command line to a market."""

from pathlib import Path

from src.exchange.simulator.events import Market
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket
from src.records.settings import PaperExchange

TAPE_PREFIX = "tape:"


def make_market(
    spec: str, *, symbols: tuple[str, ...], seed: int, start: float, settings: PaperExchange
) -> Market:
    """Return the market that ``synthetic`` or ``tape:FILE`` names, as it is at ``start``.

    Raises ``MarketSpecError`` for any other word, and for a symbol or a tape that is not as it should be.
    """
    if spec == "synthetic":
        return SyntheticMarket(
            symbols, seed=seed, start=start, messages_per_s=settings.messages_per_s, edge=settings.edge
        )
    if spec.startswith(TAPE_PREFIX):
        return TapeMarket(Path(spec.removeprefix(TAPE_PREFIX)), symbols, start_at=start)
    if spec == "kraken":
        raise MarketSpecError("the market kraken is not available yet; use synthetic or tape:FILE")
    raise MarketSpecError(f"unknown market {spec}; use synthetic or tape:FILE")
