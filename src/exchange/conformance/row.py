"""Rows of an answer sheet."""

from src.records.checks import CheckRow, Standing


def ok(name: str, found: str, wanted: str = "") -> CheckRow:
    """Return an answer that the bot counts on."""
    return CheckRow(name=name, standing=Standing.OK, found=found, wanted=wanted)


def note(name: str, found: str) -> CheckRow:
    """Return an answer of which any is fine."""
    return CheckRow(name=name, standing=Standing.NOTE, found=found, wanted="")


def warn(name: str, found: str, wanted: str) -> CheckRow:
    """Return an answer that a person should look at."""
    return CheckRow(name=name, standing=Standing.WARN, found=found, wanted=wanted)


def fail(name: str, found: str, wanted: str) -> CheckRow:
    """Return an answer that the bot cannot live with."""
    return CheckRow(name=name, standing=Standing.FAIL, found=found, wanted=wanted)


def skipped(name: str, why: str) -> CheckRow:
    """Return a question that was not asked."""
    return CheckRow(name=name, standing=Standing.SKIPPED, found=why, wanted="")


def judged(name: str, found: str, *, fits: bool, wanted: str) -> CheckRow:
    """Return an answer that the bot counts on: ok where it fits, fail where it does not."""
    return ok(name, found) if fits else fail(name, found, wanted)
