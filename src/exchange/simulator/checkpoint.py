"""Where the market goes on after a restart: a small document, refreshed every few seconds."""

import logging

from src.exchange.simulator.events import Market
from src.exchange.simulator.markets.factory import make_market
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.records.exchange_journal import MarketCheckpoint
from src.records.market_state import SyntheticState
from src.records.settings import BotSettings
from src.store.document import DocumentFile
from src.store.paths import Home

log = logging.getLogger(__name__)


class Checkpoint:
    """Makes the market of a home, which keeps the seed that it began with."""

    def __init__(self, home: Home, *, market: str, seed: int) -> None:
        self._spec = market
        self.seed = seed
        """The seed in force: that of the home's market, where it has one already."""
        self._file = DocumentFile(
            home.paper_exchange / "market.json",
            MarketCheckpoint,
            writer="paper_exchange",
            durable=False,
            quarantine=home.quarantine,
        )

    def market(self, settings: BotSettings, *, now: float) -> Market:
        """Return the market as it is now; raises MarketSpecError for one that cannot be made.

        It goes on from where it stood. Other symbols, or another character, make it anew from its seed.
        """
        known = self._file.read() if self._spec == "synthetic" else None
        if known is not None:
            if known.seed != self.seed:
                log.warning(
                    "market_keeps_its_seed", extra={"facts": {"seed": known.seed, "asked": self.seed}}
                )
                self.seed = known.seed
            if _same(known.synthetic, settings) and known.synthetic.now <= now:
                return SyntheticMarket.resume(known.synthetic)
            log.warning("market_made_anew", extra={"facts": {"seed": self.seed}})
        market = make_market(
            self._spec, symbols=settings.symbols, seed=self.seed, start=now, settings=settings.paper
        )
        self.save(market)  # killed before its first note, it would begin anew and rewrite what it has shown
        return market

    def save(self, market: Market) -> None:
        """Note where the market stands; a recording needs no note."""
        if isinstance(market, SyntheticMarket):
            state = market.state()
            self._file.write(MarketCheckpoint(ts=state.now, seed=self.seed, synthetic=state))


def _same(state: SyntheticState, settings: BotSettings) -> bool:
    paper = settings.paper
    wanted = (settings.symbols, paper.messages_per_s, paper.edge)
    return (state.symbols, state.messages_per_s, state.edge) == wanted
