"""Round trips: the parts of a trade's P&L, by hand and for any ledger."""

from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from src.records.enums import OrderPurpose, Side
from src.records.ledger import FillBooked, FillSettled, FundingBooked, LedgerEntry, PositionClosed
from src.report.measured_fills import FillRole
from src.report.prices import Mids
from src.report.trades import RoundTrip, TradeFold, round_trips
from tests.trade_fakes import DECIDED, NAME, SYMBOL, FixedMids, a_fill, an_intent, booked, some_funding

ORDERS = [an_intent(purpose) for purpose in OrderPurpose]
STOPPED = {"cli_ord_id": "stop", "reason": "stop"}


def trip_of(*entries: LedgerEntry, mids: Mids | None = None) -> RoundTrip:
    (trip,) = round_trips(booked(entries), orders=ORDERS, mids=mids or FixedMids())
    return trip


def test_parts_of_a_trade_are_those_worked_out_by_hand() -> None:
    trip = trip_of(a_fill(Side.BUY, "2", "101"), some_funding("0.5"), a_fill(Side.SELL, "2", "109"))
    assert trip.parts == {
        "signal": Decimal(20),  # 2 x (110 - 100)
        "slippage": Decimal(-4),  # 2 x (100 - 101) + 2 x (109 - 110)
        "stop_gap": Decimal(0),
        "unsplit": Decimal(0),
        "fees": Decimal(-2),
        "funding": Decimal("0.5"),
    }
    assert trip.net_usd == Decimal("14.5")
    assert (trip.decided_ts, trip.held_s, trip.exit_reason) == (DECIDED, 600.0, "target")
    assert trip.net_bps == float(Decimal("14.5") / 202 * 10_000)


def test_fills_of_a_fired_stop_are_measured_against_its_price() -> None:
    trip = trip_of(
        a_fill(Side.BUY, "2", "101"),
        a_fill(Side.SELL, "1", "94", **STOPPED),
        a_fill(Side.SELL, "1", "93", cli_ord_id="exit", reason="stop"),
    )
    assert trip.signal_usd == Decimal(-10)  # 2 x (95 - 100)
    assert trip.stop_gap_usd == Decimal(-3)  # (94 - 95) + (93 - 95), the rest at the market included
    assert trip.slippage_usd == Decimal(-2)
    assert trip.stop_price == Decimal(95)
    assert [fill.role for fill in trip.fills] == [FillRole.ENTRY, FillRole.STOP, FillRole.STOP]


def test_missing_price_makes_the_price_move_unsplit_and_no_part_a_guess() -> None:
    trip = trip_of(a_fill(Side.BUY, "2", "101"), a_fill(Side.SELL, "2", "109"), mids=FixedMids(later=None))
    assert trip.signal_usd == 0
    assert trip.slippage_usd == Decimal(-2)  # the entry's, which is known
    assert trip.unsplit_usd == Decimal(18)
    assert trip.fills[-1].slippage_bps is None


def test_short_earns_by_a_falling_price_and_pays_to_sell_low() -> None:
    orders = [an_intent(OrderPurpose.ENTRY, side=Side.SELL), an_intent(OrderPurpose.EXIT, side=Side.BUY)]
    entries = [
        a_fill(Side.SELL, "1", "99", cli_ord_id="entry", ts=DECIDED + 1, reason="signal"),
        a_fill(Side.BUY, "1", "91", cli_ord_id="exit", ts=DECIDED + 601, reason="target"),
    ]
    (trip,) = round_trips(booked(entries), orders=orders, mids=FixedMids(later="90"))
    assert (trip.signal_usd, trip.slippage_usd) == (Decimal(10), Decimal(-2))


def test_fill_that_turns_a_position_round_ends_one_trade_and_opens_another() -> None:
    fold = TradeFold(orders=ORDERS, mids=FixedMids(), revisions={})
    entries = booked([a_fill(Side.BUY, "2", "101"), a_fill(Side.SELL, "3", "109", fee_usd=Decimal(3))])
    (trip,) = (trip for entry in entries if (trip := fold.add(entry)) is not None)
    assert trip.fees_usd == Decimal(3)  # 1 to enter, two thirds of 3 to leave
    (rest,) = fold.open_fills(SYMBOL)
    assert (rest.role, rest.size, rest.fee_usd) == (FillRole.ENTRY, Decimal(1), Decimal(1))


