"""What Kraken's raw JSON says; whatever is not exactly as documented is no answer.

Numbers come as floats; ``Decimal(str(x))`` gives back the digits that were sent.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from src.exchange.base import (
    AccountLogEntry,
    AccountState,
    ExchangePosition,
    Fill,
    Holding,
    Instrument,
    OpenOrder,
    OrderStatus,
    Quote,
)
from src.exchange.errors import NoAnswer
from src.records.enums import Side

Raw = Mapping[str, object]
T = TypeVar("T")

_KINDS = {"buy": Side.BUY, "sell": Side.SELL}
_SIGNS = {"long": 1, "short": -1}
_COLLATERAL = "flex"
"""The wallet whose rows of the account log are the collateral's."""


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
        symbol=text(row, "symbol"),
        tick_size=number(row, "tickSize"),
        size_step=Decimal(1).scaleb(-int(number(row, "contractValueTradePrecision"))),
        max_position=number(row, "maxPositionSize"),
        tradeable=row["tradeable"] is True,
        post_only=row.get("postOnly") is True,
        maintenance_share=_maintenance_share(row),
    )


def quote(row: Raw) -> Quote:
    """Return the best prices of a ticker; bid, ask and last may be absent on a quiet contract."""
    return Quote(
        symbol=text(row, "symbol"),
        bid=_optional(row, "bid"),
        ask=_optional(row, "ask"),
        mark=_optional(row, "markPrice"),
        last=_optional(row, "last"),
    )


def account(row: Raw) -> AccountState:
    """Return the multi-collateral account."""
    return AccountState(
        balance=number(row, "balanceValue"),
        margin_equity=number(row, "marginEquity"),
        available_margin=number(row, "availableMargin"),
        unrealised=number(row, "totalUnrealized"),
        holdings=tuple(_holding(asset, held) for asset, held in _object(row, "currencies").items()),
    )


def open_order(row: Raw) -> OpenOrder:
    """Return one of ``openorders``."""
    return OpenOrder(
        order_id=text(row, "order_id"),
        cli_ord_id=name(row, "cliOrdId"),
        symbol=text(row, "symbol"),
        side=_KINDS[text(row, "side")],
        kind=text(row, "orderType"),
        unfilled=number(row, "unfilledSize"),
        filled=number(row, "filledSize"),
        limit_price=_optional(row, "limitPrice"),
        stop_price=_optional(row, "stopPrice"),
        reduce_only=row.get("reduceOnly") is True,
        trigger=name(row, "triggerSignal"),
    )


def order_status(row: Raw) -> OrderStatus:
    """Return one of ``orders/status``; a trigger order has no ``filled``."""
    order = row["order"]
    if not isinstance(order, Mapping):
        raise TypeError("order is no object")
    return OrderStatus(
        order_id=text(order, "orderId"),
        cli_ord_id=name(order, "cliOrdId"),
        status=text(row, "status"),
        filled=_optional(order, "filled") or Decimal(0),
        unfilled=number(order, "quantity"),
    )


def fill(row: Raw) -> Fill:
    """Return one of ``fills``."""
    return Fill(
        fill_id=text(row, "fill_id"),
        order_id=text(row, "order_id"),
        cli_ord_id=name(row, "cliOrdId"),
        symbol=text(row, "symbol"),
        side=_KINDS[text(row, "side")],
        size=number(row, "size"),
        price=number(row, "price"),
        ts=seconds(row["fillTime"]),
        fill_type=text(row, "fillType"),
    )


def position(row: Raw) -> ExchangePosition:
    """Return one of ``openpositions``."""
    return ExchangePosition(
        symbol=text(row, "symbol"),
        quantity=_SIGNS[text(row, "side")] * number(row, "size"),
        entry_price=number(row, "price"),
    )


def leverage_limit(row: Raw) -> tuple[str, Decimal]:
    """Return one of ``leveragepreferences``: symbol and highest leverage."""
    return text(row, "symbol"), number(row, "maxLeverage")


def log_entry(row: Raw) -> AccountLogEntry | None:
    """Return a row that moved the collateral; None for one of another wallet, or of the position beside it."""
    contract = row.get("contract")
    if row["asset"] == contract or (row.get("margin_account") or _COLLATERAL) != _COLLATERAL:
        return None
    execution = row.get("execution")
    return AccountLogEntry(
        entry_id=str(row["id"]),
        ts=seconds(row["date"]),
        kind=text(row, "info"),
        symbol=contract.upper() if isinstance(contract, str) else None,
        fill_id=execution if isinstance(execution, str) and execution else None,
        fee=_optional(row, "fee") or Decimal(0),
        funding=_optional(row, "realized_funding") or Decimal(0),
        asset=_asset(text(row, "asset")),
        old_balance=number(row, "old_balance"),
        new_balance=number(row, "new_balance"),
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


def _maintenance_share(row: Raw) -> Decimal | None:
    """Return what the first of the ``marginLevels`` says; None where there are none."""
    levels = row.get("marginLevels")
    if levels is None:
        return None
    if not isinstance(levels, list):
        raise TypeError("marginLevels is no list")
    return number(levels[0], "maintenanceMargin") if levels else None


def text(row: Raw, key: str) -> str:
    """Return a text of a row; TypeError for anything else."""
    value = row[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is no text")
    return value


def _object(row: Raw, key: str) -> Raw:
    value = row.get(key, {})
    if not isinstance(value, Mapping):
        raise TypeError(f"{key} is no object")
    return value


def _holding(asset: str, held: object) -> Holding:
    if not isinstance(held, Mapping):
        raise TypeError(f"{asset} is no object")
    return Holding(_asset(asset), quantity=number(held, "quantity"), value=number(held, "value"))


def _asset(name: str) -> str:
    """Return a currency as the ledger writes it: upper case, and bitcoin by its common name."""
    upper = name.upper()
    return "BTC" if upper == "XBT" else upper


def name(row: Raw, key: str) -> str | None:
    """Return a text of a row; None where there is none or an empty one."""
    value = row.get(key)
    return value if isinstance(value, str) and value else None


def _optional(row: Raw, key: str) -> Decimal | None:
    return None if row.get(key) is None else number(row, key)


def number(row: Raw, key: str) -> Decimal:
    """Return a finite number of a row; TypeError or ValueError for anything else."""
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{key} is no number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"{key} is not finite")
    return number
