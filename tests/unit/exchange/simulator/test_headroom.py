"""The quick look at an account never overlooks what the exact one sees."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.simulator.headroom import Headroom
from src.exchange.simulator.liquidation import Liquidation
from src.exchange.simulator.margin import Margins
from tests.paper_exchange_fakes import ETH, XBT, Exchange, trading

MOVES = st.lists(
    st.tuples(
        st.sampled_from([XBT, ETH]),
        st.floats(-0.2, 0.2),
        st.sampled_from([None, 0.0, 0.03, -2.5]),
        st.sampled_from([0.0, 1.0, 700.0, 4000.0]),
    ),
    max_size=25,
)

Move = tuple[float, float, float]
"""A mark, a rate of funding and the seconds before."""


def with_positions(*, balance: str, sizes: tuple[str, str]) -> Exchange:
    """Return an exchange with a position in both contracts, where the collateral allows it."""
    paper = Exchange(balance=balance)
    for symbol, mid, size in ((XBT, 100.0, sizes[0]), (ETH, 10.0, sizes[1])):
        paper.book(symbol=symbol, bids=((mid - 1, 9999.0),), asks=((mid + 1, 9999.0),))
        paper.mark(mid, symbol=symbol)
        side = "sell" if size.startswith("-") else "buy"
        form = {"symbol": symbol, "orderType": "mkt", "side": side, "size": size.removeprefix("-")}
        paper.engine.request(paper.now, "sendorder", form)
    return paper


def small_steps(*, a_step: float, rates: tuple[float, float], seconds: float) -> list[Move]:
    """Return 300 moves of the mark; the rate changes after the first forty."""
    return [
        (100.0 + a_step * number, rates[0] if number < 40 else rates[1], seconds) for number in range(300)
    ]


@pytest.mark.parametrize(
    ("size", "moves"),
    [
        ("10", small_steps(a_step=-0.25, rates=(0.0, 0.0), seconds=1.0)),
        ("-10", small_steps(a_step=0.25, rates=(0.0, 0.0), seconds=1.0)),
        ("10", small_steps(a_step=0.0, rates=(40.0, 40.0), seconds=30.0)),
        ("10", small_steps(a_step=0.0, rates=(0.0, 40.0), seconds=30.0)),
        ("-10", small_steps(a_step=0.01, rates=(0.0, -40.0), seconds=30.0)),
    ],
)
def test_a_liquidation_comes_at_the_mark_at_which_the_exact_account_fails(
    size: str, moves: list[Move]
) -> None:
    quick, exact = (with_positions(balance="150", sizes=(size, "1")) for _ in range(2))
    exact.engine._liquidation._headroom.lasts = lambda _: False  # type: ignore[assignment, method-assign] # always look
    for paper in (quick, exact):
        for mark, rate, seconds in moves:
            paper.now += seconds
            paper.mark(mark, rate=rate)
    assert quick.journal.entries == exact.journal.entries
    assert any(fill_type.endswith("iquidation") for fill_type, _, _ in quick.fills())


def test_a_margin_that_grows_with_the_mark_is_counted() -> None:
    paper = with_positions(balance="10000000", sizes=("-90", "1"))
    headroom = paper.engine._liquidation._headroom
    for mark in (20_000.0, 30_000.0):  # at the strictest tier
        paper.mark(mark)
    exact = paper.engine.core.margins()
    assert headroom._usd == pytest.approx(float(exact.equity - exact.maintenance), rel=1e-4)
    assert headroom._usd <= float(exact.equity - exact.maintenance)


@settings(deadline=None)
@given(
    moves=MOVES,
    balance=st.sampled_from(["1000", "100000"]),
    sizes=st.sampled_from([("10", "100"), ("-20", "50"), ("1", "-1"), ("30", "99")]),
)
def test_it_is_never_more_than_what_there_is(
    moves: list[tuple[str, float, float | None, float]], balance: str, sizes: tuple[str, str]
) -> None:
    paper = with_positions(balance=balance, sizes=sizes)
    core, headroom = paper.engine.core, paper.engine._liquidation._headroom
    marks = {XBT: 100.0, ETH: 10.0}
    for symbol, move, rate, seconds in moves:
        marks[symbol] = round(marks[symbol] * (1 + move), 1)
        paper.now += seconds
        paper.mark(marks[symbol], symbol=symbol, rate=rate)
        if headroom._stands == headroom._now_stands():
            accrued = headroom._funding_usd_a_second * (core.now - headroom._since)
            exact = core.margins()
            assert headroom._usd - accrued <= float(exact.equity - exact.maintenance)


def test_a_calm_account_is_looked_at_exactly_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = with_positions(balance="10000", sizes=("10", "-50"))
    looks = []
    whole = paper.engine.core.margins

    def counted() -> Margins:
        looks.append(1)
        return whole()

    monkeypatch.setattr(paper.engine.core, "margins", counted)
    for step in range(100):
        paper.now += 0.5
        paper.mark(100.0 + step % 7 / 10)
        paper.mark(10.0 - step % 5 / 10, symbol=ETH)
    assert len(looks) == 1


def test_nothing_lasts_before_the_first_exact_account_or_after_a_trade() -> None:
    paper = trading()
    contract = paper.engine.core.contracts[XBT]
    headroom = Headroom(paper.engine.core)
    paper.send("mkt", "buy", "1")
    assert not headroom.lasts(contract)
    headroom.measure(paper.engine.core.margins())
    assert headroom.lasts(contract)
    paper.send("mkt", "buy", "1")
    assert not headroom.lasts(contract)


def test_without_a_position_there_is_nothing_to_liquidate() -> None:
    paper = trading()
    liquidation = Liquidation(paper.engine.core, paper.engine._execution)
    assert not liquidation.check(paper.engine.core.contracts[XBT])
    assert paper.size() == Decimal(0)
