"""Numbers as a person reads them: with a sign where it matters, and their unit."""

from datetime import UTC, datetime
from decimal import Decimal

NOTHING = "\N{EN DASH}"
"""Where a number is not known."""
MINUS = "\N{MINUS SIGN}"


def count(value: int) -> str:
    """Return a whole number with thousands set apart."""
    return f"{value:,}"


def usd(value: float | Decimal | None, *, signed: bool = True) -> str:
    """Return an amount in USD."""
    return _number(value, digits=2, signed=signed, unit=" USD")


def amount(value: float | Decimal) -> str:
    """Return an amount whose unit stands elsewhere, as in the head of its column."""
    return _number(value, digits=2, signed=True, unit="")


def bps(value: float | None, *, signed: bool = True) -> str:
    """Return a share of notional in bps."""
    return _number(value, digits=1, signed=signed, unit=" bps")


def percent(value: float | None, *, digits: int = 1, signed: bool = False) -> str:
    """Return a share (0..1) in percent."""
    return _number(None if value is None else 100 * value, digits=digits, signed=signed, unit=" %")


def share(part: int, whole: int) -> str:
    """Return a part of a whole in percent; nothing where the whole is empty."""
    return percent(part / whole) if whole else NOTHING


def interval(low: float | None, high: float | None, *, unit: str = "bps", digits: int = 1) -> str:
    """Return an interval, e.g. ``-3.1 to +2.2 bps``."""
    if low is None or high is None:
        return NOTHING
    ends = (_number(end, digits=digits, signed=True, unit="") for end in (low, high))
    return f"{' to '.join(ends)} {unit}"


def when(ts: float | None) -> str:
    """Return a moment in UTC to the minute."""
    return NOTHING if ts is None else f"{datetime.fromtimestamp(ts, UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float | None) -> str:
    """Return a length of time in the two largest units that it has."""
    if seconds is None:
        return NOTHING
    left, words = round(seconds), list[str]()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        whole, left = divmod(left, length)
        if whole or (unit == "s" and not words):
            words.append(f"{whole} {unit}")
    return " ".join(words[:2])


def _number(value: float | Decimal | None, *, digits: int, signed: bool, unit: str) -> str:
    if value is None:
        return NOTHING
    text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("+-")
    return text.replace("-", MINUS) + unit
