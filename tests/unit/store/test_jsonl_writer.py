import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from src.records.base import Line
from src.records.enums import Direction, Strategy
from src.records.ledger import FundingBooked
from src.store.errors import DiskFull, MoneyFileError, NonFiniteNumber, StoreError, WriteFailed, WriterExists
from src.store.jsonl import Durability, JsonlWriter, read_all
from tests.store_fakes import Note, ids, note, notes_reader, notes_writer, write_notes


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@contextmanager
def room_for(file_bytes: int) -> Iterator[None]:
    """Let no file grow beyond this size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_is_its_envelope_and_its_record(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    with notes_writer(path) as writer:
        assert writer.append(note(1)) == 1
        assert writer.append(note(2)) == 2
    header, first, second = lines_of(path)
    assert header["control"] == "segment"
    assert header["n"] == 1
    assert first == {
        "v": 1,
        "seq": 1,
        "time": "1970-01-01T00:16:41.000Z",
        "w": "test",
        "boot": "0b0b0b",
        "ts": 1001.0,
        "id": "n1",
        "value": 0.25,
    }
    assert second["seq"] == 2


def test_tags_decimals_and_enums_are_written_as_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    entry = FundingBooked(ts=1.25, entry_id="e", symbol="PF_XBTUSD", amount_usd=Decimal("-0.10"))
    with JsonlWriter[FundingBooked](
        path, writer="main", durability=Durability.MONEY, quarantine=tmp_path
    ) as writer:
        writer.append(entry)
    assert lines_of(path)[1]["type"] == "funding"
    assert lines_of(path)[1]["amount_usd"] == "-0.10"
    assert list(read_all(path, FundingBooked)) == [entry]


class Mixed(Line, frozen=True, kw_only=True):
    parts: dict[Strategy, tuple[float | None, ...]]
    side: Direction


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_cannot_say_is_never_written(tmp_path: Path, bad: float) -> None:
    path = tmp_path / "mixed.jsonl"
    with JsonlWriter[Mixed](path, writer="w", durability=Durability.KNOWLEDGE, quarantine=tmp_path) as writer:
        good = Mixed(ts=1.0, parts={Strategy.OFI: (None, 1.0)}, side=Direction.LONG)
        writer.append(good)
        with pytest.raises(NonFiniteNumber, match=r"Mixed\.parts\.OFI\[1\]"):
            writer.append(Mixed(ts=1.0, parts={Strategy.OFI: (None, bad)}, side=Direction.LONG))
        assert writer.append(good) == 2
    assert list(read_all(path, Mixed)) == [good, good]


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    first = notes_writer(path)
    with pytest.raises(WriterExists, match=r"notes\.jsonl"):
        notes_writer(path)
    first.close()
    first.close()
    notes_writer(path).close()


def test_numbers_go_on_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    for start in range(3):
        with notes_writer(path) as writer:
            assert writer.seq == start
            assert writer.append(note(start)) == start + 1
    assert [line["seq"] for line in lines_of(path) if "control" not in line] == [1, 2, 3]


def test_numbers_go_on_over_rotations_and_restarts(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    for start in range(0, 30, 10):
        write_notes(path, 10, first=start, segment_bytes=500)
    assert ids(list(read_all(path, Note))) == [f"n{n}" for n in range(30)]
    assert notes_reader(path).read_new()
    headers = [lines_of(segment)[0] for segment in sorted(tmp_path.glob("notes.jsonl.0*"))]
    assert [header["n"] for header in headers] == list(range(1, len(headers) + 1))
    assert len(headers) > 5


def test_retention_deletes_the_oldest_closed_segments(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    with notes_writer(path, segment_bytes=400, keep_segments=2) as writer:
        for number in range(40):
            writer.append(note(number))
    closed = sorted(path.name for path in tmp_path.glob("notes.jsonl.0*"))
    assert len(closed) == 2
    last = next(iter(reversed(list(read_all(path, Note)))))
    assert last.id == "n39"


def test_a_rotation_that_was_cut_between_its_steps_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    write_notes(path, 3)
    path.rename(tmp_path / "notes.jsonl.000001")
    (tmp_path / ".notes.jsonl.next").write_text("half a head")
    write_notes(path, 3, first=3)
    assert lines_of(path)[0]["n"] == 2
    assert ids(list(read_all(path, Note))) == [f"n{n}" for n in range(6)]


def test_a_record_larger_than_a_segment_gets_its_own(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    with notes_writer(path, segment_bytes=100) as writer:
        for number in range(3):
            writer.append(note(number))
    assert ids(list(read_all(path, Note))) == ["n0", "n1", "n2"]


def test_a_short_write_is_undone_and_the_next_one_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    with notes_writer(path) as writer:
        writer.append(note(0))
        before = path.read_bytes()
        with room_for(len(before) + 50), pytest.raises(DiskFull):
            writer.append(note(1))
        assert path.read_bytes() == before
        assert writer.append(note(1)) == 2
    assert ids(list(read_all(path, Note))) == ["n0", "n1"]


def test_a_full_disk_at_a_rotation_leaves_the_old_segment_open(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    with notes_writer(path, segment_bytes=500) as writer:
        for number in range(3):
            writer.append(note(number))
        with room_for(50), pytest.raises(WriteFailed):
            writer.append(note(3))
        writer.append(note(3))
    assert ids(list(read_all(path, Note))) == ["n0", "n1", "n2", "n3"]


def test_a_money_file_that_cannot_be_synced_is_never_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = notes_writer(tmp_path / "notes.jsonl", durability=Durability.MONEY)
    calls = fail_syncs(monkeypatch, times=1)
    for _ in range(2):
        with pytest.raises(MoneyFileError, match="sync failed"):
            writer.append(note(1))
    writer.sync_if_due(5.0)
    writer.close()
    assert calls == [5]


def test_knowledge_goes_on_after_a_failed_sync_and_notes_the_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notes.jsonl"
    with notes_writer(path) as writer:
        fail_syncs(monkeypatch, times=1)
        writer.append(note(1))
        writer.sync()
        writer.append(note(2))
        assert writer.failed_syncs == 1
    assert [line.get("control") for line in lines_of(path)] == ["segment", None, "unsynced", None]
    assert ids(notes_reader(path).read_new()) == ["n1", "n2"]


def fail_syncs(monkeypatch: pytest.MonkeyPatch, *, times: int) -> list[int]:
    calls: list[int] = []
    real = os.fdatasync

    def fdatasync(fd: int) -> None:
        if len(calls) < times:
            calls.append(5)
            raise OSError(5, "Input/output error")
        real(fd)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    return calls


def test_money_is_synced_before_append_returns_and_knowledge_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    money = notes_writer(tmp_path / "money.jsonl", durability=Durability.MONEY)
    knowledge = notes_writer(tmp_path / "knowledge.jsonl")
    telemetry = notes_writer(tmp_path / "telemetry.jsonl", durability=Durability.TELEMETRY)
    monkeypatch.setattr(os, "fdatasync", synced.append)
    money.append(note(1))
    assert len(synced) == 1
    for second in (10.0, 10.4, 10.9, 11.1):
        knowledge.append(note(1))
        telemetry.append(note(1))
        knowledge.sync_if_due(second)
        telemetry.sync_if_due(second)
    assert len(synced) == 3
    for writer in (money, knowledge, telemetry):
        writer.close()


@pytest.mark.parametrize("durability", list(Durability))
def test_a_file_taken_away_is_made_again_and_numbers_go_on(tmp_path: Path, durability: Durability) -> None:
    path = tmp_path / "notes.jsonl"
    with notes_writer(path, durability=durability) as writer:
        writer.append(note(0))
        writer.sync_if_due(1.0)
        path.unlink()
        writer.sync_if_due(2.5)
        assert writer.recreated == 1
        assert writer.append(note(1)) == 2
    assert lines_of(path)[0]["n"] == 2
    assert ids(notes_reader(path).read_new()) == ["n1"]


def test_a_link_or_a_folder_under_the_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine\n")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "target")
    (tmp_path / "folder.jsonl").mkdir()
    for name in ("link.jsonl", "folder.jsonl"):
        with pytest.raises(StoreError, match=name):
            notes_writer(tmp_path / name)
    assert (tmp_path / "target").read_text() == "mine\n"


def test_files_are_closed_to_strangers(tmp_path: Path) -> None:
    write_notes(tmp_path / "notes.jsonl", 1)
    assert (tmp_path / "notes.jsonl").stat().st_mode & 0o007 == 0


def test_control_lines_are_dated_by_the_clock_handed_in(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    JsonlWriter[Note](
        path, writer="w", durability=Durability.TELEMETRY, quarantine=tmp_path, clock_now=lambda: 60.5
    ).close()
    assert lines_of(path)[0]["time"] == "1970-01-01T00:01:00.500Z"


def every_line(kind: type[Line] = Line) -> list[type[Line]]:
    return [kind, *(found for child in kind.__subclasses__() for found in every_line(child))]


def test_no_record_has_a_field_of_the_envelope() -> None:
    for kind in every_line():
        names = {*kind.__struct_encode_fields__, kind.__struct_config__.tag_field}
        assert not names & {"v", "seq", "time", "w", "boot", "crc", "control"}, kind
