"""What every writer of a JSONL file does with its segments: names them, numbers them, forgets the oldest."""

from collections.abc import Callable
from pathlib import Path

import orjson

from src.store import segments
from src.store.appender import Appender
from src.store.encoding import IsoTime
from src.store.errors import write_error


class Envelope:
    """What stands around a writer's records: who wrote, at which start, and what its control lines say."""

    def __init__(self, *, writer: str, boot: str, now: Callable[[], float] | None) -> None:
        self._writer = writer
        self._boot = boot
        self._now = now
        self._iso = IsoTime()
        origin = b'"w":%b,"boot":"%b"' % (orjson.dumps(writer), boot.encode("ascii"))
        self.shape = b'{"v":1,"seq":%d,"time":"%b",' + origin.replace(b"%", b"%%") + b",%b\n"
        """A line, to be filled with its number, its time and its record without the opening brace."""

    def control_line(self, kind: str, *, seq: int, **fields: object) -> bytes:
        """Return a control line after the record with number ``seq``."""
        when: dict[str, object] = {}
        if self._now is not None:
            ts = self._now()
            when = {"time": self._iso.text(ts), "ts": ts}
        line = {"v": 1, "seq": seq, "control": kind, **fields, **when}
        line |= {"w": self._writer, "boot": self._boot}
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)

    def header(self, reason: str, *, number: int, seq: int, money: bool) -> bytes:
        """Return the first line of a segment."""
        return self.control_line("segment", seq=seq, n=number, first_seq=seq + 1, money=money, reason=reason)


def spare_path(path: Path) -> Path:
    """Return where the next segment is begun before it gets the file's name."""
    return path.parent / f".{path.name}.next"


def exchange(path: Path, *, closed: Path, fresh: Path) -> None:
    """Give the closed segment its number, and the fresh one the name."""
    try:
        path.rename(closed)
    except OSError as error:
        raise write_error(error, path) from error
    try:
        fresh.rename(path)
    except OSError as error:
        closed.rename(path)
        raise write_error(error, path) from error


def last_seq_of(closed: dict[int, Path]) -> int:
    """Return the number of the last record in the closed segments, 0 where there is none."""
    for path in reversed(closed.values()):
        segment = Appender(path)
        try:
            last = segment.last_seq()
        finally:
            segment.close()
        if last is not None:
            return last
    return 0


def forget_oldest(path: Path, keep: int | None) -> None:
    """Remove all but the newest ``keep`` closed segments; None keeps every one."""
    if keep is None:
        return
    closed = list(segments.closed_segments(path).values())
    for old in closed[: max(0, len(closed) - keep)]:
        old.unlink(missing_ok=True)
