"""The messages of the websocket."""

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.feed import BookChange, OrderNews, Print, RejectNews
from src.exchange.simulator.funding import HOUR_S
from src.exchange.simulator.wire.public import levels, pair, print_uid, ticker
from src.exchange.simulator.wire.values import millis, number
from src.records.enums import Side
from src.records.exchange_journal import ExchangeFill, ExchangeOrder

PRINTS_IN_SNAPSHOT = 100
FILLS_IN_SNAPSHOT = 100
_LITE = (
    "product_id",
    "bid",
    "ask",
    "change",
    "premium",
    "volume",
    "tag",
    "pair",
    "dtm",
    "maturityTime",
    "volumeQuote",
)
_REJECTS = {
    "POST_WOULD_EXECUTE": "post_order_failed_because_it_would_filled",
    "IOC_WOULD_NOT_EXECUTE": "ioc_order_failed_because_it_would_not_be_executed",
}
_TYPES = {"lmt": "limit", "mkt": "market", "stp": "stop"}


def book_change(change: BookChange) -> dict[str, object]:
    """Return a delta: one level's absolute size, 0 removes it."""
    return {
        "feed": "book",
        "product_id": change.symbol,
        "side": change.side,
        "seq": change.seq,
        "price": change.price,
        "qty": change.size,
        "timestamp": millis(change.ts),
    }


def book_snapshot(contract: Contract) -> dict[str, object]:
    """Return the whole book as it stands after the message with its ``seq``."""
    return {
        "feed": "book_snapshot",
        "product_id": contract.spec.symbol,
        "timestamp": millis(contract.book_ts or 0.0),
        "seq": contract.book_seq,
        "tickSize": None,
        "bids": [{"price": p, "qty": q} for p, q in levels(contract, Side.BUY)],
        "asks": [{"price": p, "qty": q} for p, q in levels(contract, Side.SELL)],
    }


def trade(printed: Print) -> dict[str, object]:
    """Return one trade."""
    return {
        "feed": "trade",
        "product_id": printed.symbol,
        "uid": print_uid(printed),
        "side": printed.side,
        "type": printed.kind,
        "seq": printed.seq,
        "time": millis(printed.ts),
        "qty": printed.size,
        "price": printed.price,
    }


def trade_snapshot(contract: Contract) -> dict[str, object]:
    """Return the newest 100 trades, newest first."""
    newest = list(contract.prints)[-PRINTS_IN_SNAPSHOT:]
    return {
        "feed": "trade_snapshot",
        "product_id": contract.spec.symbol,
        "trades": [trade(printed) for printed in reversed(newest)],
    }


