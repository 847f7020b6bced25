from decimal import Decimal
from pathlib import Path

import pytest

from src.exchange.simulator import journal as journal_module
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.errors import JournalGap
from src.exchange.simulator.journal import Books
from src.records.exchange_journal import ExchangeSnapshot
from src.store.errors import CorruptLine, StoreError
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.paper_exchange_fakes import SPECS, START, XBT, Exchange, ScriptedMarket


class Kept(Exchange):
    """An exchange whose journal is on disk."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.books = Books(folder, files=disk_files(Home(folder)), memory_s=5.0)
        self.state = self.books.state
        self.engine = Engine(
            SPECS,
            state=self.state,
            journal=self.books,
            seed="7",
            taken=ScriptedMarket().taken,
        )
        self.engine.open(self.now, balance_usd=Decimal(10_000))
        self.book()
        self.mark(100.0, rate=0.36)

    def trade_around(self) -> None:
        self.send("mkt", "buy", "2", cliOrdId="in")
        self.send("stp", "sell", "2", stopPrice="90", triggerSignal="mark", reduceOnly="true")
        self.send("lmt", "sell", "1", limitPrice="105", reduceOnly="true")
        self.send("lmt", "buy", "1", limitPrice="95", cliOrdId="rest")
        self.now += 60
        self.send("mkt", "sell", "0.5")
        self.ask("setleverage", symbol=XBT, maxLeverage="5")
        self.ask("cancelorder", cliOrdId="rest")
        self.engine.advance((self.now // 3600 + 1) * 3600)


def reopened(folder: Path) -> ExchangeSnapshot:
    books = Books(folder, files=disk_files(Home(folder)), memory_s=5.0)
    snapshot = books.state.snapshot(0.0)
    books.close()
    return snapshot


def test_a_restart_rebuilds_everything(tmp_path: Path) -> None:
    exchange = Kept(tmp_path)
    exchange.trade_around()
    before = exchange.state.snapshot(0.0)
    exchange.books.close()
    assert reopened(tmp_path) == before


def test_a_clean_end_leaves_a_snapshot_that_says_the_same(tmp_path: Path) -> None:
    exchange = Kept(tmp_path)
    exchange.trade_around()
    before = exchange.state.snapshot(0.0)
    exchange.books.snapshot(START)
    exchange.books.close()
    (tmp_path / "journal.jsonl").unlink()
    assert reopened(tmp_path) == before


def test_a_snapshot_bounds_what_is_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SNAPSHOT_EVERY", 3)
    exchange = Kept(tmp_path)
    exchange.trade_around()
    exchange.books.snapshot_if_due(START)
    exchange.send("mkt", "buy", "0.1")
    before = exchange.state.snapshot(0.0)
    exchange.books.close()
    assert reopened(tmp_path) == before


def test_cut_at_any_byte_of_its_last_lines_the_journal_holds_whole_requests(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    exchange = Kept(whole)
    known = [exchange.state.snapshot(0.0)]
    for form in (("mkt", "buy", "2"), ("mkt", "sell", "1"), ("mkt", "buy", "7")):
        exchange.send(*form)
        known.append(exchange.state.snapshot(0.0))
    exchange.books.close()
    content = (whole / "journal.jsonl").read_bytes()
    last_lines = sum(len(line) for line in content.splitlines(keepends=True)[-2:])
    for end in range(len(content) - last_lines, len(content) + 1):
        cut = tmp_path / "cut"
        cut.mkdir(exist_ok=True)
        (cut / "journal.jsonl").write_bytes(content[:end])
        lost = content.count(b"\n") - content[:end].count(b"\n")
        assert reopened(cut) == known[-1 - lost]


def test_a_lost_entry_stops_the_start(tmp_path: Path) -> None:
    exchange = Kept(tmp_path)
    exchange.trade_around()
    exchange.books.close()
    path = tmp_path / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))
    with pytest.raises((JournalGap, StoreError)):
        reopened(tmp_path)


def test_damage_in_the_middle_stops_the_start(tmp_path: Path) -> None:
    exchange = Kept(tmp_path)
    exchange.trade_around()
    exchange.books.close()
    path = tmp_path / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"price", b"prize")
    path.write_bytes(b"".join(lines))
    with pytest.raises((CorruptLine, StoreError)):
        reopened(tmp_path)


def test_nothing_is_answered_that_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Kept(tmp_path)

    def full(_entry: object) -> int:
        raise StoreError("no space left")

    monkeypatch.setattr(exchange.books, "append", full)
    with pytest.raises(StoreError):
        exchange.send("mkt", "buy", "1")
    exchange.books.close()


def test_a_restart_does_not_open_the_account_again(tmp_path: Path) -> None:
    exchange = Kept(tmp_path)
    exchange.trade_around()
    balance = exchange.state.account.balance_usd
    exchange.books.close()
    again = Kept(tmp_path)
    assert again.state.account.balance_usd == balance
    again.books.close()


def test_ids_go_on_and_never_repeat_after_a_restart(tmp_path: Path) -> None:
    exchange = Kept(tmp_path)
    exchange.trade_around()
    exchange.books.close()
    again = Kept(tmp_path)
    for _ in range(5):
        again.send("mkt", "buy", "0.1")
    fills = [fill.fill_id for fill in again.state.fills]
    assert len(fills) == len(set(fills)) == 7
    again.books.close()
