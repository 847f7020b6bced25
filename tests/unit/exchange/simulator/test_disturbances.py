"""Markets disturbed at random: whatever is ordered, nothing is lost or made, and the journal tells all of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.simulator.events import MarketEvent
from src.exchange.simulator.fault_plan import FaultPlan, MarketFault
from src.exchange.simulator.faults import FaultDesk
from src.exchange.simulator.service import Service
from src.exchange.simulator.state import ExchangeState
from src.simulation.clock import VirtualClock
from tests.direct_fakes import Silence
from tests.fault_fakes import ToldMarket
from tests.paper_exchange_fakes import START, XBT, Exchange
from tests.unit.exchange.simulator.test_conservation import check, move, play

faults = st.builds(
    MarketFault,
    suspended=st.booleans(),
    post_only=st.booleans(),
    gap_bps=st.sampled_from([0.0, 0.0, -500.0, 500.0, -3000.0, 3000.0]),
    thin=st.sampled_from([1.0, 1.0, 0.5, 0.01]),
    frozen=st.booleans(),
    stray_print_bps=st.sampled_from([0.0, 0.0, -2000.0, 2000.0]),
)
plans = st.builds(
    FaultPlan,
    markets=st.one_of(st.just({}), st.fixed_dictionaries({XBT: faults})),
    now=st.sampled_from([(), (), (), ("liquidate",), ("cancel_all",)]),
    fee_factor=st.sampled_from([1.0, 2.5]),
)


class Disturbed(Exchange):
    """An exchange whose market can be disturbed."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        super().__init__()
        self.market = ToldMarket()
        service = Service(self.engine, self.market, self.clock, Silence())
        service.begin()
        self.service, self.desk = service, FaultDesk(service)

    @property  # type: ignore[override] # the clock's own time
    def now(self) -> float:
        return self.clock.now()

    @now.setter
    def now(self, ts: float) -> None:
        self.clock.advance_to(ts)

    def tell(self, event: MarketEvent) -> None:
        self.market.tell(event)
        self.service.step()


@settings(deadline=None)
@given(steps=st.lists(st.one_of(move, move, move, plans), min_size=5, max_size=40))
def test_conserved_whatever_is_disturbed(
    steps: list[FaultPlan | tuple[str, str, int, float]],
) -> None:
    exchange = Disturbed()
    for step in steps:
        if isinstance(step, FaultPlan):
            exchange.desk.take(step)
        else:
            play(exchange, *step)
        if not exchange.engine.core.contracts[XBT].halted:
            check(exchange)
    exchange.desk.take(FaultPlan())
    check(exchange)
    again = ExchangeState(memory_s=5.0)
    again.replay(exchange.journal.entries)
    assert again.snapshot(0.0) == exchange.state.snapshot(0.0)


def test_a_jump_stays_where_it_is_while_other_faults_come_and_go() -> None:
    exchange = Disturbed()
    exchange.desk.take(FaultPlan(markets={XBT: MarketFault(gap_bps=-500)}))
    exchange.desk.take(FaultPlan(markets={XBT: MarketFault(gap_bps=-500, thin=0.5)}))
    ticker = exchange.service.request("ticker", {"symbol": XBT})["ticker"]
    assert isinstance(ticker, dict)
    assert (ticker["bid"], ticker["ask"], ticker["bidSize"]) == (94, 96, 2.5)


def test_a_market_in_which_nothing_is_wrong_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = Disturbed()
    monkeypatch.setattr(exchange.market, "begin", lambda _: pytest.fail("it was asked"))
    exchange.desk.take(FaultPlan(rate_limit="text_429"))
