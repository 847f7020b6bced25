"""What is broken on disk: every cut of a last line, garbage behind it, flipped bytes in the middle."""

from pathlib import Path

import pytest

from src.store.errors import CorruptLine
from src.store.jsonl import BadLine, Durability, read_all, read_tail
from tests.store_fakes import Note, ids, note, notes_reader, notes_writer

GARBAGE = [
    b"\n",
    b"\x00" * 300 + b"\n",
    b"{}\n",
    b"null\n",
    b'{"v":1,"seq":\n',
    b'{"v":1,"seq":3,"ts":NaN,"id":"x"}\n',
    b'{"v":1,"seq":3,"ts":1e400,"id":"x"}\n',
    b'{"v":1,"seq":3,"ts":1.0}\n',
    b'{"v":1,"seq":3,"ts":1.0,"id":"\xe2\x82"}\n',
    b'{"v":1,"seq":99999999999999999999999,"ts":1.0,"id":"x"}\n',
    b"not json\n\n\n",
]


def written(folder: Path, durability: Durability = Durability.KNOWLEDGE) -> bytes:
    path = folder / "notes.jsonl"
    with notes_writer(path, durability=durability) as writer:
        for number in range(2):
            writer.append(note(number))
    return path.read_bytes()


@pytest.mark.parametrize("durability", [Durability.MONEY, Durability.KNOWLEDGE])
def test_a_file_cut_at_any_byte_keeps_every_whole_line_and_goes_on(
    tmp_path: Path, durability: Durability
) -> None:
    content = written(tmp_path, durability)
    for cut in range(len(content) + 1):
        folder = tmp_path / str(cut)
        folder.mkdir()
        path = folder / "notes.jsonl"
        path.write_bytes(content[:cut])
        whole = max(0, content[:cut].count(b"\n") - 1)
        torn = content[:cut][content[:cut].rfind(b"\n") + 1 :]
        reader = notes_reader(path)
        assert len(reader.read_new()) == whole
        with notes_writer(path, durability=durability) as writer:
            assert writer.append(note(7)) == whole + 1
        assert ids(reader.read_new()) == ["n7"]
        assert ids(list(read_all(path, Note))) == [*(f"n{n}" for n in range(whole)), "n7"]
        kept = [copy.read_bytes() for copy in (folder / "quarantine").glob("*.torn")]
        assert kept == ([torn] if torn else [])
        assert not any(reader.counters().values())


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_lines_are_quarantined_and_reading_goes_on(tmp_path: Path, garbage: bytes) -> None:
    written(tmp_path)
    path = tmp_path / "notes.jsonl"
    with path.open("ab") as file:
        file.write(garbage)
    with notes_writer(path) as writer:
        assert writer.append(note(2)) == (4 if b'"seq":3,' in garbage else 3)
    reader = notes_reader(path)
    assert ids(reader.read_new()) == ["n0", "n1", "n2"]
    assert reader.missed == reader.regressions == 0
    assert reader.quarantined == garbage.count(b"\n")
    assert notes_reader(path).read_new()
    copies = sorted((tmp_path / "quarantine").iterdir(), key=lambda copy: int(copy.name.split(".")[-2]))
    assert b"".join(copy.read_bytes() for copy in copies) == garbage
    assert ids(read_tail(path, Note, 5)) == ["n0", "n1", "n2"]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_among_money_stops_the_reader_after_what_is_good(tmp_path: Path, garbage: bytes) -> None:
    content = written(tmp_path, Durability.MONEY)
    path = tmp_path / "notes.jsonl"
    with path.open("ab") as file:
        file.write(garbage)
    reader = notes_reader(path, on_bad=BadLine.RAISE, cursor=tmp_path / "place")
    assert ids(reader.read_new()) == ["n0", "n1"]
    for _ in range(2):
        with pytest.raises(CorruptLine) as caught:
            reader.read_new()
        assert caught.value.offset == len(content)
    with pytest.raises(ValueError, match=r".+"):
        read_tail(path, Note, 3, on_bad=BadLine.RAISE)


def test_a_tail_of_nothing_but_zeros_is_cut(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "notes.jsonl"
    with path.open("ab") as file:
        file.write(b"\x00" * 100_000)
    with notes_writer(path) as writer:
        assert writer.append(note(2)) == 3
    assert ids(list(read_all(path, Note))) == ["n0", "n1", "n2"]
    assert [copy.stat().st_size for copy in (tmp_path / "quarantine").iterdir()] == [100_000]


def test_no_flipped_bit_of_a_money_line_goes_unseen(tmp_path: Path) -> None:
    content = written(tmp_path, Durability.MONEY)
    path = tmp_path / "notes.jsonl"
    start = content.index(b"\n") + 1
    for at in range(start, len(content)):
        for bit in (0, 3, 7):
            damaged = bytearray(content)
            damaged[at] ^= 1 << bit
            path.write_bytes(damaged)
            reader = notes_reader(path)
            good = reader.read_new()
            assert len(good) < 2, f"byte {at} bit {bit}"
            assert [one for one in good if one not in (note(0), note(1))] == []


def test_a_damaged_header_loses_no_line(tmp_path: Path) -> None:
    content = written(tmp_path)
    path = tmp_path / "notes.jsonl"
    path.write_bytes(b"X" + content[1:])
    with notes_writer(path) as writer:
        assert writer.append(note(2)) == 3
    reader = notes_reader(path)
    assert ids(reader.read_new()) == ["n0", "n1", "n2"]
    assert reader.quarantined == 1


def test_a_file_of_nothing_but_garbage_starts_at_one(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes(b"garbage\n" * 50)
    with notes_writer(path) as writer:
        assert writer.append(note(0)) == 1
    reader = notes_reader(path)
    assert ids(reader.read_new()) == ["n0"]
    assert reader.quarantined == 50
