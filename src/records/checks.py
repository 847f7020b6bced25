"""What was tried out before money is at stake: how the venue behaves, and whether everything is in place."""

import enum

from src.records.base import Document, Record


class Standing(enum.Enum):
    """How one question came out."""

    OK = "ok"
    NOTE = "note"
    """Good to know; nothing to do."""
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"
    """Not asked; the row says why."""


class CheckRow(Record, frozen=True, kw_only=True):
    """One question and its answer."""

    name: str
    standing: Standing
    found: str
    wanted: str
    """What was expected, or what to do; empty where nothing is."""


class Conformance(Document, frozen=True, kw_only=True):
    """``run/conform_<mode>.json``: what a venue answered to the open questions about its protocol."""

    mode: str
    version: str
    """Of the bot: the release, and a hash of its code and of its locked packages."""
    venue: str
    passed: bool
    answers: tuple[CheckRow, ...]


class Preflight(Document, frozen=True, kw_only=True):
    """``run/preflight_<mode>.json``: whether everything was in place."""

    mode: str
    version: str
    tested: str
    """A hash of the addresses and the key that it is of."""
    passed: bool
    rows: tuple[CheckRow, ...]
