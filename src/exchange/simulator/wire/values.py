"""Single values as the wire writes them."""

from datetime import UTC, datetime
from decimal import Decimal


def iso(ts: float) -> str:
    """Return seconds since the epoch as ISO 8601 with milliseconds and ``Z``."""
    return datetime.fromtimestamp(round(ts, 3), tz=UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def millis(ts: float) -> int:
    """Return seconds since the epoch as whole milliseconds."""
    return round(ts * 1000)


def number(value: Decimal | None) -> float | None:
    """Return an amount as a JSON number."""
    return None if value is None else float(value)


def text(value: Decimal) -> str:
    """Return an amount as the history service writes it: no exponent, no trailing zeros."""
    return f"{value.normalize():f}"
