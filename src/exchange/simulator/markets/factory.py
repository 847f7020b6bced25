"""From the word on the command line to a market."""

from pathlib import Path

from src.clock import Clock
from src.exchange.simulator.events import LiveMarket, Market
from src.exchange.simulator.instruments import UnknownInstrumentError
from src.exchange.simulator.markets.bars_spec import BARS_PREFIX, bars_spec
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.spec import (
    TAPE_PREFIX,
    is_kraken,
    kraken_url,
    refuse_bars,
    refuse_live,
    refuse_unknown,
    tape_path,
)
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket
from src.exchange.simulator.markets.window_market import WindowMarket
from src.exchange.simulator.markets.windows import SyntheticWindows
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
    refuse_bars(spec)
    refuse_live(spec)
    refuse_unknown(spec)
    try:
        return SyntheticMarket(
            symbols, seed=seed, start=start, messages_per_s=settings.messages_per_s, edge=settings.edge
        )
    except UnknownInstrumentError as error:
        raise MarketSpecError(str(error)) from error


def open_live_market(spec: str, *, symbols: tuple[str, ...], clock: Clock) -> LiveMarket | None:
    """Return the market that ``kraken`` or ``kraken:URL`` names, listening; None for any that is not live.

    The caller closes it. Raises ``UpstreamUnreachable`` where the venue does not tell its instruments, and
    ``MarketSpecError`` for a symbol that it does not list.
    """
    if not is_kraken(spec):
        return None
    from src.exchange.simulator.markets.kraken_link import open_kraken_market  # noqa: PLC0415 - loads the clients

    return open_kraken_market(kraken_url(spec), symbols, clock)


def make_window_market(
    spec: str,
    *,
    symbols: tuple[str, ...],
    seed: int,
    start: float,
    window_s: float,
    settings: PaperExchange,
    scratch: Path | None = None,
) -> WindowMarket:
    """Return the market that ``synthetic`` or ``bars:PATH`` names, in windows; ``begin`` says where it stands.

    Bars are read through once to make it, into an unnamed file in ``scratch`` (the system's place for such files
    where it is None): keep the market for as long as it is needed. Raises ``MarketSpecError`` for any other word,
    for a symbol that the market does not have, for windows that it cannot be counted in, and for files that are
    missing, empty or broken.
    """
    if spec.startswith(BARS_PREFIX):
        from src.exchange.simulator.markets.bars_market import BarsMarket  # noqa: PLC0415 - pyarrow is 38 MiB

        return BarsMarket(bars_spec(spec), symbols, window_s=window_s, scratch=scratch)
    if spec.startswith(TAPE_PREFIX):
        raise MarketSpecError("a tape is lived message by message: it is no market of windows")
    refuse_live(spec)
    refuse_unknown(spec)
    try:
        return SyntheticWindows(
            symbols,
            seed=seed,
            start=start,
            window_s=window_s,
            messages_per_s=settings.messages_per_s,
            edge=settings.edge,
        )
    except ValueError as error:
        raise MarketSpecError(str(error)) from error
