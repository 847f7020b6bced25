"""What a market says of its own standing is how the exchange treats its orders."""

from decimal import Decimal

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import Condition
from src.exchange.simulator.fault_plan import MarketFault
from src.exchange.simulator.state import ExchangeState
from src.simulation.clock import VirtualClock
from tests.direct_fakes import a_service
from tests.kraken_fakes import ToldVenue
from tests.paper_exchange_fakes import SPECS, START, XBT, FakeJournal, spec, trading


def halt(*, suspended: bool = False, post_only: bool = False) -> Condition:
    return Condition(START, XBT, suspended=suspended, post_only=post_only)


def test_a_suspended_market_refuses_and_fills_nothing() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "1", limitPrice="100")
    exchange.tell(halt(suspended=True))
    exchange.trade("sell", 90.0, 50.0)
    exchange.book(asks=((95.0, 5.0),), bids=((94.0, 5.0),))
    assert exchange.send("mkt", "buy", "1")["status"] == "marketSuspended"
    assert exchange.fills() == []
    exchange.tell(halt())
    exchange.book(asks=((95.0, 5.0),), bids=((94.0, 5.0),))
    assert exchange.fills() == [("maker", Decimal(100), Decimal(1))]


def test_a_post_only_market_takes_no_takers() -> None:
    exchange = trading()
    exchange.tell(halt(post_only=True))
    assert exchange.send("mkt", "buy", "1")["status"] == "marketIsPostOnly"
    assert exchange.send("post", "buy", "1", limitPrice="100")["status"] == "placed"


def test_orders_rest_over_an_outage_and_what_the_new_book_crosses_is_filled_at_its_own_price() -> None:
    venue = ToldVenue()
    venue.everything()
    service = a_service(venue.market, clock=venue.clock, footprint=False)
    form = {"symbol": XBT, "orderType": "lmt", "side": "buy", "size": "1", "limitPrice": "100"}
    assert "placed" in str(service.request("sendorder", form))
    venue.closed()
    assert "marketSuspended" in str(service.request("sendorder", form))
    assert service.request("ticker", {"symbol": XBT})["ticker"]["suspended"] is True  # type: ignore[index] # JSON
    venue.opened()
    venue.book(bids=((89.0, 1.0),), asks=((90.0, 0.25), (101.0, 1.0)))
    service.step()
    assert not service.engine.core.state.fills
    venue.ticker(90.0)
    service.step()
    (fill,) = service.engine.core.state.fills
    assert (fill.price, fill.size, fill.fill_type) == (Decimal(100), Decimal("0.25"), "maker")


def test_a_fault_on_demand_does_not_open_what_the_market_has_closed() -> None:
    venue = ToldVenue()
    venue.everything()
    service = a_service(venue.market, clock=venue.clock, footprint=False)
    contract = service.engine.core.contracts[XBT]
    service.disturb({XBT: MarketFault(suspended=True)})
    venue.closed()
    service.step()
    service.disturb({})
    assert contract.suspended
    service.disturb({XBT: MarketFault(suspended=True)})
    venue.everything()
    service.step()
    assert contract.suspended
    service.disturb({})
    assert not contract.suspended


def test_an_order_that_does_not_fit_changed_terms_is_cancelled_at_the_start() -> None:
    state = ExchangeState(memory_s=5.0)
    journal = FakeJournal()

    def start(tick: str) -> Engine:
        engine = Engine(
            (spec(XBT, tick=tick), SPECS[1]),
            state=state,
            journal=journal,
            seed="7",
            taken=lambda *_, **__: None,
        )
        engine.open(VirtualClock(START).now(), balance_usd=Decimal(10_000))
        return engine

    engine = start("1")
    for price in ("98", "95"):
        form = {"symbol": XBT, "orderType": "lmt", "side": "buy", "size": "1", "limitPrice": price}
        assert "placed" in str(engine.request(START, "sendorder", form))
    start("5")
    assert [order.terms.limit_price for order in state.open.values()] == [Decimal(95)]
    assert [order.reason for order in state.ended.values()] == ["cancelled_by_admin"]
    assert journal.entries[-1].cause == "open"
