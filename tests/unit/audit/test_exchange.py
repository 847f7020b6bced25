from decimal import Decimal
from pathlib import Path

import pytest

from src.audit import claims
from src.audit.exchange import ExchangeAudit
from src.audit.exchange_books import ExchangeBooks, Execution, Resting, books_of_journal, books_of_venue
from src.audit.findings import Findings
from src.audit.money import Money
from src.audit.orders import TrackedOrder
from src.audit.run import Life
from src.exchange.base import ExchangePosition, Fill
from src.records.enums import OrderPurpose, Side
from src.records.exchange_journal import ExchangeSnapshot, JournalEntry
from src.records.ledger import FillBooked, LedgerOpened
from src.records.orders import OrderIntent, OrderState
from src.store.document import DocumentFile
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.audit_fakes import audited, of_type, records, refuted, rewrite
from tests.cli_fakes import a
from tests.exchange_fakes import World

XBT = "PF_XBTUSD"
ONE = Decimal(1)
HOUR_AGO, JUST_NOW = 6_400.0, 9_990.0
YOUNG_SINCE = 9_970.0


def execution(ts: float, *, fill_id: str = "f1", size: Decimal = ONE) -> Execution:
    return Execution(fill_id, ts, XBT, Side.BUY, size, Decimal(100))


def booked(ts: float, **changes: object) -> FillBooked:
    same: dict[str, object] = {"fill_id": "f1", "symbol": XBT, "side": Side.BUY, "size": ONE}
    rest: dict[str, object] = {"price": Decimal(100), "fee_usd": Decimal(0), "rounding_usd": Decimal(0)}
    return a(FillBooked, ts=ts, fee_estimated=False, **(same | rest | changes))


def money_of(*fills: FillBooked) -> Money:
    money = Money(on_end=lambda _: None)
    money.open(LedgerOpened(ts=0.0, balance_usd=Decimal(1000)))
    for fill in fills:
        money.fill(fill)
    return money


def books_of(*executions: Execution, cash: str = "1000", **more: object) -> ExchangeBooks:
    books = ExchangeBooks(name="the exchange", cash=Decimal(cash))
    for each in executions:
        books.add(each)
        books.positions[XBT] = books.positions.get(XBT, Decimal(0)) + each.side.sign * each.size
    for name, value in more.items():
        setattr(books, name, value)
    return books


def a_stop(ts: float) -> TrackedOrder:
    intent = a(OrderIntent, ts=ts, cli_ord_id="stop", purpose=OrderPurpose.STOP, symbol=XBT)
    return TrackedOrder(intent, 7, OrderState.ACKED, "order", updated_ts=ts)


def judged(
    books: ExchangeBooks,
    *fills: FillBooked,
    orders: dict[str, TrackedOrder] | None = None,
    live: bool = False,
    opened_ts: float = 0.0,
) -> Findings:
    findings = Findings()
    young_since = YOUNG_SINCE if live else float("inf")
    audit = ExchangeAudit(books, file="fills", findings=findings, young_since=young_since)
    for seq, fill in enumerate(fills, start=1):
        audit.take(seq, fill)
    opened = LedgerOpened(ts=opened_ts, balance_usd=Decimal(1000))
    audit.conclude(money_of(*fills), orders or {}, opened=opened, live=live)
    return findings


def test_the_same_on_both_sides_is_proven() -> None:
    findings = judged(books_of(execution(HOUR_AGO)), booked(HOUR_AGO))
    assert not findings.violations
    assert not findings.open
    assert findings.proven[claims.EXCHANGE_FILLS] == 1


@pytest.mark.parametrize("changes", [{"price": Decimal(101)}, {"size": ONE / 2}, {"side": Side.SELL}])
def test_a_fill_that_the_exchange_tells_otherwise_is_caught(changes: dict[str, object]) -> None:
    findings = judged(books_of(execution(HOUR_AGO)), booked(HOUR_AGO, **changes))
    assert findings.refuted[claims.EXCHANGE_FILLS] == 1


def test_an_execution_that_nobody_booked_is_caught_once_it_is_old() -> None:
    old = judged(books_of(execution(HOUR_AGO)), live=True)
    young = judged(books_of(execution(JUST_NOW)), live=True)
    assert old.refuted[claims.EXCHANGE_FILLS] == 1
    assert not young.refuted
    assert young.open[claims.EXCHANGE_FILLS, "executions of the last moments"] == 1


def test_at_rest_nothing_is_too_young() -> None:
    assert judged(books_of(execution(JUST_NOW))).refuted[claims.EXCHANGE_FILLS] == 1


