"""What one look at the account log brought, and what each of its rows is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from src.exchange.base import AccountLogEntry
from src.ledger.accounts import USD
from src.records.enums import CashKind
from src.records.ledger import CashBooked, FundingBooked

_ZERO = Decimal(0)


@dataclass(slots=True)
class Execution:
    """What the rows of one execution moved, in USD."""

    ts: float
    symbol: str | None
    fee: Decimal = _ZERO
    gain: Decimal = _ZERO
    """What was moved beyond fee and funding."""


@dataclass(frozen=True, slots=True)
class LogNews:
    """What one look at the account log brought."""

    executions: dict[str, Execution] = field(default_factory=dict)
    """By fill."""
    entries: tuple[FundingBooked | CashBooked, ...] = ()
    """What is to be booked for itself, oldest first."""
    alarms: tuple[str, ...] = ()
    looked: bool = False
    """The log was asked, and answered."""


def number_of(row: AccountLogEntry) -> int:
    """Return a row's place in the log."""
    return int(row.entry_id)


def of_execution(row: AccountLogEntry) -> bool:
    """Return whether a row is part of an execution's gain and fee."""
    return row.fill_id is not None and row.asset == USD


def executions_in(rows: Iterable[AccountLogEntry]) -> dict[str, Execution]:
    """Return what rows tell of executions, by fill."""
    found: dict[str, Execution] = {}
    for row in rows:
        if row.fill_id is not None and row.asset == USD:
            execution = found.setdefault(row.fill_id, Execution(row.ts, row.symbol))
            execution.fee += row.fee
            execution.gain += row.change - row.funding + row.fee
    return found


def alarm_of(entry: FundingBooked | CashBooked) -> str | None:
    """Return the alarm that a line is worth: its words are not documented, or it is capital without a value."""
    if isinstance(entry, FundingBooked):
        return None
    valued = entry.value_usd is not None or entry.kind is not CashKind.TRANSFER
    known = entry.kind is not CashKind.UNKNOWN and valued
    return None if known else f"unknown_log_row:{entry.info}"
