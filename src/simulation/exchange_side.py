"""The paper exchange inside a stepped run: its books in the home, its engine in this process."""

from decimal import Decimal

from src.exchange.simulator.collateral import by_wire_name
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import Market
from src.exchange.simulator.journal import Books
from src.exchange.simulator.markets.spec import TAPE_PREFIX
from src.simulation.plan import Plan
from src.store.files import Files

ORDER_MEMORY_S = 5.0
"""Seconds for which an ended order is remembered by ``orders/status``."""


class ExchangeSide:
    """The engine of a leg with its books."""

    def __init__(self, plan: Plan, market: Market, *, files: Files, now: float) -> None:
        self._books = Books(plan.home.paper_exchange, files=files, memory_s=ORDER_MEMORY_S)
        self.engine = Engine(
            market.instruments(),
            state=self._books.state,
            journal=self._books,
            seed=str(plan.seed),
            taken=market.taken,
            footprint=not plan.market.startswith(TAPE_PREFIX),
        )
        paper = plan.settings.paper
        self.engine.open(
            now,
            balance_usd=Decimal(str(paper.starting_balance_usd)),
            currencies=by_wire_name(paper.collateral),
        )

    def close(self, now: float) -> None:
        """Write down where the account stands, and let go of the books."""
        self._books.snapshot(now)
        self._books.close()
