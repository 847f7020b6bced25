"""What is charged beside what was expected: a fifth and a cent are let pass, and what is not known is not compared."""

from decimal import Decimal

import pytest

from src.exchange.cost_watch import CostWatch
from src.records.enums import Side
from src.records.ledger import FillBooked, FillSettled, FundingBooked
from tests.exchange_fakes import the_settings
from tests.ledger_fakes import Keeper
from tests.paper_exchange_fakes import XBT, trading
from tests.trade_fakes import SYMBOL, a_fill

D = Decimal
FEE = D("0.5")
"""Of ten contracts at 100 USD, by the configured five bps."""


def watched(*fees: str, **changes: object) -> CostWatch:
    watch = CostWatch(the_settings().costs)
    for number, fee in enumerate(fees):
        watch.take(filled(fee, fill_id=str(number), **changes))
    return watch


def filled(fee: str, **changes: object) -> FillBooked:
    return a_fill(Side.BUY, "10", "100", fee_usd=D(fee), **changes)


@pytest.mark.parametrize(
    ("fees", "word"),
    [
        (["0.5"], None),
        (["0.6"], None),
        (["0.61"], "fees_above_configured"),
        (["0.5", "0.5", "1.2"], "fees_above_configured"),
        (["0.2"], "fees_below_configured"),
        (["0.9", *["0.5"] * 20], None),
    ],
)
def test_newest_fees_may_differ_by_a_fifth(fees: list[str], word: str | None) -> None:
    assert [words.partition(":")[0] for words in watched(*fees).warnings()] == ([word] if word else [])


@pytest.mark.parametrize("fill_type", ["liquidation", "reconciled"])
def test_executions_that_the_rates_are_not_about_do_not_count(fill_type: str) -> None:
    assert watched("9", fill_type=fill_type).warnings() == ()


def test_maker_fees_are_compared_with_the_makers_rate() -> None:
    assert watched("0.2", fill_type="maker").warnings() == ()


def test_a_fraction_of_a_cent_is_no_warning() -> None:
    watch = CostWatch(the_settings().costs)
    watch.take(a_fill(Side.BUY, "0.1", "100", fee_usd=D("0.014")))
    assert watch.warnings() == ()


def test_estimate_counts_once_it_is_settled() -> None:
    watch = watched("0.5", fee_estimated=True)
    settled = FillSettled(ts=0.0, fill_id="0", symbol=SYMBOL, fee_usd=3 * FEE, rounding_usd=D(0))
    watch.take(settled)
    assert len(watch.warnings()) == 1
    watch.take(settled)
    assert "over 1," in watch.warnings()[0]


def held(watch: CostWatch, seconds: range, value: str = "1000") -> None:
    """Look at a rate of 1 bp an hour at each of these times."""
    for ts in seconds:
        watch.accrue(SYMBOL, value_usd=D(value), rate=0.0001, ts=float(ts))


def paid(watch: CostWatch, amount: str, ts: float) -> None:
    watch.take(FundingBooked(ts=ts, entry_id=str(ts), symbol=SYMBOL, amount_usd=D(amount)))


@pytest.mark.parametrize(
    ("value", "amount", "word"),
    [
        ("1000", "-0.1", None),
        ("1000", "-0.2", "funding_above_market"),
        ("1000", "0.1", "funding_below_market"),
        ("-1000", "0.1", None),
        ("-1000", "-0.1", "funding_above_market"),
    ],
)
def test_funding_is_compared_with_what_the_rates_came_to(value: str, amount: str, word: str | None) -> None:
    watch = watched()
    held(watch, range(0, 60, 60), "0")
    held(watch, range(60, 3780, 60), value)  # two more looks before the payment is told
    paid(watch, amount, 3600.0)
    assert [words.partition(":")[0] for words in watch.warnings()] == ([word] if word else [])


@pytest.mark.parametrize("looks", [range(0, 3601, 1200), range(0, 1201, 60)])
def test_funding_of_a_gap_or_of_a_short_time_is_not_compared(looks: range) -> None:
    watch = watched()
    held(watch, range(0, 1, 1), "0")
    held(watch, looks)
    paid(watch, "-9", float(looks[-1]))
    assert watch.warnings() == ()


def test_first_payment_of_a_position_that_a_start_finds_is_not_compared_and_the_second_is() -> None:
    watch = watched()
    held(watch, range(1800, 7201, 60))
    paid(watch, "-0.2", 3600.0)
    assert watch.warnings() == ()
    paid(watch, "-0.2", 7200.0)
    assert watch.warnings() == ("funding_above_market: 0.2000 USD over 1, expected 0.1000",)


@pytest.mark.parametrize(("told", "words"), [(0.004, 0), (0.002, 1)])
def test_view_warns_of_funding_that_the_exchange_charges_otherwise_than_its_rate(
    told: float, words: int
) -> None:
    keeper = Keeper(trading())
    keeper.paper.mark(100.0, rate=0.4)
    keeper.sync()
    keeper.observe()
    keeper.tracker.accrue(XBT, told, keeper.paper.now)
    keeper.paper.send("mkt", "buy", "1")
    keeper.sync()
    for _ in range(75):
        keeper.paper.now += 60
        keeper.paper.mark(100.0, rate=0.4)
        keeper.tracker.accrue(XBT, told, keeper.paper.now)
    keeper.wait()
    assert len(keeper.publish().warnings) == words
