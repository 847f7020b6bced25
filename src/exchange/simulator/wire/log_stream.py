"""The account log as the websocket tells it: the newest rows first, then each row as it is booked.

Numbers that a row lacks are 0, its execution and its names empty.
"""

from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.wire.account import log_row
from src.records.exchange_journal import AccountRow

ROWS_IN_SNAPSHOT = 100
_TEXTS = ("asset", "info", "booking_uid", "margin_account", "execution", "collateral")
_NUMBERS = (
    "old_balance",
    "new_balance",
    "old_average_entry_price",
    "new_average_entry_price",
    "trade_price",
    "mark_price",
    "realized_pnl",
    "fee",
    "funding_rate",
    "realized_funding",
    "conversion_spread_percentage",
    "liquidation_fee",
)


class LogFeed:
    """Makes the messages of ``account_log``; what was told once is not news again."""

    def __init__(self, state: ExchangeState) -> None:
        self._state = state
        self._told = self._newest_id()

    def snapshot(self) -> dict[str, object]:
        """Return the newest rows, newest first; with it everything up to now is told."""
        rows = self._state.account.rows[: -ROWS_IN_SNAPSHOT - 1 : -1]
        self._told = self._newest_id()
        return {"feed": "account_log_snapshot", "logs": [_shape(row) for row in rows]}

    def news(self) -> list[dict[str, object]]:
        """Return a message for each row that was booked since the last call, oldest first."""
        fresh = []
        for row in reversed(self._state.account.rows):
            if row.row_id <= self._told:
                break
            fresh.append(row)
        self._told = self._newest_id()
        return [{"feed": "account_log", "new_entry": _shape(row)} for row in reversed(fresh)]

    def _newest_id(self) -> int:
        rows = self._state.account.rows
        return rows[-1].row_id if rows else 0


def _shape(row: AccountRow) -> dict[str, object]:
    told = log_row(row)
    texts = {name: told.get(name) or "" for name in _TEXTS}
    numbers = {name: told.get(name) or 0.0 for name in _NUMBERS}
    return {"id": told["id"], "date": told["date"]} | texts | numbers
