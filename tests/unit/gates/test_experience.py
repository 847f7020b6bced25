"""What entries really cost, from decisions and the ledger."""

from decimal import Decimal

import pytest

from src.gates.experience import ENOUGH, NEWEST, Experience
from src.records.enums import Side, Strategy
from src.records.ledger import FillBooked, FillSettled
from tests.gate_fakes import SYMBOL


def fill(number: int, *, price: str = "2002", side: Side = Side.BUY, **changes: object) -> FillBooked:
    made = FillBooked(
        ts=float(number),
        fill_id=f"f{number}",
        order_id="o",
        cli_ord_id="tb",
        position_id=f"s{number}",
        signal_id=f"s{number}",
        symbol=SYMBOL,
        strategy=Strategy.OFI,
        side=side,
        size=Decimal(2),
        price=Decimal(price),
        fee_usd=Decimal(price) * 2 * Decimal("0.0006"),
        fill_type="taker",
        reason="signal",
    )
    return FillBooked(**{**{f: getattr(made, f) for f in made.__struct_fields__}, **changes})


def lived(count: int, **changes: object) -> Experience:
    experience = Experience()
    for number in range(count):
        experience.decided(f"s{number}", 2000.0)
        experience.take(fill(number, **changes))  # type: ignore[arg-type] # a test names what it changes
    return experience


def test_costs_are_the_mean_of_the_newest_entries() -> None:
    measured = lived(NEWEST + 5).costs((SYMBOL,))[SYMBOL]
    assert measured.fills == NEWEST
    assert measured.taker_fee_bps == pytest.approx(6.0)
    assert measured.slippage_bps == pytest.approx(10.0)


def test_a_sale_below_the_mid_slipped_too() -> None:
    assert lived(ENOUGH, side=Side.SELL, price="1998").costs((SYMBOL,))[SYMBOL].slippage_bps == pytest.approx(
        10.0
    )


def test_few_entries_are_measured_together_and_too_few_not_at_all() -> None:
    assert lived(ENOUGH - 1).costs((SYMBOL,)) == {}
    assert lived(ENOUGH).costs(("PF_SOLUSD",))["PF_SOLUSD"].fills == ENOUGH


def test_exits_and_trades_of_others_say_nothing() -> None:
    assert lived(ENOUGH, reason="target").costs((SYMBOL,)) == {}
    assert lived(ENOUGH, signal_id=None).costs((SYMBOL,)) == {}


def test_an_estimated_fee_counts_once_it_is_known() -> None:
    experience = lived(ENOUGH, fee_estimated=True)
    assert experience.costs((SYMBOL,)) == {}
    for number in range(ENOUGH):
        settled = FillSettled(
            ts=1.0, fill_id=f"f{number}", symbol=SYMBOL, fee_usd=Decimal("2.002"), rounding_usd=Decimal(0)
        )
        experience.take(settled)
    assert experience.costs((SYMBOL,))[SYMBOL].taker_fee_bps == pytest.approx(5.0)
