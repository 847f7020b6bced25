"""The account log as one file of comma-separated values."""

import csv
import io
from collections.abc import Iterable, Mapping

COLUMNS: Mapping[str, str] = {
    "uid": "booking_uid",
    "dateTime": "date",
    "account": "margin_account",
    "type": "info",
    "symbol": "asset",
    "contract": "contract",
    "change": "change",
    "new balance": "new_balance",
    "new average entry price": "new_average_entry_price",
    "trade price": "trade_price",
    "mark price": "mark_price",
    "funding rate": "funding_rate",
    "realized pnl": "realized_pnl",
    "fee": "fee",
    "realized funding": "realized_funding",
    "collateral": "collateral",
}
"""The heading of each column, and the name of the same value in the log's JSON."""


def account_csv(logs: Iterable[Mapping[str, object]]) -> str:
    """Return rows of the log, as its JSON tells them, under one line of headings."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in logs:
        shown = {**row, "change": _change(row)}
        writer.writerow("" if (value := shown.get(name)) is None else value for name in COLUMNS.values())
    return lines.getvalue()


def _change(row: Mapping[str, object]) -> float | None:
    old, new = row.get("old_balance"), row.get("new_balance")
    if not (isinstance(old, float) and isinstance(new, float)):
        return None
    return round(new - old, 8)
