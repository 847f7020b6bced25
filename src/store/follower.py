"""The bytes behind a JSONL reader: which segment, which offset, and where it goes on."""

import enum
import os
from pathlib import Path

from src.records.place import Place
from src.store import segments
from src.store.opened import Opened, find_place, open_after, open_newest, open_oldest

_CHUNK = 1 << 18


class Turn(enum.Enum):
    """What came after the end of what was there."""

    WAIT = "there is nothing more to read now"
    GO_ON = "there is more, in this segment or the next"
    RESUMED = "the saved place was found"
    CUT = "the file was cut from outside"
    OLDER = "the file is older than what was read of it"


class Follower:
    """A place in a file of segments that moves on with it; it keeps no bytes between two looks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._segment: Opened | None = None
        self.offset = 0
        """Bytes of the open segment that are read; whoever takes lines moves it."""

    @property
    def number(self) -> int:
        """Return the number of the open segment, 0 where there is none."""
        return 0 if self._segment is None else self._segment.number

    @property
    def money(self) -> bool:
        """Return whether the lines of the open segment hold checksums."""
        return self._segment is not None and self._segment.money

    def lines(self) -> list[bytes]:
        """Return whole lines from the offset on, some or all of what is there; empty at the end."""
        if self._segment is None:
            return []
        size = _CHUNK
        while True:
            content = os.pread(self._segment.fd, size, self.offset)
            end = content.rfind(b"\n")
            if end >= 0:
                return content[:end].split(b"\n")
            if len(content) < size:
                return []
            size *= 2

    def start(self, saved: Place | None) -> Turn:
        """Open the segment of a saved place, else the oldest there is."""
        if saved is not None:
            found = find_place(self._path, saved)
            if found is not None:
                self._go_to(*found)
                return Turn.RESUMED if self.offset == saved.offset else Turn.CUT
            later = open_after(self._path, saved.segment)
            if later is not None:
                self._go_to(later, 0)
                return Turn.RESUMED
        oldest = open_oldest(self._path)
        if oldest is None:
            return Turn.WAIT
        self._go_to(oldest, 0)
        return Turn.GO_ON if saved is None else Turn.OLDER

    def turn(self, seq: int) -> Turn:
        """Go on after the last line, whose number is ``seq``: wait, or follow the file where it went."""
        segment = self._segment
        if segment is None:
            return Turn.WAIT
        if segment.stands_at(self._path):
            if segment.size() >= self.offset:
                return Turn.WAIT
            self._go_to(segment.again(), 0)
            return Turn.CUT
        if self.lines():
            return Turn.GO_ON
        following = open_after(self._path, segment.number)
        if following is not None:
            self._go_to(following, 0)
            return Turn.GO_ON
        return self._follow_replacement(segment, seq)

    def _follow_replacement(self, segment: Opened, seq: int) -> Turn:
        """Go on in a file that somebody put under the name and that is no later segment."""
        newest = open_newest(self._path)
        if newest is None:
            return Turn.WAIT
        if newest.number > segment.number:  # it appeared just now: the next look follows it in order
            newest.close()
            return Turn.GO_ON
        place = newest.place(self.offset, seq)
        if newest.number == segment.number and newest.holds(place):
            self._go_to(newest, self.offset)
            return Turn.GO_ON
        older = newest.number < segment.number or not newest.reaches(seq)
        self._go_to(newest, 0)
        return Turn.OLDER if older else Turn.CUT

    def skip_to_end(self) -> int | None:
        """Move behind the last whole line that is there now; return its number, None where there is none."""
        newest = open_newest(self._path)
        if newest is None:
            return None
        end = segments.end_of_lines(newest.fd, newest.size())
        self._go_to(newest, end)
        return segments.last_seq(newest.fd, end)

    def behind(self) -> bool:
        """Return whether something was written that is not read yet."""
        segment = self._segment
        if segment is None:
            return self._path.exists()
        return not segment.stands_at(self._path) or segment.size() > self.offset

    def place(self, seq: int) -> Place | None:
        """Return the place to save, None before there was a file; ``seq`` is the last line's number."""
        return None if self._segment is None else self._segment.place(self.offset, seq)

    def close(self) -> None:
        """Let go of the file."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def _go_to(self, segment: Opened, offset: int) -> None:
        self.close()
        self._segment = segment
        self.offset = offset
