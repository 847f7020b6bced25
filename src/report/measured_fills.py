"""Fills against the price that they were decided at."""

import enum
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from src.records.base import Record
from src.records.enums import OrderPurpose
from src.records.ledger import FillBooked
from src.records.orders import OrderIntent
from src.report.names import decision_ts
from src.report.prices import Mids

_BPS = Decimal(10_000)


class FillRole(enum.Enum):
    """What a fill did to its position."""

    ENTRY = "ENTRY"
    EXIT = "EXIT"
    STOP = "STOP"
    """A part of a fired stop, or the rest of one that was left at the market."""


class MeasuredFill(Record, frozen=True, kw_only=True):
    """One execution, or the part of it that belongs to one position."""

    ts: float
    fill_id: str
    cli_ord_id: str | None
    role: FillRole
    size: Decimal
    """In contracts, positive."""
    price: Decimal
    """In USD."""
    decided_ts: float | None
    """When it was decided, for a stop when it was placed; None where it was not the bot that decided."""
    reference: Decimal | None
    """The price it was decided at, in USD: of a stop its stop price; None where none was recorded."""
    slippage_usd: Decimal | None
    """Against the reference; below 0 is a cost; None without a reference."""
    slippage_bps: float | None
    """The same in bps of the value at the reference."""
    fee_usd: Decimal
    """Positive is paid."""
    fill_type: str
    reason: str


class SentOrder(NamedTuple):
    """As much of an order as its fills are measured by."""

    ts: float
    purpose: OrderPurpose
    stop_price: Decimal | None


class SentOrders:
    """The orders that were sent, and the newest stop of each position."""

    def __init__(self, intents: Iterable[OrderIntent]) -> None:
        self._orders: dict[str, SentOrder] = {}
        self._stops: dict[str, Decimal] = {}
        for intent in intents:
            self._orders[intent.cli_ord_id] = SentOrder(intent.ts, intent.purpose, intent.stop_price)
            if intent.stop_price is not None:
                self._stops[intent.position_id] = intent.stop_price

    def find(self, cli_ord_id: str | None) -> SentOrder | None:
        """Return one of our orders, or None."""
        return None if cli_ord_id is None else self._orders.get(cli_ord_id)

    def stop_price(self, position_id: str | None) -> Decimal | None:
        """Return the price of a position's newest stop in USD, or None where it had none."""
        return None if position_id is None else self._stops.get(position_id)


def measured(fill: FillBooked, *, size: Decimal, opening: bool, sent: SentOrders, mids: Mids) -> MeasuredFill:
    """Return a fill, or the part of it with this size, against the price that it was decided at."""
    role = _role(fill, opening=opening)
    order = sent.find(fill.cli_ord_id)
    decided = _decided_ts(fill, role, order)
    reference = _reference(fill, role, order, decided=decided, sent=sent, mids=mids)
    slippage = None if reference is None else -fill.side.sign * size * (fill.price - reference)
    return MeasuredFill(
        ts=fill.ts,
        fill_id=fill.fill_id,
        cli_ord_id=fill.cli_ord_id,
        role=role,
        size=size,
        price=fill.price,
        decided_ts=decided,
        reference=reference,
        slippage_usd=slippage,
        slippage_bps=None if slippage is None or reference is None else in_bps(slippage, size * reference),
        fee_usd=fill.fee_usd if size == fill.size else fill.fee_usd * size / fill.size,
        fill_type=fill.fill_type,
        reason=fill.reason,
    )


def in_bps(amount: Decimal, value: Decimal) -> float:
    """Return an amount in bps of a value."""
    return float(amount / value * _BPS)


def _role(fill: FillBooked, *, opening: bool) -> FillRole:
    if opening:
        return FillRole.ENTRY
    return FillRole.STOP if fill.reason == "stop" else FillRole.EXIT


def _decided_ts(fill: FillBooked, role: FillRole, order: SentOrder | None) -> float | None:
    if order is None:
        return None
    return decision_ts(fill.signal_id) if role is FillRole.ENTRY else order.ts


def _reference(
    fill: FillBooked,
    role: FillRole,
    order: SentOrder | None,
    *,
    decided: float | None,
    sent: SentOrders,
    mids: Mids,
) -> Decimal | None:
    if order is None or decided is None:
        return None
    if role is FillRole.STOP:
        return order.stop_price or sent.stop_price(fill.position_id)
    if role is FillRole.ENTRY:
        return mids.closing(fill.symbol, decided) if order.purpose is OrderPurpose.ENTRY else None
    return mids.known(fill.symbol, decided)
