"""From the word on the command line to a market."""

from src.exchange.simulator.events import Market
from src.exchange.simulator.instruments import UnknownInstrumentError
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.spec import TAPE_PREFIX, refuse_unknown, tape_path
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket
from src.records.settings import PaperExchange


def make_market(
    spec: str, *, symbols: tuple[str, ...], seed: int, start: float, settings: PaperExchange
) -> Market:
    """Return the market that ``synthetic`` or ``tape:FILE`` names, as it is at ``start``.

    Raises ``MarketSpecError`` for any other word, for a symbol that the market does not have, and for a tape that
    is missing, empty or broken.
    """
    if spec.startswith(TAPE_PREFIX):
        return TapeMarket(tape_path(spec), symbols, start_at=start)
    refuse_unknown(spec)
    try:
        return SyntheticMarket(
            symbols, seed=seed, start=start, messages_per_s=settings.messages_per_s, edge=settings.edge
        )
    except UnknownInstrumentError as error:
        raise MarketSpecError(str(error)) from error
