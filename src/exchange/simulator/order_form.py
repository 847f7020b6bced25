"""A sendorder or editorder request, read from the words of the wire."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from src.exchange.simulator.errors import BadCall, Refused
from src.records.enums import Side

LIMIT_TYPES = frozenset({"lmt", "post", "ioc", "fok"})
TRIGGER_TYPES = frozenset({"stp", "take_profit"})
ORDER_TYPES = LIMIT_TYPES | TRIGGER_TYPES | {"mkt"}
_SIGNALS = {"last": "last", "mark": "mark", "index": "index", "spot": "index"}
_FLAGS = {"true": True, "false": False}
_LONGEST_CLIENT_ID = 100
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_LONGEST_NUMBER = 26
_LARGEST_NUMBER = Decimal("1e15")


@dataclass(frozen=True, slots=True)
class OrderForm:
    """A well-formed request for a new order; nothing is known yet of grids and funds."""

    symbol: str
    side: Side
    order_type: str
    size: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    trigger_signal: str | None
    reduce_only: bool
    cli_ord_id: str | None
    process_before: float | None


def read_order(params: Mapping[str, str]) -> OrderForm:
    """Return the form in ``params``; BadCall for what is missing, Refused for what has its own word."""
    order_type = required(params, "orderType")
    if order_type not in ORDER_TYPES:
        raise Refused("invalidOrderType")
    side = required(params, "side")
    if side not in {"buy", "sell"}:
        raise Refused("invalidSide")
    limit, stop = price(params, "limitPrice"), price(params, "stopPrice")
    if order_type in LIMIT_TYPES and limit is None:
        raise BadCall("requiredArgumentMissing: limitPrice")
    if order_type in TRIGGER_TYPES and stop is None:
        raise BadCall("requiredArgumentMissing: stopPrice")
    trigger = order_type in TRIGGER_TYPES
    return OrderForm(
        symbol=required(params, "symbol").upper(),
        side=Side(side),
        order_type=order_type,
        size=_size(required(params, "size")),
        limit_price=None if order_type == "mkt" else limit,
        stop_price=stop if trigger else None,
        trigger_signal=_signal(params.get("triggerSignal", "last")) if trigger else None,
        reduce_only=flag(params, "reduceOnly"),
        cli_ord_id=client_id(params),
        process_before=deadline(params),
    )


def required(params: Mapping[str, str], name: str) -> str:
    """Return a parameter that must be there."""
    value = params.get(name, "")
    if not value:
        raise BadCall(f"requiredArgumentMissing: {name}")
    return value


def decimal(text: str, name: str) -> Decimal:
    """Return a number of ordinary length and size."""
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise BadCall(f"invalidArgument: {name}")
    number = Decimal(text)
    if abs(number) > _LARGEST_NUMBER:
        raise BadCall(f"invalidArgument: {name}")
    return number


def price(params: Mapping[str, str], name: str) -> Decimal | None:
    """Return an optional price; it must be positive."""
    text = params.get(name, "")
    if not text:
        return None
    number = decimal(text, name)
    if number <= 0:
        raise Refused("invalidPrice")
    return number


def flag(params: Mapping[str, str], name: str) -> bool:
    """Return an optional flag, False where it is absent."""
    text = params.get(name, "")
    if not text:
        return False
    if text.lower() not in _FLAGS:
        raise BadCall(f"invalidArgument: {name}")
    return _FLAGS[text.lower()]


def client_id(params: Mapping[str, str]) -> str | None:
    """Return an optional client order id, at most 100 characters."""
    text = params.get("cliOrdId", "")
    if len(text) > _LONGEST_CLIENT_ID:
        raise Refused("clientOrderIdTooLong")
    return text or None


def deadline(params: Mapping[str, str]) -> float | None:
    """Return ``processBefore`` in seconds since the epoch, None where it is absent."""
    text = params.get("processBefore", "")
    return seconds_of(text, "processBefore") if text else None


def seconds_of(text: str, name: str) -> float:
    """Return an ISO time in seconds since the epoch."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadCall(f"invalidArgument: {name}") from None
    if moment.tzinfo is None:
        raise BadCall(f"invalidArgument: {name}")
    return moment.timestamp()


def _size(text: str) -> Decimal:
    size = decimal(text, "size")
    if size <= 0:
        raise Refused("invalidSize")
    return size


def _signal(word: str) -> str:
    if word not in _SIGNALS:
        raise BadCall("invalidArgument: triggerSignal")
    return _SIGNALS[word]
