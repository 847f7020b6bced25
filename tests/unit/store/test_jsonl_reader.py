import os
import shutil
from pathlib import Path

import orjson
import pytest

from src.store.errors import CorruptLine, LinesMissing
from src.store.jsonl import BadLine, Durability, read_all, read_tail
from src.store.opened import Opened
from tests.store_fakes import Note, ids, note, notes_reader, notes_writer, write_notes


def test_a_file_that_is_not_there_yet_has_nothing_new(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    reader = notes_reader(path, cursor=tmp_path / "run" / "place")
    assert reader.read_new() == []
    reader.save()
    assert not reader.behind()
    write_notes(path, 2)
    assert reader.behind()
    assert ids(reader.read_new()) == ["n0", "n1"]
    assert not reader.behind()
    assert reader.seq == 2


def test_half_a_line_is_left_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    write_notes(path, 2)
    content = path.read_bytes()
    reader = notes_reader(path)
    path.write_bytes(content[:-10])
    assert ids(reader.read_new()) == ["n0"]
    with path.open("ab") as file:
        file.write(content[-10:])
    assert ids(reader.read_new()) == ["n1"]


def test_a_limit_leaves_the_rest_for_later(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    write_notes(path, 10, segment_bytes=600)
    reader = notes_reader(path)
    taken = [ids(reader.read_new(3)) for _ in range(5)]
    assert taken == [["n0", "n1", "n2"], ["n3", "n4", "n5"], ["n6", "n7", "n8"], ["n9"], []]


def test_a_line_longer_than_a_read_comes_whole(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    long = Note(ts=1.0, id="x" * 600_000)
    with notes_writer(path) as writer:
        writer.append(long)
        writer.append(note(1))
    assert notes_reader(path).read_new() == [long, note(1)]


def test_reading_goes_on_at_the_saved_place(tmp_path: Path) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "run" / "place"
    write_notes(path, 3)
    with notes_reader(path, cursor=cursor) as first:
        first.read_new(2)
        first.save()
        first.read_new()
    assert ids(notes_reader(path, cursor=cursor).read_new()) == ["n2"]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\x00\xff", b'{"dev": "x"}'])
def test_a_saved_place_that_cannot_be_read_starts_anew(tmp_path: Path, content: bytes) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "place"
    write_notes(path, 4, segment_bytes=400)
    cursor.write_bytes(content)
    assert len(notes_reader(path, cursor=cursor).read_new()) == 4


def test_a_saved_place_ahead_of_the_file_reads_the_segment_again(tmp_path: Path) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "place"
    write_notes(path, 3)
    reader = notes_reader(path, cursor=cursor)
    reader.read_new()
    reader.save()
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"{")])
    again = notes_reader(path, cursor=cursor)
    assert ids(again.read_new()) == ["n0", "n1"]
    assert again.truncations == 1


def test_a_saved_place_whose_line_was_rewritten_reads_the_segment_again(tmp_path: Path) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "place"
    write_notes(path, 6)
    reader = notes_reader(path, cursor=cursor)
    reader.read_new(4)
    reader.save()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[3:], lines[-1]]))
    again = notes_reader(path, cursor=cursor)
    assert ids(again.read_new())[-4:] == ["n3", "n4", "n5", "n5"]
    assert again.truncations == 1


