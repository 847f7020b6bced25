"""What every record on disk has in common."""

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False, gc=False):
    """A value that stands on disk, or inside one that does.

    A log line gains fields only with a default, so that older lines stay readable.
    """


class Line(Record, frozen=True, kw_only=True):
    """One line of a JSONL file.

    Its writer adds the envelope: ``v`` (version of the format), ``seq`` (one more than the line before),
    ``time`` (``ts`` for the human who tails), ``w`` (who wrote) and ``boot`` (which start of the writer).
    """

    ts: float
    """When it happened, in seconds since the epoch, UTC, on the market's clock."""


class Document(Record, frozen=True, kw_only=True):
    """One JSON document, replaced as a whole.

    Its writer adds ``v``, ``time`` and ``w``, as for a line.
    """

    ts: float
    """When it was written, in seconds since the epoch, UTC, on the market's clock."""


class Config(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON document that a human edits; keys that start with ``_`` are the human's own."""
