"""Opening the right segment of a JSONL file, and being sure that it is the right one."""

import os
import weakref
import zlib
from pathlib import Path
from typing import Self

from src.records.place import Place
from src.store import segments


class Opened:
    """A segment that is open for reading, until it is closed or forgotten."""

    def __init__(self, fd: int, *, number: int | None) -> None:
        self.fd = fd
        self._release = weakref.finalize(self, os.close, fd)
        status = os.fstat(fd)
        self.dev = status.st_dev
        self.ino = status.st_ino
        head = segments.read_head(fd) or b""
        header = segments.parse_header(head)
        self.head_crc = zlib.crc32(head)
        self.money = header is not None and header.money
        self.number = number if number is not None else header.n if header is not None else 0

    def size(self) -> int:
        """Return its size in bytes."""
        return os.fstat(self.fd).st_size

    def stands_at(self, path: Path) -> bool:
        """Return whether the file under this name is this one; a missing file is none."""
        try:
            there = path.lstat()
        except FileNotFoundError:
            return False
        return (there.st_ino, there.st_dev) == (self.ino, self.dev)

    def is_at(self, path: Path, offset: int) -> bool:
        """Return whether it is the newest segment and ends at this offset."""
        return self.stands_at(path) and self.size() == offset

    def holds(self, place: Place) -> bool:
        """Return whether a saved place is one of this segment: the line before it has its number."""
        if self.head_crc != place.head_crc or self.size() < place.offset:
            return False
        if place.offset == 0:
            return True
        if os.pread(self.fd, 1, place.offset - 1) != b"\n":
            return False
        seq = segments.last_seq(self.fd, place.offset)
        return seq is None or seq == place.seq

    def place(self, offset: int, seq: int) -> Place:
        """Return the place at an offset of this segment, after the line with this number."""
        return Place(
            dev=self.dev, ino=self.ino, segment=self.number, head_crc=self.head_crc, offset=offset, seq=seq
        )

    def reaches(self, seq: int) -> bool:
        """Return whether its last line has this number, or a later one."""
        last = segments.last_seq(self.fd, segments.end_of_lines(self.fd, self.size()))
        return last is not None and last >= seq

    def again(self) -> Self:
        """Return a fresh look at the same file, whose beginning may have changed."""
        return type(self)(os.dup(self.fd), number=None)

    def close(self) -> None:
        """Let go of it; twice is harmless."""
        self._release()


def open_newest(path: Path) -> Opened | None:
    """Return the segment under the file's own name; None where its first line is not whole yet."""
    fd = _open(path)
    if fd is None:
        return None
    head = segments.read_head(fd)
    if head is None:
        os.close(fd)
        return None
    header = segments.parse_header(head)
    number = header.n if header is not None else max(segments.closed_segments(path), default=0) + 1
    return Opened(fd, number=number)


def end_place(path: Path) -> Place | None:
    """Return the place after the last whole line that is there now; no inode is named in it."""
    newest = open_newest(path)
    if newest is None:
        return None
    try:
        end = segments.end_of_lines(newest.fd, newest.size())
        seq = segments.last_seq(newest.fd, end) or 0
        return Place(dev=0, ino=0, segment=newest.number, head_crc=newest.head_crc, offset=end, seq=seq)
    finally:
        newest.close()


def open_oldest(path: Path) -> Opened | None:
    """Return the oldest segment that there is."""
    return open_after(path, -1)


def open_after(path: Path, number: int) -> Opened | None:
    """Return the first segment after this number, or None while there is none."""
    while True:
        newest = open_newest(path)  # before the listing: all that close before it are then in the listing
        later = {n: p for n, p in segments.closed_segments(path).items() if n > number}
        if newest is not None and newest.number > number and not any(n < newest.number for n in later):
            return newest
        if newest is not None:
            newest.close()
        if not later:
            return None
        first = min(later)
        fd = _open(later[first])
        if fd is not None:
            return Opened(fd, number=first)


def find_place(path: Path, place: Place) -> tuple[Opened, int] | None:
    """Return the segment of a saved place and the offset to go on at: 0 where it was cut since."""
    renamed: Path | None = None
    for candidate in _candidates(path, place):
        opened = _open_as(path, candidate)
        if opened is None:
            continue
        if opened.holds(place):
            return opened, place.offset
        if opened.number == place.segment and opened.head_crc == place.head_crc:
            renamed = candidate
        opened.close()
    if renamed is None:
        return None
    opened = _open_as(path, renamed)
    return None if opened is None else (opened, 0)


def stands(path: Path, place: Place | None) -> bool:
    """Return whether reading can go on from a saved place; None is that of a reader before there was a file."""
    if place is None:
        return True
    found = find_place(path, place)
    if found is None:
        return False
    found[0].close()
    return found[1] == place.offset


def _candidates(path: Path, place: Place) -> list[Path]:
    """Return where the segment may be: under its name, under its number, under any name with its inode."""
    found = [path, segments.closed_path(path, place.segment)]
    for entry in _siblings(path):
        if entry.inode() == place.ino and Path(entry.path) not in found:
            found.append(Path(entry.path))
    return found


def _siblings(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path.parent) as entries:
            return [entry for entry in entries if entry.name.startswith(f"{path.name}.")]
    except FileNotFoundError:
        return []


def _open_as(path: Path, candidate: Path) -> Opened | None:
    if candidate == path:
        return open_newest(path)
    fd = _open(candidate)
    return None if fd is None else Opened(fd, number=None)


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
