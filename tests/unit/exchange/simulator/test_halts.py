"""A market that is suspended or post-only executes nothing, whatever is asked and whatever happens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.simulator.errors import BadCall
from tests.paper_exchange_fakes import XBT, Exchange, trading

MOVES = st.lists(
    st.tuples(
        st.sampled_from(
            ["lmt", "post", "ioc", "fok", "mkt", "stp", "edit", "trade", "book", "mark", "cancel_all"]
        ),
        st.sampled_from(["buy", "sell"]),
        st.integers(90, 110),
    ),
    max_size=25,
)


def held(exchange: Exchange) -> None:
    """Leave an exchange with a position, resting orders and stops."""
    exchange.send("mkt", "buy", "2")
    exchange.send("lmt", "buy", "1", limitPrice="98", cliOrdId="rests")
    exchange.send("stp", "sell", "1", stopPrice="95", triggerSignal="mark", reduceOnly="true")
    exchange.send("stp", "sell", "1", stopPrice="96", limitPrice="95", triggerSignal="last")


def move(exchange: Exchange, kind: str, side: str, price: int) -> None:
    match kind:
        case "trade":
            exchange.trade(side, float(price), 3.0)
        case "book":
            exchange.book(bids=((price - 1.0, 5.0),), asks=((price + 1.0, 5.0),))
        case "mark":
            exchange.mark(float(price))
        case "edit":
            exchange.ask("editorder", cliOrdId="rests", limitPrice=str(price))
        case "cancel_all":
            exchange.ask("cancelallorders", symbol="PF_ETHUSD")
        case "stp":
            exchange.send("stp", side, "1", stopPrice=str(price), triggerSignal="mark")
        case _:
            exchange.send(kind, side, "1", limitPrice=str(price))


@settings(max_examples=60, deadline=None)
@given(moves=MOVES, state=st.sampled_from(["suspended", "post_only"]))
def test_nothing_is_executed_while_a_market_is_halted(moves: list[tuple[str, str, int]], state: str) -> None:
    exchange = trading()
    held(exchange)
    before = (exchange.fills(), exchange.size(), exchange.state.account.balance_usd)
    setattr(exchange.engine.core.contracts[XBT], state, True)
    for kind, side, price in moves:
        exchange.now += 1
        move(exchange, kind, side, price)
    assert (exchange.fills(), exchange.size(), exchange.state.account.balance_usd) == before


@pytest.mark.parametrize("state", ["suspended", "post_only"])
def test_what_was_due_in_a_halt_happens_after_it(state: str) -> None:
    exchange = trading()
    held(exchange)
    setattr(exchange.engine.core.contracts[XBT], state, True)
    exchange.mark(94.0)
    assert exchange.size() == 2
    setattr(exchange.engine.core.contracts[XBT], state, False)
    exchange.mark(94.0)
    assert exchange.size() == 1


def test_a_broken_account_is_liquidated_only_when_the_market_trades_again() -> None:
    exchange = trading(balance="12")
    exchange.send("mkt", "buy", "3")
    contract = exchange.engine.core.contracts[XBT]
    contract.post_only = True
    exchange.book(bids=((97.0, 5.0),), asks=((98.0, 5.0),))
    exchange.mark(97.0)
    assert exchange.size() == 3
    contract.post_only = False
    exchange.mark(97.0)
    assert exchange.size() == 0


def test_a_halt_is_no_excuse_for_a_malformed_order() -> None:
    exchange = trading()
    exchange.engine.core.contracts[XBT].suspended = True
    with pytest.raises(BadCall):
        exchange.send("lmt", "buy", "x", limitPrice="99")
