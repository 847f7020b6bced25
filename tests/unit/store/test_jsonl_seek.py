"""Reading a part of a long file."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.store import jsonl_seek
from src.store.jsonl import Durability
from src.store.jsonl_seek import kept_since, read_since
from tests.store_fakes import Note, note, notes_writer


def a_file(
    folder: Path, count: int, *, segment_bytes: int = 2000, durability: Durability = Durability.KNOWLEDGE
) -> Path:
    path = folder / "notes.jsonl"
    with notes_writer(path, segment_bytes=segment_bytes, durability=durability) as writer:
        for number in range(count):
            writer.append(note(number))
    return path


def numbers(path: Path, since: float, **limits: object) -> list[float]:
    return [line.ts - 1000 for line in read_since(path, Note, since, **limits)]  # type: ignore[arg-type] # a test's own words


@settings(max_examples=25, deadline=None)
@given(since=st.integers(-5, 205), length=st.integers(0, 60))
def test_part_is_that_of_the_whole(tmp_path_factory: pytest.TempPathFactory, since: int, length: int) -> None:
    path = tmp_path_factory.mktemp("seek")
    file = a_file(path, 200)
    expected = [float(n) for n in range(200) if since <= n <= since + length]
    assert numbers(file, 1000.0 + since, until=1000.0 + since + length) == expected


def test_place_is_found_without_reading_what_lies_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_file(tmp_path, 3000, segment_bytes=1 << 20)
    monkeypatch.setattr(jsonl_seek, "_NEAR", 512)
    read: list[int] = []
    pread = os.pread

    def counted(fd: int, size: int, offset: int) -> bytes:
        read.append(size)
        return pread(fd, size, offset)

    monkeypatch.setattr(os, "pread", counted)
    assert numbers(path, 3990.0) == [float(n) for n in range(2990, 3000)]
    assert len(read) < 60


def test_lines_that_do_not_hold_the_text_are_not_decoded(tmp_path: Path) -> None:
    path = a_file(tmp_path, 100)
    assert numbers(path, 0.0, holding=[b'"n7"', b'"n42"']) == [7.0, 42.0]


def test_money_file_is_read_with_its_checksums(tmp_path: Path) -> None:
    path = a_file(tmp_path, 10, durability=Durability.MONEY)
    path.write_bytes(path.read_bytes().replace(b'"value":1.0', b'"value":9.0'))
    assert numbers(path, 0.0) == [float(n) for n in range(10) if n != 4]


def test_torn_last_line_and_a_line_that_is_none_are_left_out(tmp_path: Path) -> None:
    path = a_file(tmp_path, 3)
    with path.open("ab") as file:
        file.write(b'not json "ts":1001.0\n{"v":1,"seq":5,"ts":10')
    assert numbers(path, 0.0) == [0.0, 1.0, 2.0]


def test_file_that_lost_its_oldest_segments_tells_since_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    assert kept_since(path) is None
    with notes_writer(path, segment_bytes=1000, keep_segments=2) as writer:
        for number in range(10):
            writer.append(note(number))
        assert kept_since(path) is None
        for number in range(10, 100):
            writer.append(note(number))
    since = kept_since(path)
    assert since is not None
    assert since == next(iter(read_since(path, Note, 0.0))).ts > 1010.0


def test_missing_file_holds_nothing(tmp_path: Path) -> None:
    assert numbers(tmp_path / "none.jsonl", 0.0) == []
