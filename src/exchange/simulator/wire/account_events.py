"""The account's own executions and changes of positions, in the shapes of the history service."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from src.exchange.simulator.ids import name_of
from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.wire.order_events import ACCOUNT_UID, history_order
from src.exchange.simulator.wire.pages import Telling, asked, page, wanted
from src.exchange.simulator.wire.values import millis, text
from src.records.enums import Side
from src.records.exchange_journal import AccountRow, ExchangeFill, ExchangeOrder

_WORDS = {"open": "opened", "close": "closed", "increase": "increased", "decrease": "decreased"}
_CHANGES = (*_WORDS.values(), "reversed")
_REALISED = "funding_realization"
_FUNDING = "funding rate change"
_TRADES = {"futures liquidation": "liquidation", "futures assignor": "assignment"}
"""Kinds of trades, by the account log's word."""


@dataclass(frozen=True, slots=True)
class _Update:
    """A change of a position: by a trade, with its row of cash and the funding it realised, or by an hour."""

    kind: str
    row: AccountRow
    cash: AccountRow | None = None
    funding: AccountRow | None = None


class AccountPages:
    """Answers what the account traded, and what that made of its positions."""

    def __init__(self, state: ExchangeState) -> None:
        self._state = state

    def executions(self, params: Mapping[str, str]) -> dict[str, object]:
        """Return a page of the account's executions."""
        rows = {
            row.execution: row for row in self._state.account.rows if row.execution and row.asset != "usd"
        }
        orders = {event.order.terms.order_id: event.order for event in self._state.history.events}
        telling = Telling[ExchangeFill](
            ts=lambda fill: fill.ts,
            symbol=lambda fill: fill.symbol,
            uid=lambda fill: name_of(fill.fill_id, "execution event", 0),
            event=lambda fill: _execution(fill, rows.get(fill.fill_id), orders.get(fill.order_id)),
        )
        return page(self._state.fills, telling, params, account_uid=ACCOUNT_UID)

    def positions(self, params: Mapping[str, str]) -> dict[str, object]:
        """Return a page of the changes of positions, by trades and by funding."""
        kinds = self._kinds(params)
        updates = (update for update in self._updates() if update.kind in kinds)
        return page(updates, _POSITIONS, params, account_uid=ACCOUNT_UID)

    def _kinds(self, params: Mapping[str, str]) -> frozenset[str]:
        if asked(params, "trades"):
            return frozenset(_CHANGES) | wanted(params, (_REALISED,))
        return wanted(params, (*_CHANGES, _REALISED))

    def _updates(self) -> Iterator[_Update]:
        cash: AccountRow | None = None
        funding: AccountRow | None = None
        for row in self._state.account.rows:
            if row.info == _FUNDING:
                if funding is not None:
                    yield _Update(_REALISED, funding)
                funding = row
            elif row.execution is None:
                continue
            elif row.asset == "usd":
                cash = row
                if funding is not None and (funding.contract, funding.ts) != (row.contract, row.ts):
                    yield _Update(_REALISED, funding)
                    funding = None
            else:
                change = _change(row.old_balance, row.new_balance)
                yield _Update(_WORDS.get(change, "reversed"), row, cash, funding)
                funding = None
        if funding is not None:
            yield _Update(_REALISED, funding)


def _execution(fill: ExchangeFill, row: AccountRow | None, order: ExchangeOrder | None) -> dict[str, object]:
    ours = _known(fill) if order is None else history_order(order)
    data: dict[str, object] = {"fee": text(fill.fee_usd)}
    if row is not None:
        data["positionSize"] = text(row.new_balance)
    maker = fill.fill_type == "maker"
    theirs = _counterparty(fill)
    execution: dict[str, object] = {
        "uid": fill.fill_id,
        "makerOrder": ours if maker else theirs,
        "takerOrder": theirs if maker else ours,
        "makerOrderData" if maker else "takerOrderData": data,
        "timestamp": millis(fill.ts),
        "quantity": text(fill.size),
        "price": text(fill.price),
        "limitFilled": fill.remaining == 0,
        "usdValue": f"{fill.size * fill.price:.2f}",
    }
    if row is not None and row.mark_price is not None:
        execution["markPrice"] = text(row.mark_price)
    return {"Execution": {"execution": execution, "takerReducedQuantity": ""}}


