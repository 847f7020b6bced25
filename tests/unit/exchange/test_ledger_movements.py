"""What moves collateral beside fills, and how the account did without what was put in and taken out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.ledger.accounts import Account
from src.ledger.book import Ledger, rebuilt
from src.ledger.equity_path import EquityPath, restored
from src.ledger.known_ids import KnownIds
from src.ledger.log_words import TRADES, kind_of
from src.records.enums import CashKind, Side
from src.records.ledger import (
    CashBooked,
    ClosingRevised,
    FillBooked,
    FillSettled,
    FundingBooked,
    LedgerEntry,
    LedgerOpened,
    PositionClosed,
)
from tests.unit.exchange.test_ledger import OPENED, fill

D = Decimal
DAY = 86_400.0


def cash(
    number: int,
    amount: str,
    kind: CashKind = CashKind.TRANSFER,
    *,
    ts: float = 1.0,
    asset: str = "USD",
    value: str | None = None,
) -> CashBooked:
    return CashBooked(
        ts=ts,
        entry_id=str(number),
        kind=kind,
        info=kind.value.lower(),
        amount=D(amount),
        asset=asset,
        value_usd=None if value is None else D(value),
    )


def live(*entries: LedgerEntry) -> tuple[Ledger, list[LedgerEntry]]:
    """Return a ledger that was written line by line, and its lines."""
    ledger, lines = Ledger(), []
    for entry in (OPENED, *entries):
        ledger.book(entry)
        lines.append(entry)
        while ledger.unwritten:
            lines.append(ledger.unwritten[0])
            ledger.book(ledger.unwritten[0])
    return ledger, lines


@pytest.mark.parametrize("kind", CashKind)
def test_every_kind_of_row_moves_cash_and_one_reason(kind: CashKind) -> None:
    ledger = rebuilt([OPENED, cash(1, "-12.5", kind), cash(1, "-12.5", kind)])
    assert ledger.cash == D("9987.5")
    assert ledger.accounts.imbalance() == {}
    moved = [account for account in Account if ledger.accounts.total(account) == D("-12.5")]
    assert len(moved) == (kind is not CashKind.TRANSFER)
    assert ledger.capital_usd == (D("9987.5") if kind is CashKind.TRANSFER else 10_000)


def test_words_that_nobody_documented_are_unknown() -> None:
    assert kind_of("staking reward") is CashKind.UNKNOWN
    assert {kind_of(word) for word in TRADES} == {CashKind.SETTLEMENT}
    assert kind_of("cross-exchange transfer") is CashKind.TRANSFER


def test_other_collateral_is_kept_in_its_own_units_and_valued_by_its_price() -> None:
    opened = LedgerOpened(
        ts=0.0, balance_usd=D(1500), holdings={"EUR": D(1000), "BTC": D("0.01")}, holdings_usd=D(1500)
    )
    ledger = rebuilt([opened, cash(1, "-0.01", asset="BTC", value="-500"), cash(2, "25", asset="EUR")])
    assert (ledger.cash, ledger.holdings(), ledger.capital_usd) == (0, {"EUR": D(1025)}, 1000)
    assert ledger.equity({}) is None
    assert ledger.equity({}, {"EUR": D("1.1")}) == D("1127.5")


def test_funding_that_came_late_goes_to_the_position_that_bore_it() -> None:
    funding = FundingBooked(ts=2.0, entry_id="9", symbol="PF_XBTUSD", amount_usd=D("-0.4"))
    ledger, lines = live(
        fill(1, Side.BUY, "1", "100", fee="0.1"),
        fill(2, Side.SELL, "1", "110", fee="0.1"),
        fill(3, Side.BUY, "1", "100"),
        funding,
    )
    revised = lines[-1]
    assert isinstance(revised, ClosingRevised)
    assert (revised.position_id, revised.funding_usd, revised.net_pnl_usd) == ("p1", D("-0.4"), D("9.4"))
    assert ledger.closed[-1].net_pnl_usd == D("9.4")
    assert ledger.positions["PF_XBTUSD"].funding == 0
    assert rebuilt(lines) == ledger


def estimated(entry: FillBooked) -> FillBooked:
    return FillBooked(
        **{name: getattr(entry, name) for name in entry.__struct_fields__} | {"fee_estimated": True}
    )


def settled(entry: FillBooked, fee: str, rounding: str = "0") -> FillSettled:
    return FillSettled(
        ts=entry.ts, fill_id=entry.fill_id, symbol=entry.symbol, fee_usd=D(fee), rounding_usd=D(rounding)
    )


def test_estimated_fee_gives_way_to_the_one_that_was_charged() -> None:
    entry = estimated(fill(1, Side.BUY, "1", "100", fee="0.05"))
    leave = estimated(fill(2, Side.SELL, "1", "110", fee="0.05"))
    ledger, lines = live(entry, settled(entry, "0.02"), leave, settled(leave, "0.09", "-0.00003"))
    assert (ledger.fees, ledger.cash) == (D("0.11"), D("10009.88997"))
    assert ledger.accounts.total(Account.ROUNDING) == D("-0.00003")
    (closed,) = (line for line in lines if isinstance(line, PositionClosed))
    assert closed.fees_usd == D("0.07")
    assert ledger.closed[-1].fees_usd == D("0.11")
    assert not ledger.unsettled
    assert rebuilt(lines) == ledger


@given(st.decimals("0", "5", places=4), st.decimals("0.0001", "9", places=4))
def test_fee_of_a_flip_is_shared_by_both_positions_to_the_last_digit(charged: Decimal, size: Decimal) -> None:
    flip = estimated(fill(2, Side.SELL, size + 1, "110", fee="0.3333"))
    ledger, lines = live(fill(1, Side.BUY, "1", "100"), flip, settled(flip, str(charged)))
    assert ledger.closed[-1].fees_usd + ledger.positions["PF_XBTUSD"].fees == charged == ledger.fees
    assert rebuilt(lines) == ledger


def test_a_fee_is_settled_once() -> None:
    entry = estimated(fill(1, Side.BUY, "1", "100", fee="0.05"))
    ledger, _ = live(entry, settled(entry, "0.02"), settled(entry, "0.02"))
    assert ledger.fees == D("0.02")


FLOWS = st.decimals("-900", "5000", places=2)
RESULTS = st.decimals("-300", "300", places=2)


@given(st.lists(st.tuples(st.booleans(), FLOWS, RESULTS), max_size=20))
def test_deposits_and_withdrawals_never_move_drawdown_or_the_days_result(
    events: list[tuple[bool, Decimal, Decimal]],
) -> None:
    ledger = rebuilt([OPENED])
    for number, (flows, flow, result) in enumerate(events):
        if ledger.cash + min(flow, result) <= 0:
            continue
        path = ledger.path
        before = (path.drawdown_usd, path.drawdown_share, path.daily_usd(1.0), path.daily_share(1.0))
        if flows:
            ledger.book(cash(number, str(flow)))
            after = (path.drawdown_usd, path.drawdown_share, path.daily_usd(1.0), path.daily_share(1.0))
            assert after == before
        else:
            ledger.book(cash(number, str(result), CashKind.SETTLEMENT))
            assert path.daily_usd(1.0) == before[2] + result
    assert ledger.path.result == ledger.cash - ledger.capital_usd
    assert 0 <= ledger.path.drawdown_share < 1


def test_drawdown_is_measured_against_the_equity_that_was_there() -> None:
    path = EquityPath()
    path.note(0.0, D(1000), D(1000))
    path.note(1.0, D(1200), D(1000))
    path.note(2.0, D(2200), D(2000))  # a thousand is put in
    path.note(3.0, D(1980), D(2000))  # a tenth is lost
    assert (path.drawdown_usd, path.drawdown_share) == (220, pytest.approx(0.1))
    assert (path.daily_usd(3.0), path.daily_share(3.0)) == (-20, pytest.approx(1.2 * 0.9 - 1))


def test_day_begins_with_what_the_day_before_has_left() -> None:
    path = EquityPath()
    path.note(0.0, D(1000), D(1000))
    path.note(10.0, D(900), D(1000))
    path.note(DAY + 1, D(855), D(1000))
    assert (path.daily_usd(DAY + 2), path.daily_share(DAY + 2)) == (-45, pytest.approx(-0.05))
    assert path.daily_usd(2 * DAY) == 0
    assert restored(path.view()) == path


def test_lost_account_stays_lost() -> None:
    path = EquityPath()
    path.note(0.0, D(1000), D(1000))
    path.note(1.0, D(-50), D(1000))
    path.note(2.0, D(450), D(1500))
    assert (path.drawdown_share, path.drawdown_usd) == (1.0, 1050)


def test_names_are_known_whatever_their_form() -> None:
    names = ["7f9c1e52-0b1a-4c1f-9d3e-2a6b5c4d3e2f", "f1", "7f9c1e52-0b1a-4c1f-9d3e-2a6b5c4d3e2g", ""]
    known = KnownIds()
    assert [known.add(name) for name in (*names, *names)] == [True] * 4 + [False] * 4
    assert "f2" not in known
    assert len(known) == 4