def test_what_happened_before_the_ledger_began_is_not_missed() -> None:
    books = books_of(execution(HOUR_AGO))
    books.positions.clear()
    assert not judged(books, opened_ts=HOUR_AGO + 1).violations


def test_fills_from_before_the_exchange_tells_are_not_decided() -> None:
    books = books_of(positions={XBT: ONE}, complete_since=HOUR_AGO + 1)
    findings = judged(books, booked(HOUR_AGO))
    assert not findings.violations
    assert findings.open[claims.EXCHANGE_FILLS, "the exchange does not go back that far"] == 1


def test_cash_that_differs_is_caught_where_nothing_moves() -> None:
    still = judged(books_of(cash="999"))
    moving = judged(books_of(cash="999"), live=True)
    assert "cash 999" in still.violations[0].expected
    assert not moving.violations


def test_a_position_that_differs_is_caught() -> None:
    assert judged(books_of(positions={"PF_ETHUSD": ONE})).violations[0].ids == ("PF_ETHUSD",)


def test_a_strange_resting_order_is_caught() -> None:
    resting = (Resting("strange", None, XBT, HOUR_AGO),)
    assert "strange" in judged(books_of(resting=resting), live=True).violations[0].ids
    just_placed = (Resting("strange", None, XBT, JUST_NOW),)
    assert not judged(books_of(resting=just_placed), live=True).violations


def test_a_stop_that_rests_no_longer_is_caught_once_that_is_old() -> None:
    orders = {"stop": a_stop(HOUR_AGO)}
    gone = judged(books_of(ended={"order": HOUR_AGO}), orders=orders, live=True)
    going = judged(books_of(ended={"order": JUST_NOW}), orders=orders, live=True)
    rests = judged(books_of(resting=(Resting("order", "stop", XBT),)), orders=orders)
    assert gone.violations[0].found == "it rests no longer"
    assert not going.violations
    assert not rests.violations


# where the exchange's side comes from
def test_a_journal_without_its_beginning_goes_on_from_the_snapshot(lived: Home) -> None:
    journal = lived.paper_exchange / "journal.jsonl"
    snapshot = DocumentFile(lived.paper_exchange / "snapshot.json", ExchangeSnapshot, writer="test").read()
    assert snapshot is not None
    entries = list(enumerate(read_all(journal, JournalEntry), start=1))
    whole = books_of_journal(entries, None, name="whole")
    rest = books_of_journal(entries[5:], snapshot, name="rest")
    alone = books_of_journal([], snapshot, name="alone")
    assert whole is not None
    for books in (rest, alone):
        assert books is not None
        assert (books.positions, books.cash) == (whole.positions, whole.cash)
        assert {each.order_id for each in books.resting} == {each.order_id for each in whole.resting}
        assert books.executions == whole.executions
    assert books_of_journal([], None, name="none") is None


def test_a_venue_that_moves_meanwhile_is_asked_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.wait(2)
    asked: list[int] = []

    class Moving:
        account = world.exchange.account
        open_orders = world.exchange.open_orders

        def positions(self) -> tuple[ExchangePosition, ...]:
            asked.append(1)
            return (ExchangePosition(XBT, Decimal(len(asked)), ONE),)

        def fills(self, since: float) -> tuple[Fill, ...]:
            count = min(len(asked), 2)
            made = (
                Fill(f"f{n}", "o", None, XBT, Side.BUY, ONE, ONE, since + n, "taker") for n in range(count)
            )
            return tuple(made)

    books = books_of_venue(Moving(), since=5.0, name="venue")
    assert books.positions == {XBT: Decimal(3)}
    assert len(books.executions) == 2
    world.stop()


# the desk, over the venue's own answers
def test_what_the_desk_did_agrees_with_the_venue(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.wait(2)
    world.enter()
    world.wait(5)
    assert world.desk.positions()
    world.desk.exit(XBT, reason="time", now=world.paper.now)
    world.wait(5)
    world.enter(now=world.paper.now)
    world.wait(5)
    world.stop()
    life = Life(running=True, now=world.paper.now + 40, speed=1.0)
    findings = audited(world.home, life=life, exchange=world.exchange)
    assert not findings.violations
    assert findings.proven[claims.EXCHANGE_FILLS] >= 3
    assert findings.proven[claims.CLOSING] == 1
    assert findings.open[claims.HAS_DECISION, "the decisions of that time are no longer kept"] == 2
    lost = [entry for entry in records(world.home.fills) if entry["type"] == "fill"][-1]
    rewrite(world.home.fills, lambda fields: None if fields.get("fill_id") == lost["fill_id"] else fields)
    assert claims.EXCHANGE_FILLS in refuted(world.home, life=life, exchange=world.exchange)
    assert not any(of_type("cash")(entry) for entry in records(world.home.fills))
