"""Numbers as a person reads them, each with its unit."""

from datetime import UTC, datetime
from decimal import Decimal

_LARGER_UNITS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def moment(ts: float) -> str:
    """Return a moment as ISO 8601 in UTC, to the millisecond."""
    when = datetime.fromtimestamp(round(ts * 1000) / 1000, tz=UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def span(seconds: float) -> str:
    """Return a duration in its two largest units."""
    if seconds < 0:
        return f"-{span(-seconds)}"
    if seconds == 0:
        return "0 s"
    if seconds < 59.5:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    size, name, part, part_name = next(units for units in _LARGER_UNITS if whole >= units[0])
    rest = whole % size // part
    return f"{whole // size} {name}" + (f" {rest} {part_name}" if rest else "")


def usd(amount: float | Decimal) -> str:
    """Return an amount in USD, to the cent; a small one with two digits more."""
    value = float(amount)
    digits = 2 if abs(value) >= 0.1 or value == 0 else 4
    return f"{value:,.{digits}f} USD"


def signed_usd(amount: float | Decimal) -> str:
    """Return a gain or a loss in USD, with its sign."""
    return usd(amount) if amount <= 0 else f"+{usd(amount)}"


def bps(value: float) -> str:
    """Return a size in basis points."""
    return f"{value:,.1f} bps"


def signed_bps(value: float) -> str:
    """Return a move, a gain or a loss in basis points, with its sign."""
    return f"{value:+,.1f} bps"


def price(value: float | Decimal) -> str:
    """Return a price without the digits that say nothing."""
    return f"{float(value):,.10g}"


def share(value: float, *, digits: int = 1) -> str:
    """Return a fraction as percent."""
    return f"{100 * value:,.{digits}f} %"


def signed_share(value: float, *, digits: int = 2) -> str:
    """Return a change as percent, with its sign."""
    return f"{100 * value:+,.{digits}f} %"


def contracts(size: Decimal) -> str:
    """Return a number of contracts as the venue counts them."""
    return f"{size.normalize():f}"
