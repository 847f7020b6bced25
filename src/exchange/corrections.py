"""Where a position stays other than the ledger's although every fill is booked: what makes them agree.

For quantity the venue is right. The executions that would explain it are unknown, so they are replaced by ones
whose names follow from the two quantities alone, and that realise nothing: what was really gained or lost the
account log tells.
"""

import hashlib
from decimal import Decimal

from src.exchange.base import ExchangePosition, Fill
from src.ledger.position import OpenPosition
from src.records.enums import Side

FILL_TYPE = "reconciled"
_ZERO = Decimal(0)


def corrections(
    symbol: str, known: OpenPosition | None, there: ExchangePosition | None, *, after: float | None, ts: float
) -> list[Fill]:
    """Return the fills that turn the ledger's position into the venue's; at most one closes and one opens.

    ``after`` is the time of the ledger's newest fill: with the quantities it makes the names, so that a
    correction that was made before a restart is not made again.
    """
    old = known.quantity if known is not None else _ZERO
    new = there.quantity if there is not None else _ZERO
    steps = [(old, new)] if old * new >= 0 else [(old, _ZERO), (_ZERO, new)]
    return [
        Fill(
            fill_id=_name(symbol, before, then, after),
            order_id=_name(symbol, before, then, after),
            cli_ord_id=None,
            symbol=symbol,
            side=Side.BUY if then > before else Side.SELL,
            size=abs(then - before),
            price=_price(known, there, before, then),
            ts=ts,
            fill_type=FILL_TYPE,
        )
        for before, then in steps
        if then != before
    ]


def _price(
    known: OpenPosition | None, there: ExchangePosition | None, before: Decimal, then: Decimal
) -> Decimal:
    """Return the price that leaves the venue's average where the position grows, and realises nothing elsewhere."""
    grows = abs(then) > abs(before)
    if grows and there is not None:
        if known is None or not before:
            return there.entry_price
        added = (then * there.entry_price - before * known.entry_price) / (then - before)
        return added if added > 0 else there.entry_price
    return known.entry_price if known is not None else _ZERO


def _name(symbol: str, before: Decimal, then: Decimal, after: float | None) -> str:
    text = f"{symbol}|{before.normalize():f}|{then.normalize():f}|{after}"
    return f"{FILL_TYPE}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"
