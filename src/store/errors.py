"""What can go wrong with a file of state.

StoreError
 +- WriteFailed            a write did not happen; nothing of it is on disk
 |   +- DiskFull           no space or no quota: try again once there is some
 |   +- NonFiniteNumber    a record holds nan or an infinity
 +- MoneyFileError         a money file may have lost what it acknowledged; never retried
 +- WriterExists           another writer holds the file
 +- FileLocked             somebody else holds the lock
 |   +- HomeLocked         another bot runs in this home
 +- CorruptLine            a whole line that cannot be read
 +- LinesMissing           a reader of money found a hole in the numbering, or an older file
 +- CorruptDocument        a document that cannot be read
 +- ConfigError            a hand-edited file that is no configuration, with every fault found
 +- ConfigConflict         a hand-edited file changed while the program wanted to
 +- HomeMismatch           a home that is bound to something else
"""

import errno
from pathlib import Path

from src.records.operations import ConfigFault

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


class StoreError(Exception):
    """A file of state could not be read or written."""


class WriteFailed(StoreError):
    """A write did not happen; what was written of it has been undone."""


class DiskFull(WriteFailed):
    """There is no space or no quota left; the next write may succeed."""


class NonFiniteNumber(WriteFailed):
    """A record holds a number that JSON cannot say."""


class MoneyFileError(StoreError):
    """A money file could not be made durable: the process must end and read it again."""


class WriterExists(StoreError):
    """Another writer holds the file."""


class FileLocked(StoreError):
    """Somebody else holds the lock."""


class HomeLocked(FileLocked):
    """Another bot runs in this home."""

    def __init__(self, message: str, *, pid: int | None, started: str | None) -> None:
        super().__init__(message)
        self.pid = pid
        """Of the holder, as it wrote it down; for humans."""
        self.started = started


class CorruptLine(StoreError):
    """A whole line of a JSONL file cannot be read."""

    def __init__(self, path: Path, *, offset: int, reason: str) -> None:
        super().__init__(f"{path}: the line at byte {offset} cannot be read: {reason}")
        self.path = path
        self.offset = offset
        self.reason = reason


class LinesMissing(StoreError):
    """A file that must be whole has a hole in its numbering, or is older than what was read of it."""


class CorruptDocument(StoreError):
    """A document cannot be read; a copy is in quarantine."""


class ConfigError(StoreError):
    """A hand-edited file is no configuration."""

    def __init__(self, faults: tuple[ConfigFault, ...]) -> None:
        super().__init__("\n".join(describe(fault) for fault in faults))
        self.faults = faults


class ConfigConflict(StoreError):
    """A hand-edited file changed, or was broken, while the program wanted to change it."""


class HomeMismatch(StoreError):
    """A home is bound to another mode, market or account."""


def describe(fault: ConfigFault) -> str:
    """Return a fault as one line: file, line, column, key and rule."""
    key = f"{fault.key}: " if fault.key else ""
    return f"{fault.file}:{fault.line}:{fault.column}: {key}{fault.rule}"


def write_error(error: OSError, path: Path) -> WriteFailed:
    """Return what a failed write of ``path`` means."""
    kind = DiskFull if error.errno in _NO_SPACE else WriteFailed
    return kind(f"{path}: {error.strerror or error}")
