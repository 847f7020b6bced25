"""What Kraken's raw JSON says; whatever is not exactly as documented is no answer.

Numbers come as floats; ``Decimal(str(x))`` gives back the digits that were sent.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import orjson

from src.exchange.base import (
    AccountLogEntry,
    AccountState,
    Answer,
    ExchangePosition,
    Fill,
    Instrument,
    OpenOrder,
    OrderStatus,
    Outcome,
    Quote,
)
from src.exchange.errors import NoAnswer
from src.records.enums import Side

Raw = Mapping[str, object]
T = TypeVar("T")

_YES = frozenset({"placed", "partiallyFilled", "filled"})
_NO = frozenset(
    {
        "insufficientAvailableFunds",
        "invalidSize",
        "invalidPrice",
        "invalidSide",
        "invalidOrderType",
        "outsidePriceCollar",
        "postWouldExecute",
        "iocWouldNotExecute",
        "maxPositionViolation",
        "clientOrderIdTooLong",
        "clientOrderIdTooBig",
        "clientOrderIdInvalid",
        "wouldNotReducePosition",
        "selfFill",
        "tooManySmallOrders",
        "tooManyOrders",
        "marketSuspended",
        "marketInactive",
        "marketIsPostOnly",
        "wouldCauseLiquidation",
        "wouldIncreasePriceDislocation",
        "fixedLeverageTooHigh",
        "wouldProcessAfterSpecifiedTime",
    }
)
"""Refusals by the engine. ``clientOrderIdAlreadyExist`` is not among them: it says that the order is there."""

_NO_BEFORE_ENGINE = frozenset(
    {
        "accountInactive",
        "apiLimitExceeded",
        "authenticationError",
        "contractNotFound",
        "insufficientFunds",
        "INSUFFICIENT_MARGIN",
        "invalidAccount",
        "invalidAmount",
        "invalidArgument",
        "invalidUnit",
        "marketUnavailable",
        "nonceBelowThreshold",
        "nonceDuplicate",
        "requiredArgumentMissing",
        "Json Parse Error",
    }
)
_CANCELLED = frozenset({"cancelled", "filled", "notFound"})
_KINDS = {"buy": Side.BUY, "sell": Side.SELL}
_SIGNS = {"long": 1, "short": -1}


def order_answer(raw: object) -> Answer:
    """Return what an answer to ``sendorder`` means, by whitelist."""
    status = _section(raw, "sendStatus")
    word, order_id = _word(status), status.get("order_id")
    if word in _YES and isinstance(order_id, str) and order_id:
        return Answer(Outcome.YES, order_id, word, _executed(status))
    if word in _NO:
        return Answer(Outcome.NO, None, word)
    return Answer(Outcome.UNKNOWN, order_id if isinstance(order_id, str) else None, word)


def cancel_answer(raw: object) -> Answer:
    """Return what an answer to ``cancelorder`` means; YES is that the order rests no longer."""
    word = _word(_section(raw, "cancelStatus"))
    return Answer(Outcome.YES if word in _CANCELLED else Outcome.UNKNOWN, None, word)


def refusal(body: str | None) -> str | None:
    """Return the word of an error body that proves that nothing reached the engine, else None."""
    try:
        raw = orjson.loads(body or "")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(raw, dict) or raw.get("result") != "error":
        return None
    error = raw.get("error")
    if error is None and isinstance(raw.get("errors"), list) and raw["errors"]:
        first = raw["errors"][0]
        error = first.get("message") if isinstance(first, dict) else None
    word = error.partition(":")[0] if isinstance(error, str) else None
    return word if word in _NO_BEFORE_ENGINE else None


def rows(raw: object, key: str, parse: Callable[[Raw], T]) -> tuple[T, ...]:
    """Return the rows of a list that must be there; NoAnswer for anything else."""
    listed = raw.get(key) if isinstance(raw, Mapping) else None
    if not isinstance(listed, list):
        raise NoAnswer(f"no list {key!r} in the answer")
    return tuple(_parsed(row, parse) for row in listed)


def one(raw: object, keys: tuple[str, ...], parse: Callable[[Raw], T]) -> T:
    """Return a nested object that must be there; NoAnswer for anything else."""
    found: object = raw
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return _parsed(found, parse)


def instrument(row: Raw) -> Instrument | None:
    """Return a contract; None for an index or a contract that is not a multi-collateral perpetual."""
    if row["type"] != "flexible_futures" or not str(row["symbol"]).startswith("PF_"):
        return None
    return Instrument(
        symbol=_text(row, "symbol"),
        tick_size=_number(row, "tickSize"),
        size_step=Decimal(1).scaleb(-int(_number(row, "contractValueTradePrecision"))),
        max_position=_number(row, "maxPositionSize"),
        tradeable=row["tradeable"] is True,
        post_only=row.get("postOnly") is True,
    )


def quote(row: Raw) -> Quote:
    """Return the best prices of a ticker; bid, ask and last may be absent on a quiet contract."""
    return Quote(
        symbol=_text(row, "symbol"),
        bid=_optional(row, "bid"),
        ask=_optional(row, "ask"),
        mark=_optional(row, "markPrice"),
        last=_optional(row, "last"),
    )


def account(row: Raw) -> AccountState:
    """Return the multi-collateral account."""
    return AccountState(
        balance=_number(row, "balanceValue"),
        margin_equity=_number(row, "marginEquity"),
        available_margin=_number(row, "availableMargin"),
        unrealised=_number(row, "totalUnrealized"),
    )


def open_order(row: Raw) -> OpenOrder:
    """Return one of ``openorders``."""
    return OpenOrder(
        order_id=_text(row, "order_id"),
        cli_ord_id=_name(row, "cliOrdId"),
        symbol=_text(row, "symbol"),
        side=_KINDS[_text(row, "side")],
        kind=_text(row, "orderType"),
        unfilled=_number(row, "unfilledSize"),
        filled=_number(row, "filledSize"),
        limit_price=_optional(row, "limitPrice"),
        stop_price=_optional(row, "stopPrice"),
        reduce_only=row.get("reduceOnly") is True,
    )


def order_status(row: Raw) -> OrderStatus:
    """Return one of ``orders/status``; a trigger order has no ``filled``."""
    order = row["order"]
    if not isinstance(order, Mapping):
        raise TypeError("order is no object")
    return OrderStatus(
        order_id=_text(order, "orderId"),
        cli_ord_id=_name(order, "cliOrdId"),
        status=_text(row, "status"),
        filled=_optional(order, "filled") or Decimal(0),
        unfilled=_number(order, "quantity"),
    )


def fill(row: Raw) -> Fill:
    """Return one of ``fills``."""
    return Fill(
        fill_id=_text(row, "fill_id"),
        order_id=_text(row, "order_id"),
        cli_ord_id=_name(row, "cliOrdId"),
        symbol=_text(row, "symbol"),
        side=_KINDS[_text(row, "side")],
        size=_number(row, "size"),
        price=_number(row, "price"),
        ts=seconds(row["fillTime"]),
        fill_type=_text(row, "fillType"),
    )


def position(row: Raw) -> ExchangePosition:
    """Return one of ``openpositions``."""
    return ExchangePosition(
        symbol=_text(row, "symbol"),
        quantity=_SIGNS[_text(row, "side")] * _number(row, "size"),
        entry_price=_number(row, "price"),
    )


def log_entry(row: Raw) -> AccountLogEntry | None:
    """Return a row of the account log that moved cash; None for the row of the position beside it."""
    contract = row.get("contract")
    if row["asset"] == contract:
        return None
    execution = row.get("execution")
    return AccountLogEntry(
        entry_id=str(row["id"]),
        ts=seconds(row["date"]),
        kind=_text(row, "info"),
        symbol=contract.upper() if isinstance(contract, str) else None,
        fill_id=execution if isinstance(execution, str) and execution else None,
        fee=_optional(row, "fee") or Decimal(0),
        funding=_optional(row, "realized_funding") or Decimal(0),
    )


def seconds(text: object) -> float:
    """Return a time of the wire in seconds since the epoch; ValueError for what is none."""
    if not isinstance(text, str):
        raise TypeError(f"not a time: {text!r}")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text!r}")
    return moment.timestamp()


def wire_time(ts: float) -> str:
    """Return seconds since the epoch as the wire writes them, milliseconds rounded down."""
    moment = datetime.fromtimestamp(int(ts * 1000) / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _parsed(row: object, parse: Callable[[Raw], T]) -> T:
    if not isinstance(row, Mapping):
        raise NoAnswer(f"not an object: {row!r}")
    try:
        return parse(row)
    except (LookupError, TypeError, ValueError, InvalidOperation) as fault:
        raise NoAnswer(f"cannot be read: {fault!r}") from fault


def _section(raw: object, key: str) -> Raw:
    if not isinstance(raw, Mapping) or raw.get("result") != "success":
        raise NoAnswer("no success in the answer")
    section = raw.get(key)
    if not isinstance(section, Mapping):
        raise NoAnswer(f"no {key} in the answer")
    return section


def _word(status: Raw) -> str:
    word = status.get("status")
    return word if isinstance(word, str) else "no_status"


def _executed(status: Raw) -> Decimal:
    events = status.get("orderEvents")
    if not isinstance(events, list):
        return Decimal(0)
    executions = (e for e in events if isinstance(e, Mapping) and e.get("type") == "EXECUTION")
    return sum((_number(execution, "amount") for execution in executions), Decimal(0))


def _text(row: Raw, key: str) -> str:
    value = row[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is no text")
    return value


def _name(row: Raw, key: str) -> str | None:
    value = row.get(key)
    return value if isinstance(value, str) and value else None


def _optional(row: Raw, key: str) -> Decimal | None:
    return None if row.get(key) is None else _number(row, key)


def _number(row: Raw, key: str) -> Decimal:
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{key} is no number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"{key} is not finite")
    return number