def test_rotation_loses_and_doubles_nothing_for_a_reader_that_polls(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    reader, seen = notes_reader(path), []
    with notes_writer(path, segment_bytes=700) as writer:
        for number in range(100):
            writer.append(note(number))
            if number % 7 == 0:
                seen += ids(reader.read_new())
    seen += ids(reader.read_new())
    assert seen == [f"n{n}" for n in range(100)]
    assert not any(reader.counters().values())


def test_what_is_written_between_the_last_read_and_a_rotation_is_read_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notes.jsonl"
    reader = notes_reader(path)
    with notes_writer(path, segment_bytes=700) as writer:
        writer.append(note(0))
        waiting = list(range(1, 12))
        real = Opened.stands_at

        def stands_at(opened: Opened, name: Path) -> bool:
            while waiting:
                writer.append(note(waiting.pop(0)))
            return real(opened, name)

        monkeypatch.setattr(Opened, "stands_at", stands_at)
        assert ids(reader.read_new()) == [f"n{n}" for n in range(12)]
    assert not any(reader.counters().values())


def test_a_restarted_reader_finds_its_segment_under_its_new_name(tmp_path: Path) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "place"
    with notes_writer(path, segment_bytes=700) as writer:
        writer.append(note(0))
        with notes_reader(path, cursor=cursor) as reader:
            reader.read_new()
            reader.save()
        for number in range(1, 30):
            writer.append(note(number))
    again = notes_reader(path, cursor=cursor)
    assert ids(again.read_new()) == [f"n{n}" for n in range(1, 30)]
    assert not any(again.counters().values())


def test_a_reader_that_falls_behind_retention_counts_what_it_missed(tmp_path: Path) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "place"
    with notes_writer(path, segment_bytes=400, keep_segments=2) as writer:
        writer.append(note(0))
        with notes_reader(path, cursor=cursor) as reader:
            reader.read_new()
            reader.save()
        for number in range(1, 50):
            writer.append(note(number))
    again = notes_reader(path, cursor=cursor)
    kept = ids(again.read_new())
    assert kept[-1] == "n49"
    assert again.missed == 49 - len(kept)
    strict = notes_reader(path, cursor=cursor, on_bad=BadLine.RAISE)
    for _ in range(2):
        with pytest.raises(LinesMissing, match="are gone"):
            strict.read_new()


def test_an_outside_rename_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    live, cursor = notes_reader(path), tmp_path / "place"
    with notes_writer(path) as writer:
        writer.append(note(0))
        with notes_reader(path, cursor=cursor) as reader:
            reader.read_new()
            reader.save()
        assert ids(live.read_new()) == ["n0"]
        path.rename(tmp_path / "notes.jsonl.1")
        path.touch()
        writer.append(note(1))
        assert ids(live.read_new()) == ["n1"]
        writer.sync_if_due(1.0)
        writer.append(note(2))
    assert ids(live.read_new()) == ["n2"]
    assert ids(notes_reader(path, cursor=cursor).read_new()) == ["n1", "n2"]
    assert not any(live.counters().values())


def test_a_file_cut_from_outside_is_noticed_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    reader = notes_reader(path)
    with notes_writer(path) as writer:
        for number in range(5):
            writer.append(note(number))
        reader.read_new()
        shutil.copy(path, tmp_path / "copy")
        os.truncate(path, 0)
        writer.append(note(5))
    assert ids(reader.read_new()) == ["n5"]
    assert reader.truncations == 1


def test_a_deleted_and_remade_file_is_read_from_its_start(tmp_path: Path) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "place"
    write_notes(path, 5)
    reader = notes_reader(path, cursor=cursor)
    reader.read_new()
    reader.save()
    path.unlink()
    write_notes(path, 2, first=100)
    assert ids(reader.read_new()) == ["n100", "n101"]
    again = notes_reader(path, cursor=cursor)
    assert ids(again.read_new()) == ["n100", "n101"]
    assert reader.regressions == 1


def test_an_old_copy_put_in_place_is_refused_where_lines_are_money(tmp_path: Path) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "place"
    with notes_writer(path, durability=Durability.MONEY, segment_bytes=500) as writer:
        writer.append(note(0))
        shutil.copy(path, tmp_path / "backup")
        for number in range(1, 20):
            writer.append(note(number))
    with notes_reader(path, cursor=cursor, on_bad=BadLine.RAISE) as reader:
        reader.read_new()
        reader.save()
    for segment in tmp_path.glob("notes.jsonl.0*"):
        segment.unlink()
    shutil.copy(tmp_path / "backup", path)
    strict = notes_reader(path, cursor=cursor, on_bad=BadLine.RAISE)
    for _ in range(2):
        with pytest.raises(LinesMissing, match="older"):
            strict.read_new()
    strict.save()
    lenient = notes_reader(path, cursor=cursor)
    assert ids(lenient.read_new()) == ["n0"]
    assert lenient.regressions == 1


def test_a_file_replaced_by_its_copy_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    write_notes(path, 3)
    reader = notes_reader(path)
    reader.read_new()
    shutil.copy(path, tmp_path / "copy")
    (tmp_path / "copy").rename(path)
    assert reader.read_new() == []
    write_notes(path, 1, first=3)
    assert ids(reader.read_new()) == ["n3"]
    assert not any(reader.counters().values())


def test_skipping_to_the_end_leaves_out_what_is_there(tmp_path: Path) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "place"
    write_notes(path, 5, segment_bytes=400)
    reader = notes_reader(path, cursor=cursor)
    reader.skip_to_end()
    assert reader.seq == 5
    write_notes(path, 1, first=5, segment_bytes=400)
    assert ids(reader.read_new()) == ["n5"]
    reader.save()
    assert notes_reader(path, cursor=cursor).read_new() == []
    assert not any(reader.counters().values())


@pytest.mark.parametrize("count", [0, 1, 5, 19, 20, 50])
def test_the_tail_is_the_newest_records_oldest_first(tmp_path: Path, count: int) -> None:
    path = tmp_path / "notes.jsonl"
    assert read_tail(path, Note, count) == []
    write_notes(path, 20, segment_bytes=700)
    assert ids(read_tail(path, Note, count)) == [f"n{n}" for n in range(20)][max(0, 20 - count) :]


def test_a_line_in_another_spelling_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    write_notes(path, 2)
    lines = path.read_bytes().splitlines()
    spaced = b'{ "id": "n9", "ts": 1.0, "v": 1, "seq": 3 }'
    path.write_bytes(b"\n".join([*lines, spaced, b""]))
    assert ids(list(read_all(path, Note))) == ["n0", "n1", "n9"]


def test_a_line_of_an_unknown_version_is_no_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    write_notes(path, 1)
    with path.open("ab") as file:
        file.write(orjson.dumps({"v": 2, "seq": 2, "ts": 1.0, "id": "x"}) + b"\n")
    reader = notes_reader(path, on_bad=BadLine.RAISE)
    assert ids(reader.read_new()) == ["n0"]
    for _ in range(2):
        with pytest.raises(CorruptLine, match="version 2"):
            reader.read_new()
