from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from src.exchange.simulator import journal as journal_module
from src.exchange.simulator.double_entry import discrepancies
from src.exchange.simulator.errors import JournalGap
from src.exchange.simulator.state import ExchangeState
from src.records.exchange_effects import Effect
from src.records.exchange_journal import ExchangeSnapshot, JournalEntry
from src.store.document import DocumentFile
from src.store.errors import CorruptDocument, CorruptLine, DiskFull, MoneyFileError, StoreError
from src.store.files import Retention
from src.store.jsonl import read_all
from tests.journal_fakes import MEMORY_S, Kept, everything, reopened
from tests.paper_exchange_fakes import START


def entries(folder: Path) -> Iterator[JournalEntry]:
    return read_all(folder / "journal.jsonl", JournalEntry)


def put_snapshot(folder: Path, snapshot: ExchangeSnapshot) -> None:
    DocumentFile(folder / "snapshot.json", ExchangeSnapshot, writer="test").write(snapshot)


def test_a_restart_rebuilds_everything(tmp_path: Path) -> None:
    exchange = everything(tmp_path)
    kinds = {type(effect) for entry in entries(tmp_path) for effect in entry.effects}
    assert kinds == set(get_args(Effect))
    assert reopened(tmp_path) == exchange.state.snapshot(0.0)
    assert discrepancies(exchange.state) == []


def test_a_clean_end_leaves_a_snapshot_that_says_the_same(tmp_path: Path) -> None:
    exchange = Kept(tmp_path)
    exchange.live_through_everything()
    exchange.books.snapshot(START)
    exchange.books.close()
    (tmp_path / "journal.jsonl").unlink()
    assert reopened(tmp_path) == exchange.state.snapshot(0.0)


def test_a_snapshot_after_any_entry_and_the_rest_make_the_same_state(tmp_path: Path) -> None:
    exchange = everything(tmp_path)
    for snapshot in exchange.known.values():
        put_snapshot(tmp_path, snapshot)
        assert reopened(tmp_path) == exchange.state.snapshot(0.0)


def test_a_snapshot_newer_than_the_journal_stands_and_the_journal_goes_on_behind_it(tmp_path: Path) -> None:
    exchange = everything(tmp_path)
    put_snapshot(tmp_path, exchange.state.snapshot(0.0))
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:9]))
    assert reopened(tmp_path) == exchange.state.snapshot(0.0)
    again = Kept(tmp_path)
    again.send("mkt", "buy", "0.1")
    again.books.close()
    assert again.state.number == exchange.state.number + 1
    assert reopened(tmp_path) == again.state.snapshot(0.0)


def test_snapshots_and_rotations_on_the_way_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SNAPSHOT_EVERY", 3)
    monkeypatch.setattr(journal_module, "RETENTION", Retention(segment_bytes=3000, segments=2))
    exchange = Kept(tmp_path)
    for _ in range(12):
        exchange.send("mkt", "buy", "0.1")
        exchange.send("mkt", "sell", "0.1")
        exchange.books.snapshot_if_due(START)
    exchange.books.close()
    assert next(entries(tmp_path)).number > 1
    assert reopened(tmp_path) == exchange.state.snapshot(0.0)
    (tmp_path / "snapshot.json").unlink()
    with pytest.raises(JournalGap, match="entry 1 "):
        reopened(tmp_path)


def ends_within(content: bytes, *, stride: int) -> Iterator[int]:
    """Yield where to cut: around each line's end, and every ``stride`` bytes within the lines."""
    ends = [at + 1 for at, byte in enumerate(content) if byte == 10]
    for start, end in pairwise(ends):
        yield from range(start, end - 1, stride)
        yield from (end - 1, end)


def assert_whole_requests(folder: Path, *, stride: int) -> None:
    exchange = everything(folder)
    content = (folder / "journal.jsonl").read_bytes()
    cut = folder / "cut"
    cut.mkdir()
    for end in ends_within(content, stride=stride):
        (cut / "journal.jsonl").write_bytes(content[:end])
        number = content[:end].count(b"\n") - 1
        assert reopened(cut) == exchange.known[number], end
        assert (cut / "journal.jsonl").read_bytes().startswith(content[: content[:end].rfind(b"\n") + 1])


def test_cut_anywhere_the_journal_holds_whole_requests(tmp_path: Path) -> None:
    assert_whole_requests(tmp_path, stride=97)


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_cut_at_any_byte_the_journal_holds_whole_requests(tmp_path: Path) -> None:
    assert_whole_requests(tmp_path, stride=1)


def test_after_a_cut_and_a_restart_trading_goes_on_and_is_kept(tmp_path: Path) -> None:
    everything(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    again = Kept(tmp_path)
    again.send("mkt", "sell", "0.1")
    again.books.close()
    assert reopened(tmp_path) == again.state.snapshot(0.0)
    retold = ExchangeState(memory_s=MEMORY_S)
    retold.replay(entries(tmp_path))
    assert retold.snapshot(0.0) == again.state.snapshot(0.0)


def test_a_lost_entry_stops_the_start(tmp_path: Path) -> None:
    everything(tmp_path)
    path = tmp_path / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))
    with pytest.raises((JournalGap, StoreError)):
        reopened(tmp_path)


def test_damage_in_the_middle_stops_the_start(tmp_path: Path) -> None:
    everything(tmp_path)
    path = tmp_path / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"price", b"prize")
    path.write_bytes(b"".join(lines))
    with pytest.raises((CorruptLine, StoreError)):
        reopened(tmp_path)


def test_a_damaged_snapshot_stops_the_start_and_lets_go_of_the_journal(tmp_path: Path) -> None:
    everything(tmp_path)
    (tmp_path / "snapshot.json").write_text('{"half":')
    for _ in range(2):
        with pytest.raises(CorruptDocument):
            reopened(tmp_path)


@pytest.mark.parametrize("error", [DiskFull, MoneyFileError])
def test_after_a_lost_entry_nothing_is_written_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[StoreError]
) -> None:
    exchange = Kept(tmp_path)
    exchange.send("mkt", "buy", "1")
    before = exchange.state.snapshot(0.0)

    def full(_entry: object) -> int:
        raise error("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(exchange.books._writer, "append", full)
        with pytest.raises(MoneyFileError):
            exchange.send("mkt", "buy", "1")
    assert exchange.state.snapshot(0.0) != before
    with pytest.raises(MoneyFileError):
        exchange.ask("openorders")
    exchange.books.snapshot(START)
    exchange.books.close()
    assert not (tmp_path / "snapshot.json").exists()
    assert reopened(tmp_path) == before


def test_books_that_are_held_are_not_opened_twice(tmp_path: Path) -> None:
    exchange = Kept(tmp_path)
    with pytest.raises(StoreError):
        reopened(tmp_path)
    exchange.books.close()
    assert isinstance(reopened(tmp_path), ExchangeSnapshot)


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
