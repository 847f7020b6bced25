"""How far a stream was read."""

from src.records.base import Record


class Place(Record, frozen=True, kw_only=True):
    """Where a reader stands in a file of numbered segments."""

    dev: int
    ino: int
    segment: int
    head_crc: int
    """Of the segment's first line: an inode number is used again after a deletion."""
    offset: int
    """Bytes of the segment that are read."""
    seq: int
    """Number of the last record read; the line before ``offset`` carries it."""
