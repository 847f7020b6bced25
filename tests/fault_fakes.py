"""A paper exchange over real HTTP whose market and clock obey the test, and whose faults are ordered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import requests

from src.exchange.base import Answer, OrderRequest
from src.exchange.kraken import KrakenExchange
from src.exchange.simulator.events import BookDelta, MarketEvent, MarketTrade, Reference
from src.exchange.simulator.server import Loudspeaker
from src.exchange.simulator.service import Service
from src.records.enums import OrderType, Side
from src.records.operations import ExchangeEndpoint
from src.simulation.clock import VirtualClock
from tests.direct_fakes import a_service, served
from tests.paper_exchange_fakes import START, XBT, FakeJournal, ScriptedMarket

DEADLINE_S = 0.5


class ToldMarket(ScriptedMarket):
    """A market that does only what it is told, at the next request."""

    def tell(self, event: MarketEvent) -> None:
        self._events.append(event)


@dataclass
class Faulty:
    """An exchange that can be told to fail, and the bot's view of it."""

    clock: VirtualClock
    market: ToldMarket
    service: Service
    journal: FakeJournal
    endpoint: ExchangeEndpoint
    exchange: KrakenExchange
    sent: int = 0

    def order_faults(self, **plan: object) -> dict[str, object]:
        """Order a plan over the wire; return what the exchange tells of it."""
        answer = requests.post(self.admin("faults"), json=plan, headers=self.token, timeout=5)
        assert answer.status_code == 200, answer.text
        told: dict[str, object] = answer.json()
        return told

    def call_fault(self, **fault: object) -> None:
        self.order_faults(calls=[fault], rate_limit="off")

    def told(self) -> dict[str, object]:
        told: dict[str, object] = requests.get(self.admin("faults"), headers=self.token, timeout=5).json()
        return told

    def admin(self, name: str) -> str:
        return f"{self.endpoint.url}/admin/{name}"

    @property
    def token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.endpoint.admin_token}"}

    def send(
        self,
        side: Side = Side.BUY,
        size: str = "1",
        *,
        kind: OrderType = OrderType.MARKET,
        stop: str | None = None,
        process_before: float | None = None,
    ) -> Answer:
        self.sent += 1
        return self.exchange.send(
            OrderRequest(
                cli_ord_id=f"order{self.sent}",
                symbol=XBT,
                side=side,
                order_type=kind,
                size=Decimal(size),
                limit_price=None,
                stop_price=None if stop is None else Decimal(stop),
                reduce_only=kind is OrderType.STOP,
                process_before=process_before,
            )
        )

    def rest(self, side: str, price: str) -> None:
        """Leave a limit order for one contract in the book."""
        form = {"symbol": XBT, "orderType": "lmt", "side": side, "size": "1", "limitPrice": price}
        assert "placed" in str(self.service.request("sendorder", form))

    def held(self) -> Decimal:
        """Return what the exchange itself knows to be held."""
        return self.service.engine.core.state.account.size_of(XBT)

    def step(self) -> None:
        """Let the exchange hear of its market."""
        requests.get(self.admin("state"), headers=self.token, timeout=5).raise_for_status()

    def level(self, side: str, price: float, size: float) -> None:
        """Tell the market a level, and let the exchange hear of it."""
        word = "buy" if side == "buy" else "sell"
        self.market.tell(BookDelta(self.clock.now(), XBT, word, price, size))
        self.step()

    def trade(self, side: str, price: float, size: float) -> None:
        """Let others trade."""
        word = "buy" if side == "buy" else "sell"
        self.market.tell(MarketTrade(self.clock.now(), XBT, word, price, size, "fill"))
        self.step()

    def mark(self, price: float) -> None:
        """Tell the market's mark and index."""
        self.market.tell(Reference(self.clock.now(), XBT, price, price, 0.01, 0.01, 1000.0))
        self.step()


@contextmanager
def faulty_exchange() -> Iterator[Faulty]:
    """Serve until the block is left; nothing is wrong at first."""
    clock, journal, market = VirtualClock(START), FakeJournal(), ToldMarket()
    service = a_service(market, clock=clock, journal=journal, publisher=Loudspeaker())
    with served(service) as endpoint:
        exchange = KrakenExchange(
            url=endpoint.url,
            api_key=endpoint.api_key,
            api_secret=endpoint.api_secret,
            clock=clock,
            deadline_s=DEADLINE_S,
        )
        try:
            yield Faulty(clock, market, service, journal, endpoint, exchange)
        finally:
            exchange.close()
