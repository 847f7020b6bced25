"""Answers to requests that change something: sendStatus, editStatus, cancelStatus and their events."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from src.exchange.simulator.amend import EditResult
from src.exchange.simulator.desk import SendResult
from src.exchange.simulator.errors import Refused
from src.exchange.simulator.wire.orders import order_object, trigger_object
from src.exchange.simulator.wire.values import iso, number
from src.records.exchange_effects import Executed, OrderTerms
from src.records.exchange_journal import ExchangeOrder


def sent(result: SendResult, now: float) -> dict[str, object]:
    """Return the answer to an accepted order: executions first, then what rests."""
    terms = result.accepted
    events = _executions(terms, result.executions, terms.size, Decimal(0), now)
    for event in events:
        event["takerReducedQuantity"] = number(result.reduced_by)
    if result.rests is not None:
        events.append(_placed(result.rests, result.reduced_by))
    return {
        "sendStatus": {
            "order_id": terms.order_id,
            "cliOrdId": terms.cli_ord_id,
            "status": "placed",
            "receivedTime": iso(now),
            "orderEvents": events,
        }
    }


def send_refused(
    refused: Refused, params: Mapping[str, str], order_id: str | None, now: float
) -> dict[str, object]:
    """Return the answer to a refused order: bare, or with a REJECT event where the order met the book."""
    status: dict[str, object] = {"status": refused.word, "receivedTime": iso(now)}
    if order_id is not None:
        status["order_id"] = order_id
        status["orderEvents"] = [
            {
                "type": "REJECT",
                "uid": order_id,
                "reason": refused.reject or _in_capitals(refused.word),
                "order": _attempted(params, order_id, now),
            }
        ]
    return {"sendStatus": status}


def edited(result: EditResult, now: float) -> dict[str, object]:
    """Return the answer to an edit."""
    before, after = result.before, result.after
    moved = msgspec.structs.replace(before.terms, limit_price=after.terms.limit_price)
    size = after.open_size + after.filled - before.filled
    events = _executions(moved, result.executions, size, before.filled, now)
    events.append(
        {"type": "EDIT", "old": _shape(before), "new": _shape(after), "reducedQuantity": None},
    )
    return {
        "editStatus": {
            "status": "edited",
            "orderId": after.terms.order_id,
            "cliOrdId": after.terms.cli_ord_id,
            "receivedTime": iso(now),
            "orderEvents": events,
        }
    }


def edit_refused(refused: Refused, params: Mapping[str, str], now: float) -> dict[str, object]:
    """Return the answer to a refused edit."""
    status: dict[str, object] = {"status": refused.word, "receivedTime": iso(now), "orderEvents": []}
    for name in ("orderId", "cliOrdId"):
        if params.get(name):
            status[name] = params[name]
    return {"editStatus": status}


def cancelled(order: ExchangeOrder, now: float) -> dict[str, object]:
    """Return the answer to a cancel."""
    return {
        "cancelStatus": {
            "status": "cancelled",
            "order_id": order.terms.order_id,
            "cliOrdId": order.terms.cli_ord_id,
            "receivedTime": iso(now),
            "orderEvents": [_cancel_event(order)],
        }
    }


def cancel_refused(refused: Refused, now: float) -> dict[str, object]:
    """Return the answer to a cancel that found nothing to cancel."""
    return {"cancelStatus": {"status": refused.word, "receivedTime": iso(now)}}


def all_cancelled(orders: Sequence[ExchangeOrder], scope: str, now: float) -> dict[str, object]:
    """Return the answer to cancelallorders."""
    return {
        "cancelStatus": {
            "receivedTime": iso(now),
            "cancelOnly": scope,
            "status": "cancelled" if orders else "noOrdersToCancel",
            "cancelledOrders": [
                {"order_id": o.terms.order_id, "cliOrdId": o.terms.cli_ord_id} for o in orders
            ],
            "orderEvents": [_cancel_event(order) for order in orders],
        }
    }


def _executions(
    terms: OrderTerms, executions: Sequence[Executed], size: Decimal, filled: Decimal, now: float
) -> list[dict[str, object]]:
    events: list[dict[str, object]] = []
    for executed in executions:
        prior = ExchangeOrder(
            terms=terms,
            open_size=size,
            filled=filled,
            placed_ts=now,
            updated_ts=now,
            ended_ts=None,
            reason=None,
        )
        events.append(
            {
                "type": "EXECUTION",
                "executionId": executed.fill_id,
                "price": number(executed.price),
                "amount": number(executed.size),
                "orderPriorEdit": None,
                "orderPriorExecution": order_object(prior),
                "takerReducedQuantity": None,
            }
        )
        size -= executed.size
        filled += executed.size
    return events


def _placed(order: ExchangeOrder, reduced_by: Decimal | None) -> dict[str, object]:
    if order.terms.stop_price is not None:
        return {"type": "PLACE", "orderTrigger": trigger_object(order)}
    return {"type": "PLACE", "order": order_object(order), "reducedQuantity": number(reduced_by)}


def _cancel_event(order: ExchangeOrder) -> dict[str, object]:
    return {"type": "CANCEL", "uid": order.terms.order_id, "order": _shape(order)}


def _shape(order: ExchangeOrder) -> dict[str, object]:
    return order_object(order) if order.terms.stop_price is None else trigger_object(order)


def _in_capitals(word: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in word).upper()


def _attempted(params: Mapping[str, str], order_id: str, now: float) -> dict[str, object]:
    order_type = params.get("orderType")
    return {
        "orderId": order_id,
        "cliOrdId": params.get("cliOrdId") or None,
        "type": "ioc" if order_type == "mkt" else order_type,
        "symbol": params.get("symbol", "").upper(),
        "side": params.get("side"),
        "quantity": _as_sent(params.get("size")),
        "filled": 0,
        "limitPrice": _as_sent(params.get("limitPrice")),
        "reduceOnly": params.get("reduceOnly", "").lower() == "true",
        "timestamp": iso(now),
        "lastUpdateTimestamp": iso(now),
    }


def _as_sent(text: str | None) -> float | None:
    """Return a number of a refused request, None where it sent none."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
