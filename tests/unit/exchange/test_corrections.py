"""What makes the ledger's position the venue's where no execution explains it."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.base import ExchangePosition
from src.exchange.corrections import corrections
from src.ledger.book import Ledger
from src.records.enums import Side
from src.records.ledger import FillBooked

SYMBOL = "PF_XBTUSD"
QUANTITIES = st.integers(-20, 20).map(Decimal)
PRICES = st.integers(50, 200).map(Decimal)


def booked(ledger: Ledger, *, fill_id: str, side: Side, size: Decimal, price: Decimal, ts: float) -> None:
    ledger.book(
        FillBooked(
            ts=ts,
            fill_id=fill_id,
            order_id=fill_id,
            cli_ord_id=None,
            position_id=None,
            signal_id=None,
            symbol=SYMBOL,
            strategy=None,
            side=side,
            size=size,
            price=price,
            fee_usd=Decimal(0),
            fill_type="reconciled",
        )
    )


@settings(max_examples=100, deadline=None)
@given(QUANTITIES, PRICES, QUANTITIES, PRICES)
def test_afterwards_quantity_is_the_venues_and_nothing_was_gained(
    old: Decimal, entry: Decimal, new: Decimal, average: Decimal
) -> None:
    ledger = Ledger()
    if old:
        side = Side.BUY if old > 0 else Side.SELL
        booked(ledger, fill_id="first", side=side, size=abs(old), price=entry, ts=1.0)
    there = ExchangePosition(SYMBOL, new, average) if new else None
    known = ledger.positions.get(SYMBOL)
    fills = corrections(SYMBOL, known, there, after=ledger.last_fill_ts, ts=2.0)
    assert fills == corrections(SYMBOL, known, there, after=ledger.last_fill_ts, ts=2.0)
    assert len({fill.fill_id for fill in fills}) == len(fills)
    for fill in fills:
        booked(ledger, fill_id=fill.fill_id, side=fill.side, size=fill.size, price=fill.price, ts=fill.ts)
    assert ledger.quantity(SYMBOL) == new
    assert ledger.realised == 0
    if new and old * new <= 0:
        assert ledger.positions[SYMBOL].entry_price == average


def test_nothing_is_corrected_where_both_agree() -> None:
    assert corrections(SYMBOL, None, None, after=None, ts=1.0) == []