def _known(fill: ExchangeFill) -> dict[str, object]:
    """Return what a fill tells of an order whose own events are forgotten."""
    return {
        "uid": fill.order_id,
        "accountUid": ACCOUNT_UID,
        "tradeable": fill.symbol,
        "direction": fill.side.value.capitalize(),
        "clientId": fill.cli_ord_id or "",
    }


def _counterparty(fill: ExchangeFill) -> dict[str, object]:
    other = Side.SELL if fill.side is Side.BUY else Side.BUY
    return {
        "uid": name_of(fill.fill_id, "counterparty", 0),
        "tradeable": fill.symbol,
        "direction": other.value.capitalize(),
        "quantity": text(fill.size),
        "timestamp": millis(fill.ts),
        "limitPrice": text(fill.price),
        "orderType": "Limit",
        "reduceOnly": False,
        "lastUpdateTimestamp": millis(fill.ts),
    }


def _position_update(update: _Update) -> dict[str, object]:
    if update.kind == _REALISED:
        return {"PositionUpdate": _funding(update.row)}
    return {"PositionUpdate": _traded(update.row, update.cash, update.funding)}


def _change(old: Decimal, new: Decimal) -> str:
    if not old:
        return "open"
    if not new:
        return "close"
    if (old > 0) != (new > 0):
        return "reverse"
    return "increase" if abs(new) > abs(old) else "decrease"


def _traded(row: AccountRow, cash: AccountRow | None, funding: AccountRow | None) -> dict[str, object]:
    new_entry = row.new_average_entry_price
    shape = _position(row) | {
        "oldPosition": text(row.old_balance),
        "newPosition": text(row.new_balance),
        "oldAverageEntryPrice": _or_zero(row.old_average_entry_price),
        "newAverageEntryPrice": _or_zero(new_entry if new_entry is not None else row.old_average_entry_price),
        "fillTime": millis(row.ts),
        "positionChange": _change(row.old_balance, row.new_balance),
        "executionUid": row.execution,
        "executionPrice": _or_zero(row.trade_price),
        "executionSize": text(abs(row.new_balance - row.old_balance)),
        "tradeType": _TRADES.get(row.info, "userExecution"),
        "updateReason": "trade",
    }
    if cash is not None:
        shape["fee"], shape["feeCurrency"] = text(cash.fee_usd), "USD"
        shape["realizedPnL"] = _or_zero(cash.realised_pnl_usd)
    if funding is not None:
        shape["realizedFunding"] = _or_zero(funding.realised_funding_usd)
        shape["fundingRealizationTime"] = millis(funding.ts)
    return shape


def _funding(row: AccountRow) -> dict[str, object]:
    return _position(row) | {
        "realizedFunding": _or_zero(row.realised_funding_usd),
        "fundingRealizationTime": millis(row.ts),
        "positionChange": "noChange",
        "updateReason": "fundingRealization",
    }


def _position(row: AccountRow) -> dict[str, object]:
    return {
        "accountUid": ACCOUNT_UID,
        "tradeable": (row.contract or "").upper(),
        "timestamp": millis(row.ts),
    }


def _or_zero(value: Decimal | None) -> str:
    return "0" if value is None else text(value)


_POSITIONS = Telling[_Update](
    ts=lambda update: update.row.ts,
    symbol=lambda update: (update.row.contract or "").upper(),
    uid=lambda update: name_of(f"row {update.row.row_id}", "position event", 0),
    event=_position_update,
)
