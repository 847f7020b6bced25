"""A desk that trades over real HTTP on a paper exchange whose faults are ordered, in time that moves by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from src.exchange.desk import TradingDesk
from src.exchange.errors import OrderRefused
from src.exchange.executor import Submission
from src.exchange.kraken import KrakenExchange
from src.futures_portfolio_tracker import open_desk
from src.records.enums import OrderPurpose
from src.records.ledger import FillBooked, LedgerEntry, PositionClosed
from src.records.orders import OrderEvent, OrderIntent, OrderState, OrderUpdate
from src.records.settings import BotSettings
from src.store.freeze import Freeze
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.exchange_fakes import INSTANCE, a_decision, the_settings
from tests.fault_fakes import DEADLINE_S, Faulty, faulty_exchange
from tests.files_fakes import disk_files
from tests.paper_exchange_fakes import XBT

STEP_S = 0.5


class FaultyDesk:
    """A home with its desk, and the exchange that fails it."""

    def __init__(self, paper: Faulty, root: Path, settings: BotSettings | None = None) -> None:
        self.paper = paper
        self.clock = paper.clock
        self.settings = settings or the_settings()
        self.home = Home(root)
        for folder in self.home.folders():
            folder.mkdir(parents=True, exist_ok=True)
        self.starts = 0
        self.desk = self._open(self.home)
        self.wait(1)

    def _open(self, home: Home, *, epoch: str | None = None) -> TradingDesk:
        self.starts += 1
        endpoint = self.paper.endpoint
        exchange = KrakenExchange(
            url=endpoint.url,
            api_key=endpoint.api_key,
            api_secret=endpoint.api_secret,
            clock=self.clock,
            deadline_s=DEADLINE_S,
        )
        return open_desk(
            home,
            exchange,
            files=disk_files(home, self.settings),
            settings=self.settings,
            instance=INSTANCE,
            epoch=epoch or f"e{self.starts:02d}",
            speed=1.0,
            now=self.clock.now(),
        )

    def die(self) -> None:
        """Let go of everything that a dead process lets go of."""
        self.desk.close()

    def live_again(self) -> None:
        self.desk = self._open(self.home)

    def restart(self) -> None:
        self.die()
        self.live_again()

    def wait(self, seconds: float, *, every: float = STEP_S) -> None:
        """Let time pass in steps of the desk."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.advance_by(min(every, end - self.clock.now()))
            self.desk.step(self.clock.now())

    def enter(self, *, size: str = "1", cap_bps: float = 50) -> Submission:
        now = self.clock.now()
        return self.desk.enter(a_decision(ts=now), size=Decimal(size), slippage_cap_bps=cap_bps, now=now)

    def exit(self) -> Submission:
        return self.desk.exit(XBT, reason="time", now=self.clock.now())

    def refused(self) -> str | None:
        """Return why an entry is refused now; None where it is not, and was sent."""
        try:
            self.enter()
        except OrderRefused as refused:
            return refused.word
        return None

    def somebody(self, method: str, **params: str) -> dict[str, object]:
        """Let another client of the same account ask for something."""
        answer = self.paper.service.request(method, params)
        self.paper.step()
        return answer

    def somebody_trades(self, side: str, size: str, **params: str) -> None:
        form = {"symbol": XBT, "orderType": "mkt", "side": side, "size": size} | params
        assert "placed" in str(self.somebody("sendorder", **form))

    def position(self) -> Decimal:
        """Return the ledger's contracts."""
        return sum((p.direction.sign * p.size for p in self.desk.positions()), Decimal(0))

    def stops(self) -> list[Decimal]:
        """Return the sizes of the stops that rest, as the exchange itself knows them."""
        told = self.paper.service.request("openorders", {})["openOrders"]
        assert isinstance(told, list)
        return [Decimal(str(row["unfilledSize"])) for row in told if row["orderType"] == "stop"]

    def events(self) -> list[OrderEvent]:
        return list(read_all(self.home.orders, OrderEvent))

    def intents(self, purpose: OrderPurpose) -> list[OrderIntent]:
        found = [event for event in self.events() if isinstance(event, OrderIntent)]
        return [intent for intent in found if intent.purpose is purpose]

    def fate(self, purpose: OrderPurpose = OrderPurpose.ENTRY) -> tuple[OrderState, str]:
        """Return the newest state of the newest order of a purpose, and the word for it."""
        name = self.intents(purpose)[-1].cli_ord_id
        updates = [event for event in self.events() if isinstance(event, OrderUpdate)]
        newest = [update for update in updates if update.cli_ord_id == name][-1]
        return newest.state, newest.reason

    def entries(self) -> list[LedgerEntry]:
        return list(read_all(self.home.fills, LedgerEntry))

    def fills(self) -> list[FillBooked]:
        return [entry for entry in self.entries() if isinstance(entry, FillBooked)]

    def closed(self) -> list[PositionClosed]:
        return [entry for entry in self.entries() if isinstance(entry, PositionClosed)]

    def frozen(self) -> tuple[str, ...]:
        """Return all that stands against entries: what is latched, and what stands now."""
        return Freeze(self.home).reasons() + self.desk.freeze_reasons()

    def asked(self) -> int:
        """Return how many requests the faults of the plan have seen."""
        told = self.paper.told()["calls"]
        assert isinstance(told, list)
        return sum(call["seen"] for call in told)

    def assert_whole(self) -> None:
        """Ledger, exchange and stops agree, and nothing is in doubt."""
        held = self.paper.held()
        assert self.position() == held
        assert self.stops() == ([abs(held)] if held else [])
        assert self.desk.blocked(XBT) == ("position_open" if held else None)


@contextmanager
def faulty_desk(root: Path, settings: BotSettings | None = None) -> Iterator[FaultyDesk]:
    """Serve, and trade, until the block is left."""
    with faulty_exchange() as paper:
        made = FaultyDesk(paper, root, settings)
        try:
            yield made
        finally:
            made.die()
