"""The gathered writer: lines wait in memory, segments wait for the next opening, and everything ends on the disk."""

from collections.abc import Callable
from pathlib import Path

import pytest

from src.store import gathered
from src.store.files import Retention
from src.store.gathered import GatheredWriter
from src.store.jsonl import read_all
from src.store.rotation import Envelope
from src.store.segments import closed_segments
from tests.store_fakes import Note, note


def opened(
    path: Path,
    *,
    keep: int | None = None,
    segment_bytes: int = 1 << 20,
    hearers: list[Callable[[Note], None]] | None = None,
) -> GatheredWriter[Note]:
    return GatheredWriter(
        path,
        envelope=Envelope(writer="test", boot="000000", now=lambda: 5.0),
        money=False,
        quarantine=path.parent / "quarantine",
        retention=Retention(segment_bytes, keep),
        hearers=[] if hearers is None else hearers,
    )


def test_lines_wait_until_a_piece_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "PIECE_BYTES", 500)
    path = tmp_path / "notes.jsonl"
    writer = opened(path)
    header = path.stat().st_size
    writer.append(note(0))
    assert path.stat().st_size == header
    for number in range(1, 10):
        writer.append(note(number))
    assert path.stat().st_size > header + 500
    writer.close()
    writer.close()
    assert list(read_all(path, Note)) == [note(number) for number in range(10)]


def test_a_flush_brings_everything_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    writer = opened(path)
    writer.append(note(0))
    writer.flush()
    assert list(read_all(path, Note)) == [note(0)]
    assert writer.place().offset == path.stat().st_size
    writer.close()


def test_closed_segments_stay_until_the_next_opening(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    writer = opened(path, keep=2, segment_bytes=400)
    for number in range(20):
        writer.append(note(number))
    writer.close()
    before = closed_segments(path)
    assert len(before) > 2
    again = opened(path, keep=2, segment_bytes=400)
    assert again.seq == 20
    again.close()
    assert list(closed_segments(path)) == list(before)[-2:]


def test_numbers_go_on_where_the_open_segment_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    writer = opened(path, segment_bytes=1)
    for number in range(3):
        writer.append(note(number))
    writer.close()
    again = opened(path, segment_bytes=1)
    assert again.seq == 3
    again.close()


def test_whoever_comes_later_hears_what_comes_later(tmp_path: Path) -> None:
    heard: list[Note] = []
    hearers: list[Callable[[Note], None]] = []
    writer = opened(tmp_path / "notes.jsonl", hearers=hearers)
    writer.append(note(0))
    hearers.append(heard.append)
    writer.append(note(1))
    writer.close()
    assert heard == [note(1)]
