"""The auditor's arithmetic and the ledger's share nothing, and agree."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from src.audit.ledger import EXACT
from src.audit.money import Held, Money
from src.ledger.book import Ledger
from src.records.enums import Side
from src.records.ledger import (
    FillBooked,
    FillSettled,
    FundingBooked,
    LedgerEntry,
    LedgerOpened,
    PositionClosed,
)
from tests.cli_fakes import a

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
NO_MONEY = Decimal(0)

amounts = st.integers(1, 500).map(lambda cents: Decimal(cents) / 100)


@st.composite
def entries(draw: st.DrawFn) -> list[LedgerEntry]:
    made: list[LedgerEntry] = [LedgerOpened(ts=0.0, balance_usd=Decimal(10_000))]
    for number in range(1, draw(st.integers(1, 40))):
        symbol, ts = draw(st.sampled_from(SYMBOLS)), float(number)
        if draw(st.integers(0, 4)) == 0:
            amount = draw(amounts) - Decimal("2.5")
            made.append(FundingBooked(ts=ts, entry_id=str(number), symbol=symbol, amount_usd=amount))
            continue
        estimated = draw(st.booleans())
        made.append(
            a(
                FillBooked,
                ts=ts,
                fill_id=f"f{number}",
                symbol=symbol,
                side=draw(st.sampled_from(list(Side))),
                size=draw(amounts),
                price=draw(amounts) + 100,
                fee_usd=draw(amounts),
                fee_estimated=estimated,
                rounding_usd=NO_MONEY,
                position_id=f"p{number}",
            )
        )
        if estimated and draw(st.booleans()):
            fee = draw(amounts)
            made.append(
                FillSettled(ts=ts, fill_id=f"f{number}", symbol=symbol, fee_usd=fee, rounding_usd=NO_MONEY)
            )
    return made


def counted(lines: list[LedgerEntry]) -> tuple[Money, list[Held]]:
    ended: list[Held] = []
    money = Money(on_end=ended.append)
    for line in lines:
        if isinstance(line, LedgerOpened):
            money.open(line)
        elif isinstance(line, FillBooked):
            money.fill(line)
        elif isinstance(line, FillSettled):
            assert money.settle(line)
        elif isinstance(line, FundingBooked):
            money.fund(line)
    return money, ended


@settings(max_examples=40)
@given(entries())
def test_the_ledger_and_the_auditor_agree_on_every_sum(lines: list[LedgerEntry]) -> None:
    ledger, closings = Ledger(), []
    for line in lines:
        ledger.book(line)
        while ledger.unwritten:
            due = ledger.unwritten[0]
            closings += [due] if isinstance(due, PositionClosed) else []
            ledger.book(due)
    money, ended = counted(lines)
    assert abs(money.realised - ledger.realised) < EXACT
    assert abs(money.cash - ledger.cash) < EXACT
    assert {s: held.quantity for s, held in money.positions.items()} == {
        s: held.quantity for s, held in ledger.positions.items()
    }
    assert len(ended) == len(closings)
    for held, closing in zip(ended, closings, strict=True):
        assert held.position_id == closing.position_id
        assert abs(held.gross - closing.gross_pnl_usd) < EXACT


@settings(max_examples=20)
@given(entries())
def test_cash_is_what_came_in_less_what_went_out(lines: list[LedgerEntry]) -> None:
    money, _ = counted(lines)
    invested = sum((held.cost for held in money.positions.values()), NO_MONEY)
    assert abs(money.cash - (10_000 + money.flow + invested - money.fees + money.funding)) < EXACT