def ticker_message(contract: Contract, ts: float) -> dict[str, object]:
    """Return one contract's ticker."""
    known = ticker(contract)
    index = contract.index
    relative = {
        f"relative_{name}": value / index
        for name, value in (
            ("funding_rate", contract.funding_rate),
            ("funding_rate_prediction", contract.funding_rate_prediction),
        )
        if value is not None and index
    }
    shape: dict[str, object | None] = {
        "feed": "ticker",
        "time": millis(ts),
        "product_id": contract.spec.symbol,
        "bid": known.get("bid"),
        "ask": known.get("ask"),
        "bid_size": known.get("bidSize"),
        "ask_size": known.get("askSize"),
        "volume": known.get("vol24h"),
        "volumeQuote": known.get("volumeQuote"),
        "dtm": 0,
        "leverage": f"{int(1 / contract.spec.margin_levels[0][1])}x",
        "index": index,
        "premium": round(100 * (contract.mark / index - 1), 4) if contract.mark and index else None,
        "last": contract.last,
        "change": known.get("change24h"),
        "suspended": contract.suspended,
        "tag": "perpetual",
        "pair": pair(contract.spec),
        "openInterest": contract.open_interest,
        "markPrice": contract.mark,
        "maturityTime": 0,
        "post_only": contract.post_only,
        "funding_rate": contract.funding_rate,
        "funding_rate_prediction": contract.funding_rate_prediction,
        "next_funding_rate_time": millis((ts // HOUR_S + 1) * HOUR_S),
    }
    return {name: value for name, value in (shape | relative).items() if value is not None}


def ticker_lite(contract: Contract, ts: float) -> dict[str, object]:
    """Return the few values of a contract's ticker that most listeners want."""
    whole = ticker_message(contract, ts)
    return {"feed": "ticker_lite"} | {name: whole[name] for name in _LITE if name in whole}


def open_orders_snapshot(orders: list[ExchangeOrder], account: str) -> dict[str, object]:
    """Return all open orders."""
    return {
        "feed": "open_orders_snapshot",
        "account": account,
        "orders": [_order(order) for order in orders],
    }


def order_news(news: OrderNews) -> dict[str, object]:
    """Return what happened to one order; a cancel carries only its names."""
    if news.ended and news.reason != "full_fill":
        terms = news.order.terms
        gone: dict[str, object] = {"feed": "open_orders", "order_id": terms.order_id}
        if terms.cli_ord_id is not None:
            gone["cli_ord_id"] = terms.cli_ord_id
        return gone | {"is_cancel": True, "reason": news.reason}
    return {
        "feed": "open_orders",
        "order": _order(news.order),
        "is_cancel": news.ended,
        "reason": news.reason,
    }


def reject_news(news: RejectNews) -> dict[str, object]:
    """Return that an order was refused by the book."""
    shape: dict[str, object] = {"feed": "open_orders_verbose", "order_id": news.order_id}
    if news.cli_ord_id is not None:
        shape["cli_ord_id"] = news.cli_ord_id
    return shape | {"is_cancel": True, "reason": _REJECTS[news.reason]}


def fills_message(fills: list[ExchangeFill], account: str, *, snapshot: bool) -> dict[str, object]:
    """Return fills, newest last; the snapshot holds the newest 100."""
    return {
        "feed": "fills_snapshot" if snapshot else "fills",
        "account" if snapshot else "username": account,
        "fills": [_fill(fill, number_in_feed) for number_in_feed, fill in enumerate(fills)],
    }


def _order(order: ExchangeOrder) -> dict[str, object]:
    terms = order.terms
    shape: dict[str, object] = {
        "instrument": terms.symbol,
        "time": millis(order.placed_ts),
        "last_update_time": millis(order.updated_ts),
        "qty": number(order.open_size),
        "filled": number(order.filled),
        "limit_price": number(terms.limit_price) or 0.0,
        "stop_price": number(terms.stop_price) or 0.0,
        "type": _TYPES.get(terms.order_type, terms.order_type),
        "order_id": terms.order_id,
        "direction": 0 if terms.side is Side.BUY else 1,
        "reduce_only": terms.reduce_only,
    }
    if terms.cli_ord_id is not None:
        shape["cli_ord_id"] = terms.cli_ord_id
    if terms.trigger_signal is not None:
        shape["triggerSignal"] = terms.trigger_signal
    return shape


def _fill(fill: ExchangeFill, seq: int) -> dict[str, object]:
    order_type = _TYPES.get(fill.order_type, fill.order_type)
    shape: dict[str, object] = {
        "instrument": fill.symbol,
        "time": millis(fill.ts),
        "price": number(fill.price),
        "seq": seq,
        "buy": fill.side is Side.BUY,
        "qty": number(fill.size),
        "remaining_order_qty": number(fill.remaining),
        "order_id": fill.order_id,
        "fill_id": fill.fill_id,
        "fill_type": fill.fill_type,
        "fee_paid": number(fill.fee_usd),
        "fee_currency": "USD",
        "taker_order_type": order_type,
        "order_type": order_type,
    }
    if fill.cli_ord_id is not None:
        shape["cli_ord_id"] = fill.cli_ord_id
    return shape
