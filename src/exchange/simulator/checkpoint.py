"""Where the market goes on after a restart: a small document, refreshed every few seconds."""

from src.exchange.simulator.events import Market
from src.exchange.simulator.markets.factory import make_market
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.records.exchange_journal import MarketCheckpoint
from src.records.settings import BotSettings
from src.store.document import DocumentFile
from src.store.paths import Home


class Checkpoint:
    """Makes the market: from its last state where that is of the same market, else from its seed."""

    def __init__(self, home: Home, *, market: str, seed: int) -> None:
        self._spec = market
        self._seed = seed
        self._file = DocumentFile(
            home.paper_exchange / "market.json",
            MarketCheckpoint,
            writer="paper_exchange",
            durable=False,
            quarantine=home.quarantine,
        )

    def market(self, settings: BotSettings, *, now: float) -> Market:
        """Return the market as it is now; raises MarketSpecError for one that cannot be made."""
        known = self._file.read() if self._spec == "synthetic" else None
        if known is not None and known.seed == self._seed and known.synthetic is not None:
            state = known.synthetic
            paper = settings.paper
            same = (state.symbols, state.messages_per_s, state.edge) == (
                settings.symbols,
                paper.messages_per_s,
                paper.edge,
            )
            if same and state.now <= now:
                return SyntheticMarket.resume(state)
        return make_market(
            self._spec, symbols=settings.symbols, seed=self._seed, start=now, settings=settings.paper
        )

    def save(self, market: Market) -> None:
        """Note where the market stands; a recording needs no note."""
        if isinstance(market, SyntheticMarket):
            state = market.state()
            self._file.write(MarketCheckpoint(ts=state.now, seed=self._seed, synthetic=state))
