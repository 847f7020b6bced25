"""The account as REST tells it: collateral, positions, fills, preferences and the log."""

from bisect import bisect_left
from collections.abc import Mapping
from decimal import Decimal

from src.exchange.simulator.account import average_entry
from src.exchange.simulator.core import Core
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.order_form import decimal, seconds_of
from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.wire.parts import Part, cash_balances, parts
from src.exchange.simulator.wire.public import FEE_SCHEDULE, whole
from src.exchange.simulator.wire.rows import Rows, Shape
from src.exchange.simulator.wire.values import iso, millis, number
from src.records.exchange_journal import AccountRow, ExchangeFill

FILLS_A_PAGE = 100
ROWS_A_PAGE = 500


def accounts(core: Core) -> dict[str, object]:
    """Return the cash account and the multi-collateral account."""
    m = core.margins()
    account = core.state.account
    return {
        "accounts": {
            "cash": {"type": "cashAccount", "balances": cash_balances(account)},
            "flex": {
                "type": "multiCollateralMarginAccount",
                "currencies": {part.name: _currency(part) for part in parts(core, m)},
                "initialMargin": number(m.initial),
                "initialMarginWithOrders": number(m.with_orders),
                "maintenanceMargin": number(m.maintenance),
                "balanceValue": number(m.balance),
                "portfolioValue": number(m.portfolio),
                "collateralValue": number(m.collateral),
                "pnl": number(m.pnl),
                "unrealizedFunding": number(m.funding),
                "totalUnrealized": number(m.unrealised),
                "totalUnrealizedAsMargin": number(m.unrealised),
                "availableMargin": number(m.available),
                "marginEquity": number(m.equity),
            },
        }
    }


def _currency(part: Part) -> dict[str, object]:
    return {
        "quantity": number(part.quantity),
        "value": number(part.value),
        "collateral": number(part.margin),
        "available": number(part.available),
    }


def open_positions(core: Core) -> dict[str, object]:
    """Return the net positions; flat contracts are absent."""
    shapes = []
    for position in core.state.account.positions.values():
        shape: dict[str, object] = {
            "side": "long" if position.size > 0 else "short",
            "symbol": position.symbol,
            "price": number(average_entry(position)),
            "fillTime": iso(position.fill_ts),
            "size": number(abs(position.size)),
            "unrealizedFunding": number(core.funding.accrued(position, core.now)),
            "pnlCurrency": "USD",
        }
        leverage = core.state.preferences.get(position.symbol)
        if leverage is not None:
            shape["maxFixedLeverage"] = number(leverage)
        shapes.append(shape)
    return {"openPositions": shapes}


class FillPages:
    """The answers that tell the account's fills."""

    def __init__(self, state: ExchangeState) -> None:
        self._state = state
        self._rows: Rows[ExchangeFill] = Rows(lambda fill: _fill(fill, with_pnl=True))
        self._newest: list[Shape] = []
        self._changes = -1

    def answer(self, params: Mapping[str, str]) -> dict[str, object]:
        """Return the newest 100 fills, newest first; with ``lastFillTime`` the 100 before that time."""
        before = params.get("lastFillTime", "")
        if before:
            limit = seconds_of(before, "lastFillTime")
            earlier = [fill for fill in self._state.fills if round(fill.ts, 3) < limit]
            return {"fills": [_fill(fill, with_pnl=False) for fill in earlier[: -FILLS_A_PAGE - 1 : -1]]}
        if self._changes != self._state.changes:
            page = self._state.fills[: -FILLS_A_PAGE - 1 : -1]
            self._newest = self._rows.of((fill.fill_id, fill) for fill in page)
            self._changes = self._state.changes
        return {"fills": self._newest}


def leverage_preferences(state: ExchangeState) -> dict[str, object]:
    """Return the contracts whose leverage was limited."""
    return {
        "leveragePreferences": [
            {"symbol": symbol, "maxLeverage": number(limit)} for symbol, limit in state.preferences.items()
        ]
    }


def leverage_wish(params: Mapping[str, str]) -> Decimal | None:
    """Return the leverage that a request sets, None where it takes the limit back."""
    wish = params.get("maxLeverage", "")
    if not wish:
        return None
    limit = decimal(wish, "maxLeverage")
    if limit <= 0:
        raise BadCall("invalidArgument: maxLeverage")
    return limit


