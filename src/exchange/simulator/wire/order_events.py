"""The history of orders and triggers, in the shapes of the history service."""

from collections.abc import Callable, Mapping

from src.exchange.simulator.ids import name_of
from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.triggers import fires_above
from src.exchange.simulator.wire.pages import Telling, page, wanted
from src.exchange.simulator.wire.values import millis, text
from src.records.exchange_journal import ExchangeOrder, OrderEvent

ACCOUNT_UID = name_of("paper", "account", 0)
_TYPES = {"lmt": "Limit", "post": "Post", "ioc": "IoC", "fok": "IoC", "mkt": "IoC"}
_SIGNALS = {"last": "LastPrice", "mark": "MarkPrice", "index": "SpotPrice"}
_REASONS = {"new_placed_order_by_user": "new_user_order"}
_OPENED = "opened"
_CLOSED = "closed"


class OrderPages:
    """Answers what became of orders, and of triggers."""

    def __init__(self, state: ExchangeState) -> None:
        self._state = state

    def orders(self, params: Mapping[str, str]) -> dict[str, object]:
        """Return a page of the events of orders."""
        return self._page(params, triggers=False)

    def triggers(self, params: Mapping[str, str]) -> dict[str, object]:
        """Return a page of the events of triggers."""
        return self._page(params, triggers=True)

    def _page(self, params: Mapping[str, str], *, triggers: bool) -> dict[str, object]:
        kinds = wanted(params, (_OPENED, _CLOSED))
        events = (
            event
            for event in self._state.history.events
            if (event.order.terms.stop_price is not None) == triggers and _kinds(event) & kinds
        )
        return page(events, _TRIGGERS if triggers else _ORDERS, params, account_uid=ACCOUNT_UID)


def order_event(event: OrderEvent) -> dict[str, object]:
    """Return what happened to an order."""
    if event.kind == "placed":
        placed = {"order": history_order(event.order), "reason": _reason(event)}
        return {"OrderPlaced": placed | {"reducedQuantity": "", "algoId": ""}}
    if event.before is not None:
        old, new = history_order(event.before), history_order(event.order)
        shape = {"oldOrder": old, "newOrder": new, "reason": event.reason}
        return {"OrderUpdated": shape | {"reducedQuantity": "", "algoId": ""}}
    shape = {"order": history_order(event.order), "reason": event.reason, "algoId": ""}
    if event.kind == "rejected":
        return {"OrderRejected": shape | {"orderError": event.reason}}
    return {"OrderCancelled": shape}


def trigger_event(event: OrderEvent) -> dict[str, object]:
    """Return what happened to a stop or a take-profit."""
    shape = _trigger(event.order)
    if event.kind == "placed":
        return {"OrderTriggerPlaced": {"order": shape, "reason": _reason(event)}}
    if event.before is not None:
        both = {"oldOrderTrigger": _trigger(event.before), "newOrderTrigger": shape}
        return {"OrderTriggerUpdated": both | {"reason": event.reason}}
    if event.reason == "stop_order_triggered":
        return {"OrderTriggerActivated": {"order": shape}}
    return {"OrderTriggerCancelled": {"order": shape, "reason": event.reason}}


def history_order(order: ExchangeOrder) -> dict[str, object]:
    """Return an order as the history writes it; ``quantity`` is the open remainder."""
    return _common(order) | {
        "filled": text(order.filled),
        "orderType": "Liquidation" if order.reason == "liquidation" else _TYPES[order.terms.order_type],
    }


def _trigger(order: ExchangeOrder) -> dict[str, object]:
    terms = order.terms
    return _common(order) | {
        "accountId": 1,
        "orderType": "ioc" if terms.limit_price is None else "lmt",
        "triggerOptions": {
            "triggerPrice": None if terms.stop_price is None else text(terms.stop_price),
            "triggerSide": "Above" if fires_above(terms) else "Below",
            "triggerSignal": _SIGNALS[terms.trigger_signal or "last"],
        },
    }


def _common(order: ExchangeOrder) -> dict[str, object]:
    terms = order.terms
    return {
        "uid": terms.order_id,
        "accountUid": ACCOUNT_UID,
        "tradeable": terms.symbol,
        "direction": terms.side.value.capitalize(),
        "quantity": text(order.open_size),
        "timestamp": millis(order.placed_ts),
        "limitPrice": "" if terms.limit_price is None else text(terms.limit_price),
        "clientId": terms.cli_ord_id or "",
        "reduceOnly": terms.reduce_only,
        "lastUpdateTimestamp": millis(order.updated_ts),
    }


def _reason(event: OrderEvent) -> str:
    return _REASONS.get(event.reason, event.reason)


def _kinds(event: OrderEvent) -> set[str]:
    """Return as what an event counts: an order that ends at once was opened and closed by one event."""
    kinds = {_CLOSED} if event.kind in {"ended", "rejected"} else {_OPENED}
    if event.order.open_size == 0:
        kinds.add(_CLOSED)
    return kinds


def _telling(event: Callable[[OrderEvent], dict[str, object]]) -> Telling[OrderEvent]:
    return Telling(
        ts=lambda told: told.ts,
        symbol=lambda told: told.order.terms.symbol,
        uid=lambda told: name_of(told.order.terms.order_id, "event", told.number),
        event=event,
    )


_ORDERS = _telling(order_event)
_TRIGGERS = _telling(trigger_event)
