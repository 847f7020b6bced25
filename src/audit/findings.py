"""What an audit finds: claims that hold, claims that do not, and claims that nothing on record can decide."""

from collections import Counter
from dataclasses import dataclass

KEPT = 100
"""Violations of one claim that are kept word for word; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One record that refutes a claim."""

    claim: str
    file: str
    """Within the home."""
    seq: int | None
    """The line's number; None for a document, or where the line is missing."""
    ids: tuple[str, ...]
    """What it is about: signals, orders, fills."""
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a record stands, and what it is about."""

    file: str
    seq: int | None
    ids: tuple[str, ...] = ()


class Findings:
    """Everything found so far, in bounded memory."""

    def __init__(self) -> None:
        self.proven: Counter[str] = Counter()
        """By claim: how often it was seen to hold."""
        self.refuted: Counter[str] = Counter()
        self.violations: list[Violation] = []
        self.open: Counter[tuple[str, str]] = Counter()
        """By claim and reason: what could be neither proven nor refuted."""

    def prove(self, claim: str, count: int = 1) -> None:
        """Note that a claim was seen to hold."""
        self.proven[claim] += count

    def refute(self, claim: str, spot: Spot, *, expected: object, found: object) -> None:
        """Note a record that refutes a claim."""
        self.refuted[claim] += 1
        if self.refuted[claim] <= KEPT:
            self.violations.append(
                Violation(
                    claim=claim,
                    file=spot.file,
                    seq=spot.seq,
                    ids=spot.ids,
                    expected=text(expected),
                    found=text(found),
                )
            )

    def leave_open(self, claim: str, why: str, count: int = 1) -> None:
        """Note that nothing on record decides a claim."""
        self.open[claim, why] += count

    def same(self, claim: str, spot: Spot, *, what: str, expected: object, found: object) -> bool:
        """Prove a claim where two values are the same, else refute it; return which."""
        if expected == found:
            self.proven[claim] += 1
            return True
        self.refute(claim, spot, expected=f"{what} {text(expected)}", found=found)
        return False


def text(value: object) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.17g}"
    if isinstance(value, tuple | list):
        return ", ".join(text(part) for part in value) or "none"
    word = getattr(value, "value", value)
    return str(word)