def test_fee_that_was_told_after_the_closing_stands_in_the_trade() -> None:
    trip = trip_of(
        a_fill(Side.BUY, "2", "101"),
        a_fill(Side.SELL, "2", "109", fee_estimated=True),
        FillSettled(
            ts=DECIDED + 605,
            fill_id="sell-2-109",
            symbol=SYMBOL,
            fee_usd=Decimal(4),
            rounding_usd=Decimal(0),
        ),
        some_funding("-0.5", ts=DECIDED + 600.5),
    )
    assert (trip.fees_usd, trip.funding_usd, trip.net_usd) == (Decimal(5), Decimal("-0.5"), Decimal("10.5"))
    assert sum(trip.parts.values(), Decimal(0)) == trip.net_usd


def test_open_position_is_no_round_trip() -> None:
    assert list(round_trips(booked([a_fill(Side.BUY, "2", "101")]), orders=ORDERS, mids=FixedMids())) == []


def test_foreign_fill_is_measured_against_nothing() -> None:
    foreign = {"cli_ord_id": None, "position_id": None, "signal_id": None, "reason": "external"}
    trip = trip_of(a_fill(Side.BUY, "2", "101", **foreign), a_fill(Side.SELL, "2", "109", **foreign))
    assert (trip.decided_ts, trip.signal_usd, trip.unsplit_usd) == (None, Decimal(0), Decimal(16))


amounts = st.decimals(min_value="0.001", max_value="50000", places=4)
sizes = st.decimals(min_value="0.001", max_value="10", places=3)
fills = st.builds(
    lambda side, size, price, fee, order, reason: a_fill(
        side, str(size), str(price), fee_usd=fee, cli_ord_id=order, reason=reason
    ),
    st.sampled_from(Side),
    sizes,
    amounts,
    st.decimals(min_value=-1, max_value=10, places=6),
    st.sampled_from(["entry", "exit", "stop", None]),
    st.sampled_from(["signal", "stop", "target", "external"]),
)
fundings = st.builds(some_funding, st.decimals(min_value=-5, max_value=5, places=8).map(str))


def named(entries: list[FillBooked | FundingBooked]) -> list[LedgerEntry]:
    """Return the entries with names of their own, an hour apart."""
    lines: list[LedgerEntry] = []
    for number, entry in enumerate(entries):
        ts = DECIDED + 3600 * number
        if isinstance(entry, FillBooked):
            one = number % 2
            lines.append(_replaced(entry, ts=ts, fill_id=str(number), symbol=(SYMBOL, "PF_XBTUSD")[one]))
        else:
            lines.append(some_funding(str(entry.amount_usd), ts))
    return lines


def _replaced(fill: FillBooked, **changes: object) -> FillBooked:
    values = {name: getattr(fill, name) for name in fill.__struct_fields__}
    return FillBooked(**{**values, **changes})


@given(
    entries=st.lists(fills | fundings, max_size=40),
    decided=st.none() | amounts.map(str),
    later=st.none() | amounts.map(str),
)
def test_parts_sum_exactly_to_what_the_ledger_booked(
    entries: list[FillBooked | FundingBooked], decided: str | None, later: str | None
) -> None:
    lines = booked(named(entries))
    trips = list(round_trips(lines, orders=ORDERS, mids=FixedMids(decided=decided, later=later)))
    closings = [line for line in lines if isinstance(line, PositionClosed)]
    assert [trip.position_id for trip in trips] == [closing.position_id for closing in closings]
    with localcontext() as context:
        context.prec = 60
        for trip, closing in zip(trips, closings, strict=True):
            assert sum(trip.parts.values(), Decimal(0)) == closing.net_pnl_usd
            assert sum(f.size for f in trip.fills if f.role is FillRole.ENTRY) == closing.size
            assert sum(f.size for f in trip.fills if f.role is not FillRole.ENTRY) == closing.size


@given(entries=st.lists(fills, min_size=1, max_size=20), decided=amounts, later=amounts)
def test_signal_is_the_move_from_decision_to_decision(
    entries: list[FillBooked], decided: Decimal, later: Decimal
) -> None:
    lines = booked(named(list(entries)))
    mids = FixedMids(decided=str(decided), later=str(later))
    for trip in round_trips(lines, orders=ORDERS, mids=mids):
        if trip.unsplit_usd or any(fill.reference is None for fill in trip.fills):
            continue
        move = sum(
            (fill.size * _reference(fill.reference) * (-1 if fill.role is FillRole.ENTRY else 1))
            for fill in trip.fills
        )
        assert abs(trip.signal_usd - trip.direction.sign * move) < Decimal("1e-15")


def _reference(price: Decimal | None) -> Decimal:
    assert price is not None
    return price


def test_name_of_the_trade_is_its_signal() -> None:
    assert trip_of(a_fill(Side.BUY, "2", "101"), a_fill(Side.SELL, "2", "109")).signal_id == NAME
