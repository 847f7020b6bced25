"""The venue's words for rows of its account log, and what each is booked as."""

from src.records.enums import CashKind

FUNDING = "funding rate change"
TRADES = frozenset(
    {
        "futures trade",
        "futures liquidation",
        "futures assignee",
        "futures assignor",
        "futures unwind counterparty",
        "futures unwind bankrupt",
        "covered liquidation",
    }
)
"""Rows of an execution: its fill books the gain, the row tells fee and funding."""

_KINDS = {
    "transfer": CashKind.TRANSFER,
    "subaccount transfer": CashKind.TRANSFER,
    "cross-exchange transfer": CashKind.TRANSFER,
    "admin transfer": CashKind.TRANSFER,
    "conversion": CashKind.CONVERSION,
    "interest payment": CashKind.INTEREST,
    "settlement": CashKind.SETTLEMENT,
    "kfee applied": CashKind.CHARGE,
    "tax withheld": CashKind.CHARGE,
    "tax refund": CashKind.CHARGE,
    **dict.fromkeys(TRADES, CashKind.SETTLEMENT),
}


def kind_of(info: str) -> CashKind:
    """Return what a row without an execution is booked as; UNKNOWN for a word that is not documented."""
    return _KINDS.get(info, CashKind.UNKNOWN)
