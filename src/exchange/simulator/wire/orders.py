"""Orders as REST tells them: in events, among the open ones, and by status."""

from collections.abc import Mapping

from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.triggers import fires_above
from src.exchange.simulator.wire.rows import Rows, Shape
from src.exchange.simulator.wire.values import iso, number
from src.records.exchange_effects import OrderTerms
from src.records.exchange_journal import ExchangeOrder

_EVENT_TYPES = {"mkt": "ioc"}
_SIGNALS = {"last": "last_price", "mark": "mark_price", "index": "spot_price"}
_OPEN_TYPES = {"stp": "stop"}
_UPDATE_REASONS = {
    "full_fill": "FULL_FILL",
    "cancelled_by_user": "CANCELLED_BY_USER",
    "dead_man_switch": "DEAD_MAN_SWITCH",
    "liquidation": "LIQUIDATION_ORDER",
    "stop_order_triggered": "STOP_ORDER_TRIGGERED",
    "would_not_reduce_position": "WOULD_NOT_REDUCE_POSITION",
    "would_execute_self": "WOULD_EXECUTE_SELF_REASON",
    "ioc_order_failed_because_it_would_not_be_executed": "IOC_WOULD_NOT_EXECUTE_REASON",
}


def order_object(order: ExchangeOrder) -> dict[str, object]:
    """Return an order as order events carry it; ``quantity`` is the open remainder."""
    terms = order.terms
    return {
        "orderId": terms.order_id,
        "cliOrdId": terms.cli_ord_id,
        "type": _EVENT_TYPES.get(terms.order_type, terms.order_type),
        "symbol": terms.symbol,
        "side": terms.side.value,
        "quantity": number(order.open_size),
        "filled": number(order.filled),
        "limitPrice": number(terms.limit_price),
        "reduceOnly": terms.reduce_only,
        "timestamp": iso(order.placed_ts),
        "lastUpdateTimestamp": iso(order.updated_ts),
    }


def trigger_object(order: ExchangeOrder) -> dict[str, object]:
    """Return a stop or take-profit as order events carry it."""
    terms = order.terms
    return {
        "uid": terms.order_id,
        "clientId": terms.cli_ord_id,
        "type": "ioc" if terms.limit_price is None else "lmt",
        "symbol": terms.symbol,
        "side": terms.side.value,
        "quantity": number(order.open_size),
        "limitPrice": number(terms.limit_price),
        "triggerPrice": number(terms.stop_price),
        "triggerSide": "trigger_above" if fires_above(terms) else "trigger_below",
        "triggerSignal": _SIGNALS[terms.trigger_signal or "last"],
        "reduceOnly": terms.reduce_only,
        "timestamp": iso(order.placed_ts),
        "lastUpdateTimestamp": iso(order.updated_ts),
        "startTime": None,
    }


class OpenOrders:
    """The answer that tells the open orders."""

    def __init__(self, state: ExchangeState) -> None:
        self._state = state
        self._rows = Rows(_open_order)
        self._newest: list[Shape] = []
        self._changes = -1

    def answer(self) -> dict[str, object]:
        """Return the open orders, newest first; triggers are among them."""
        if self._changes != self._state.changes:
            newest_first = sorted(self._state.open.items(), key=lambda pair: -pair[1].placed_ts)
            self._newest = self._rows.of(newest_first)
            self._changes = self._state.changes
        return {"openOrders": self._newest}


def order_statuses(state: ExchangeState, params: Mapping[str, str], now: float) -> dict[str, object]:
    """Return the orders that are open or ended within the short memory, filtered by the ids asked for."""
    ids = set(filter(None, params.get("orderIds", "").split("\n")))
    own = set(filter(None, params.get("cliOrdIds", "").split("\n")))
    known = [*state.open.values(), *state.remembered(now)]
    wanted = [o for o in known if not (ids or own) or o.terms.order_id in ids or o.terms.cli_ord_id in own]
    return {"orders": [_status(order) for order in wanted]}


def _open_order(order: ExchangeOrder) -> dict[str, object]:
    terms = order.terms
    shape: dict[str, object] = {
        "order_id": terms.order_id,
        "symbol": terms.symbol,
        "side": terms.side.value,
        "orderType": _OPEN_TYPES.get(terms.order_type, terms.order_type),
        "unfilledSize": number(order.open_size),
        "receivedTime": iso(order.placed_ts),
        "status": "partiallyFilled" if order.filled else "untouched",
        "filledSize": number(order.filled),
        "reduceOnly": terms.reduce_only,
        "lastUpdateTime": iso(order.updated_ts),
    }
    if terms.cli_ord_id is not None:
        shape["cliOrdId"] = terms.cli_ord_id
    if terms.limit_price is not None:
        shape["limitPrice"] = number(terms.limit_price)
    if terms.stop_price is not None:
        shape["stopPrice"] = number(terms.stop_price)
        shape["triggerSignal"] = terms.trigger_signal
    return shape


def _status(order: ExchangeOrder) -> dict[str, object]:
    terms = order.terms
    return {
        "order": {
            "type": "ORDER" if terms.stop_price is None else "TRIGGER_ORDER",
            "orderId": terms.order_id,
            "cliOrdId": terms.cli_ord_id,
            "symbol": terms.symbol,
            "side": terms.side.value,
            "quantity": number(order.open_size),
            "filled": number(order.filled) if terms.stop_price is None else None,
            "limitPrice": number(terms.limit_price),
            "reduceOnly": terms.reduce_only,
            "timestamp": iso(order.placed_ts),
            "lastUpdateTimestamp": iso(order.updated_ts),
            "algoId": None,
            "priceTriggerOptions": _trigger_options(terms),
            "triggerTime": None,
        },
        "status": _status_word(order),
        "updateReason": None
        if order.reason is None
        else _UPDATE_REASONS.get(order.reason, "CANCELLED_BY_ADMIN"),
        "error": None,
    }


def _status_word(order: ExchangeOrder) -> str:
    if order.ended_ts is None:
        return "ENTERED_BOOK" if order.terms.stop_price is None else "TRIGGER_PLACED"
    return "FULLY_EXECUTED" if order.reason == "full_fill" else "CANCELLED"


def _trigger_options(terms: OrderTerms) -> dict[str, object] | None:
    if terms.stop_price is None:
        return None
    return {
        "triggerPrice": number(terms.stop_price),
        "triggerSide": "TRIGGER_ABOVE" if fires_above(terms) else "TRIGGER_BELOW",
        "triggerSignal": _SIGNALS[terms.trigger_signal or "last"].upper(),
        "triggerTime": None,
    }
