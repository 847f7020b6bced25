"""The keeper of the ledger beside a venue that tells late, twice, wrongly or not at all."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from src.exchange.base import AccountLogEntry
from src.exchange.kraken_answers import log_entry
from src.records.enums import CashKind
from src.records.ledger import (
    CashBooked,
    FillBooked,
    FillSettled,
    FundingBooked,
    LedgerEntry,
    LedgerOpened,
    PositionClosed,
)
from src.store.errors import CorruptDocument
from tests.ledger_fakes import Keeper, Page
from tests.paper_exchange_fakes import XBT, trading

D = Decimal


@pytest.fixture
def keeper() -> Keeper:
    kept = Keeper(trading())
    kept.sync()
    kept.paper.now += 1
    return kept


def of(keeper: Keeper, kind: type[LedgerEntry]) -> list[LedgerEntry]:
    return [entry for entry in keeper.lines.entries if isinstance(entry, kind)]


def rows(keeper: Keeper) -> list[AccountLogEntry]:
    return list(keeper.venue.account_log(0.0))


def transfer(keeper: Keeper, amount: str, *, out: bool = True) -> None:
    there, back = ("flex", "cash") if out else ("cash", "flex")
    keeper.paper.ask("transfer", amount=amount, unit="usd", fromAccount=there, toAccount=back)


def test_opening_knows_which_rows_and_executions_are_in_the_balance() -> None:
    paper = trading()
    paper.send("mkt", "buy", "1")
    kept = Keeper(paper)
    kept.sync()
    (opened,) = kept.lines.entries
    assert isinstance(opened, LedgerOpened)
    assert (opened.balance_usd, opened.log_id) == (paper.state.account.balance_usd, "2")
    paper.send("mkt", "sell", "1")  # at the very same moment
    kept.sync()
    (sold,) = of(kept, FillBooked)
    assert isinstance(sold, FillBooked)
    assert sold.side.value == "sell"
    assert sold.fill_id not in opened.log_fills


def test_opening_waits_for_a_log_that_lags_and_then_does_without() -> None:
    paper = trading()
    kept = Keeper(paper)
    paper.now += 20
    paper.send("mkt", "buy", "1")
    kept.lag(15.0)
    kept.sync()
    assert kept.lines.entries == []
    paper.now += 31
    kept.lag(45.0)
    kept.sync()
    (opened,) = of(kept, LedgerOpened)
    assert isinstance(opened, LedgerOpened)
    assert (opened.log_id, opened.since_ts) == (None, paper.now)


def test_fee_and_rest_of_a_fill_are_the_rows(keeper: Keeper) -> None:
    keeper.venue.changed_rows["2"] = lambda row: replace(
        row, fee=D("0.04"), new_balance=row.old_balance - D("0.0401")
    )
    keeper.paper.send("mkt", "buy", "1")
    keeper.sync()
    (booked,) = of(keeper, FillBooked)
    assert isinstance(booked, FillBooked)
    assert (booked.fee_usd, booked.rounding_usd, booked.fee_estimated) == (D("0.04"), D("-0.0001"), False)
    assert keeper.ledger.cash == D("9999.9599")
    assert keeper.complaints() == []


def test_gain_that_is_not_the_ledgers_is_booked_as_told_and_an_alarm(keeper: Keeper) -> None:
    keeper.paper.send("mkt", "buy", "1")
    keeper.sync()
    keeper.venue.changed_rows["4"] = lambda row: replace(row, new_balance=row.new_balance - 3)
    keeper.paper.send("mkt", "sell", "1")
    keeper.sync()
    assert keeper.complaints() == [f"gain_mismatch:{XBT}"]
    assert keeper.ledger.cash == keeper.paper.state.account.balance_usd - 3


def test_fee_is_an_estimate_until_the_log_shows_it(keeper: Keeper) -> None:
    keeper.venue.log_answers = False
    keeper.paper.engine.core.rules.fee_factor = D(2)
    keeper.paper.send("mkt", "buy", "1")
    keeper.paper.send("mkt", "sell", "1")
    keeper.sync()
    assert all(isinstance(e, FillBooked) and e.fee_estimated for e in of(keeper, FillBooked))
    keeper.restart()
    keeper.venue.log_answers = True
    keeper.wait()
    assert len(of(keeper, FillSettled)) == 2
    assert keeper.ledger.cash == keeper.paper.state.account.balance_usd
    assert keeper.ledger.closed[-1].fees_usd == keeper.ledger.fees == D("0.2")


def test_transfers_are_capital_and_move_no_result(keeper: Keeper) -> None:
    transfer(keeper, "2500")
    keeper.wait()
    transfer(keeper, "400", out=False)
    keeper.wait()
    view = keeper.publish()
    assert [e.amount for e in of(keeper, CashBooked) if isinstance(e, CashBooked)] == [-2500, 400]
    assert view.booked is not None
    assert view.risk is not None
    assert (view.cash_usd, view.booked.capital_usd) == (7900, 7900)
    assert (view.risk.drawdown_usd, view.risk.daily_usd, view.risk.drawdown_share) == (0, 0, 0)


def test_word_that_nobody_knows_is_booked_and_an_alarm(keeper: Keeper) -> None:
    transfer(keeper, "5")
    keeper.venue.changed_rows["2"] = lambda row: replace(row, kind="staking reward")
    keeper.wait()
    keeper.wait()
    (booked,) = of(keeper, CashBooked)
    assert isinstance(booked, CashBooked)
    assert (booked.kind, booked.info, booked.amount) == (CashKind.UNKNOWN, "staking reward", -5)
    assert keeper.complaints() == ["unknown_log_row:staking reward"]


def test_execution_without_a_fill_is_asked_for_and_then_an_alarm(keeper: Keeper) -> None:
    keeper.paper.send("mkt", "buy", "1")
    hidden = keeper.paper.state.fills[-1].fill_id
    keeper.venue.hidden_fills.add(hidden)
    for _ in range(3):
        keeper.wait(30.0)
    assert keeper.complaints() == []
    keeper.wait(31.0)
    assert keeper.complaints() == [f"missing_fill:{XBT}"]
    keeper.paper.send("mkt", "sell", "2")  # a newer one, so that nobody would look so far back
    keeper.wait(200.0)
    keeper.venue.hidden_fills.clear()
    keeper.wait()
    assert keeper.ledger.quantity(XBT) == -1
    assert keeper.ledger.cash == keeper.paper.state.account.balance_usd


def test_execution_whose_fill_is_never_told_is_booked_as_the_log_shows_it(keeper: Keeper) -> None:
    keeper.paper.send("mkt", "buy", "1")
    keeper.venue.hidden_fills.add(keeper.paper.state.fills[-1].fill_id)
    keeper.wait()
    keeper.wait(601.0)
    keeper.venue.hidden_fills.clear()
    keeper.wait()
    (given_up,) = of(keeper, CashBooked)
    assert isinstance(given_up, CashBooked)
    assert (given_up.kind, given_up.amount) == (CashKind.SETTLEMENT, D("-0.0505"))
    assert keeper.ledger.cash == keeper.paper.state.account.balance_usd
    assert keeper.ledger.quantity(XBT) == 0  # for the reconciliation to find
    assert keeper.complaints() == [f"missing_fill:{XBT}"]


def test_row_missing_between_others_is_asked_for_and_then_an_alarm(keeper: Keeper) -> None:
    for amount in ("5", "6", "7"):
        transfer(keeper, amount)
    keeper.venue.hidden_rows.add("3")
    keeper.wait()
    assert keeper.complaints() == []
    keeper.wait()
    keeper.wait()
    assert keeper.complaints() == ["account_log_gap:USD"]
    keeper.venue.hidden_rows.clear()
    keeper.wait()
    assert keeper.ledger.cash == 10_000 - 18
    keeper.alarms.clear()
    keeper.wait()
    assert keeper.alarms == []


def test_balance_that_is_not_the_books_is_an_alarm(keeper: Keeper) -> None:
    keeper.ledger.book(
        CashBooked(ts=1.0, entry_id="x", kind=CashKind.CHARGE, info="planted", amount=D("-0.02"))
    )
    transfer(keeper, "5")
    keeper.wait()
    assert keeper.complaints() == ["balance_mismatch:USD"]


def test_position_opened_by_somebody_else_is_booked_as_external(keeper: Keeper) -> None:
    keeper.paper.send("mkt", "sell", "2")
    keeper.sync()
    position = keeper.ledger.positions[XBT]
    assert position.position_id.startswith("external-")
    assert (position.quantity, position.strategy, keeper.alarms) == (-2, None, [f"external:{XBT}"])


def test_liquidation_closes_the_position_and_says_so() -> None:
    paper = trading(balance="60")
    kept = Keeper(paper)
    kept.sync()
    paper.now += 1
    paper.send("mkt", "buy", "5")
    kept.sync()
    paper.book(bids=((88.0, 50.0),), asks=((90.0, 50.0),))
    paper.mark(89.0)
    kept.wait()
    closings = of(kept, PositionClosed)
    assert closings
    assert all(isinstance(e, PositionClosed) and e.exit_reason == "liquidation" for e in closings)
    assert f"liquidation:{XBT}" in kept.alarms
    assert kept.ledger.cash == paper.state.account.balance_usd


def test_funding_on_the_hour_and_at_a_change_belongs_to_the_position(keeper: Keeper) -> None:
    keeper.paper.mark(100.0, rate=0.5)
    keeper.paper.send("mkt", "buy", "2")
    keeper.wait(3600)
    keeper.paper.send("mkt", "sell", "2")
    keeper.sync()
    total = sum(e.amount_usd for e in of(keeper, FundingBooked) if isinstance(e, FundingBooked))
    (closed,) = of(keeper, PositionClosed)
    assert isinstance(closed, PositionClosed)
    assert len(of(keeper, FundingBooked)) == 2
    assert closed.funding_usd == total == keeper.ledger.funding
    assert total == pytest.approx(Decimal(-1), abs=Decimal("0.001"))


def test_view_tells_exposure_and_how_the_account_did(keeper: Keeper) -> None:
    keeper.paper.send("mkt", "buy", "2")
    keeper.sync()
    high = keeper.publish()
    keeper.paper.book(bids=((89.0, 9.0),), asks=((91.0, 9.0),))
    keeper.paper.mark(90.0)
    low = keeper.publish()
    assert high.risk is not None
    assert low.risk is not None
    assert (low.risk.exposure_usd, low.risk.net_exposure_usd) == (180, 180)
    assert low.risk.leverage == pytest.approx(180 / float(low.equity_usd))
    assert high.equity_usd - low.equity_usd == 20
    assert low.risk.drawdown_usd - high.risk.drawdown_usd == 20
    assert low.risk.daily_usd == low.equity_usd - 10_000


def test_restart_goes_on_from_the_view_or_from_the_ledger_alone(keeper: Keeper) -> None:
    keeper.paper.send("mkt", "buy", "2")
    keeper.sync()
    keeper.paper.mark(120.0)
    peak = keeper.publish().risk
    keeper.paper.mark(100.0)
    keeper.publish()
    keeper.restart()
    again = keeper.publish().risk
    assert peak is not None
    assert again is not None
    assert again.path.peak_usd == peak.path.peak_usd > 0
    keeper.page.document = None
    keeper.restart()
    alone = keeper.publish().risk
    assert alone is not None
    assert alone.path.peak_usd == 0


def test_view_that_cannot_be_read_does_not_stop_the_start(keeper: Keeper) -> None:
    class Torn(Page):
        def read(self) -> None:
            raise CorruptDocument("torn")

    keeper.page = Torn()
    keeper.restart()
    assert keeper.publish().cash_usd == 10_000


def test_rows_of_other_wallets_are_none_of_the_collaterals() -> None:
    row = {
        "id": 7,
        "date": "2026-11-22T05:00:00.000Z",
        "asset": "xbt",
        "info": "transfer",
        "margin_account": "flex",
        "old_balance": 0,
        "new_balance": 0.1,
        "contract": None,
    }
    told = log_entry(row)
    assert told is not None
    assert (told.asset, told.change) == ("BTC", D("0.1"))
    assert log_entry(row | {"margin_account": "cash"}) is None
    assert log_entry(row | {"asset": "pf_xbtusd", "contract": "pf_xbtusd"}) is None


def test_lines_of_before_the_new_fields_are_still_read() -> None:
    line = b'{"type":"opened","ts":1.0,"balance_usd":"100"}'
    opened = msgspec.json.decode(line, type=LedgerEntry)
    assert isinstance(opened, LedgerOpened)
    assert (opened.since_ts, opened.log_fills, opened.holdings) == (1.0, (), {})


def test_currency_that_is_gone_when_a_restart_asks_is_worth_what_was_told_last() -> None:
    kept = Keeper(trading(balance="30", currencies={"EUR": "15"}))
    kept.sync()
    unit = {"unit": "eur", "fromAccount": "flex", "toAccount": "cash"}
    kept.paper.ask("transfer", amount="15", **unit)
    kept.restart()
    kept.sync()
    (moved,) = of(kept, CashBooked)
    assert isinstance(moved, CashBooked)
    assert (moved.amount, moved.value_usd) == (-15, D("-17.25"))  # by the ledger's first line
    assert kept.complaints() == []


def test_view_tells_a_restart_the_newest_price_of_a_currency() -> None:
    kept = Keeper(trading(balance="30", currencies={"EUR": "15"}))
    kept.sync()
    view = kept.publish()
    assert view.booked is not None
    booked = msgspec.structs.replace(view.booked, prices_usd={"EUR": D("1.2")})
    kept.page.document = msgspec.structs.replace(view, booked=booked)
    kept.paper.ask("transfer", amount="15", unit="eur", fromAccount="flex", toAccount="cash")
    kept.restart()
    kept.sync()
    assert kept.ledger.capital_usd == D("47.25") - 18


def test_log_that_shows_less_than_before_is_waited_for() -> None:
    kept = Keeper(trading())
    kept.sync()
    kept.paper.now += 30
    kept.paper.send("mkt", "buy", "1")
    kept.sync()
    kept.paper.now += 5
    kept.paper.send("mkt", "buy", "1")
    kept.sync()
    kept.lag(3.0)
    kept.sync()
    kept.restart()
    kept.sync()
    assert kept.complaints() == []
