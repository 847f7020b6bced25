"""What Kraken's answer to an order means: a known yes, a known no, or neither, by whitelist."""

from collections.abc import Mapping
from decimal import Decimal

import orjson

from src.exchange.base import Answer, Outcome
from src.exchange.errors import NoAnswer
from src.exchange.kraken_answers import Raw, number, seconds

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
"""Refusals by the engine; ``clientOrderIdAlreadyExist`` is none, it says that the order is there."""

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


def order_answer(raw: object) -> Answer:
    """Return what an answer to ``sendorder`` means, by whitelist."""
    status = _section(raw, "sendStatus")
    word, order_id = _word(status), status.get("order_id")
    if word in _YES and isinstance(order_id, str) and order_id:
        return Answer(Outcome.YES, order_id, word, _executed(status), _received(status))
    if word in _NO:
        return Answer(Outcome.NO, None, word)
    return Answer(Outcome.UNKNOWN, order_id if isinstance(order_id, str) else None, word)


def cancel_answer(raw: object) -> Answer:
    """Return what an answer to ``cancelorder`` means; YES is that the order rests no longer."""
    word = _word(_section(raw, "cancelStatus"))
    return Answer(Outcome.YES if word in _CANCELLED else Outcome.UNKNOWN, None, word)


def refusal(body: str | None) -> str | None:
    """Return the word of an error body that proves that nothing reached the engine, else None."""
    word = error_word(body)
    return word if word in _NO_BEFORE_ENGINE else None


def error_word(body: str | None) -> str | None:
    """Return the word of an error body in either of its two shapes; None for whatever else came."""
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
    return error.partition(":")[0] if isinstance(error, str) else None


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


def _received(status: Raw) -> float | None:
    """Return when the exchange took an order; what it does not tell in its usual form leaves the yes a yes."""
    try:
        return seconds(status.get("receivedTime"))
    except (TypeError, ValueError):
        return None


def _executed(status: Raw) -> Decimal:
    events = status.get("orderEvents")
    if not isinstance(events, list):
        return Decimal(0)
    executions = (e for e in events if isinstance(e, Mapping) and e.get("type") == "EXECUTION")
    return sum((number(execution, "amount") for execution in executions), Decimal(0))