def fee_volumes(core: Core) -> dict[str, object]:
    """Return the value traded in the last 30 days, in USD: what the tier in force is found by."""
    return {"volumesByFeeSchedule": {FEE_SCHEDULE: number(core.state.volume.in_usd(core.now))}}


class LogPages:
    """The answers that tell the account log; a question about the newest rows looks at no others."""

    def __init__(self, state: ExchangeState) -> None:
        self._state = state
        self._rows = Rows(log_row)
        self._latest: list[int] = []
        """The latest time up to each row, in ms: funding that was missed is booked late."""
        self._first_id = 0

    def answer(self, params: Mapping[str, str]) -> dict[str, object]:
        """Return rows, newest first unless ``sort=asc``; ``since`` and ``before`` in ms."""
        wanted = self._wanted(params)
        if params.get("sort") != "asc":
            wanted.reverse()
        page = wanted[: whole(params, "count", ROWS_A_PAGE)]
        return {"logs": self._rows.of((row.row_id, row) for row in page)}

    def _wanted(self, params: Mapping[str, str]) -> list[AccountRow]:
        info = params.get("info", "")
        since, before = _millis(params, "since", 0), _millis(params, "before", 2**62)
        first, last = whole(params, "from", 0), whole(params, "to", 2**62)
        return [
            row
            for row in self._from(since)
            if (not info or row.info == info)
            and since <= millis(row.ts) < before
            and first <= row.row_id <= last
        ]

    def _from(self, since: int) -> list[AccountRow]:
        """Return all rows but those that end before ``since``."""
        rows, latest = self._state.account.rows, self._latest
        first_id = rows[0].row_id if rows else 0
        if first_id != self._first_id or len(rows) < len(latest):
            latest.clear()
            self._first_id = first_id
        for row in rows[len(latest) :]:
            latest.append(max(latest[-1] if latest else 0, millis(row.ts)))
        return rows[bisect_left(latest, since) :]


def _fill(fill: ExchangeFill, *, with_pnl: bool) -> dict[str, object]:
    shape: dict[str, object] = {
        "fill_id": fill.fill_id,
        "symbol": fill.symbol,
        "side": fill.side.value,
        "order_id": fill.order_id,
        "size": number(fill.size),
        "price": number(fill.price),
        "fillTime": iso(fill.ts),
        "fillType": fill.fill_type,
        "realized_pnl": number(fill.realised_pnl_usd) if with_pnl else None,
    }
    if fill.cli_ord_id is not None:
        shape["cliOrdId"] = fill.cli_ord_id
    return shape


def log_row(row: AccountRow) -> dict[str, object]:
    """Return one row of the account log."""
    return {
        "id": row.row_id,
        "date": iso(row.ts),
        "asset": row.asset,
        "info": row.info,
        "booking_uid": f"row-{row.row_id}",
        "margin_account": "flex",
        "old_balance": number(row.old_balance),
        "new_balance": number(row.new_balance),
        "contract": row.contract,
        "trade_price": number(row.trade_price),
        "mark_price": number(row.mark_price),
        "realized_pnl": number(row.realised_pnl_usd),
        "fee": number(row.fee_usd),
        "execution": row.execution,
        "collateral": None if row.asset == row.contract else row.asset.upper(),
        "funding_rate": number(row.funding_rate),
        "realized_funding": number(row.realised_funding_usd),
        "old_average_entry_price": number(row.old_average_entry_price),
        "new_average_entry_price": number(row.new_average_entry_price),
        **_charges(row),
    }


def _charges(row: AccountRow) -> dict[str, object]:
    """Return what only some rows tell."""
    told: dict[str, object] = {}
    if row.conversion_spread is not None:
        told["conversion_spread_percentage"] = number(row.conversion_spread * 100)
    if row.liquidation_fee_usd is not None:
        told["liquidation_fee"] = number(row.liquidation_fee_usd)
    return told


def _millis(params: Mapping[str, str], name: str, otherwise: int) -> int:
    text = params.get(name, "")
    if "T" in text:
        return millis(seconds_of(text, name))
    return whole(params, name, otherwise)
