"""Executions that the account log shows and the fills do not: asked for, complained of, and in the end given up."""

from collections.abc import Iterable
from dataclasses import dataclass

from src.exchange.base import AccountLogEntry
from src.ledger.accounts import USD
from src.ledger.book import Ledger
from src.records.enums import CashKind
from src.records.ledger import CashBooked

_MISSING_AFTER_S = 60.0
_GIVEN_UP_AFTER_S = 600.0


@dataclass(slots=True)
class _Missing:
    noted: float
    rows: dict[str, AccountLogEntry]
    complained: bool = False


class MissingFills:
    """The executions whose fill is awaited."""

    def __init__(self, *, ledger: Ledger, real_second: float) -> None:
        """Take the ledger that knows what is booked; ``real_second`` is one in market seconds."""
        self._ledger = ledger
        self._second = real_second
        self._awaited: dict[str, _Missing] = {}

    def __len__(self) -> int:
        return len(self._awaited)

    def oldest_ts(self) -> float | None:
        """Return the time of the oldest of them; None where there is none."""
        return min((row.ts for known in self._awaited.values() for row in known.rows.values()), default=None)

    def note(self, rows: Iterable[AccountLogEntry], told: Iterable[str], now: float) -> list[str]:
        """Take rows, and the fills that have just been told; return an alarm for what has long been missing."""
        for row in rows:
            if row.fill_id is not None and row.asset == USD and not self._ledger.has_fill(row.fill_id):
                self._awaited.setdefault(row.fill_id, _Missing(now, {})).rows[row.entry_id] = row
        here = set(told)
        for fill_id in tuple(self._awaited):
            if fill_id in here or self._ledger.has_fill(fill_id):
                del self._awaited[fill_id]
        late = [known for known in self._awaited.values() if self._waits(known, _MISSING_AFTER_S, now)]
        fresh = [known for known in late if not known.complained]
        for known in fresh:
            known.complained = True
        return sorted({f"missing_fill:{row.symbol}" for known in fresh for row in known.rows.values()})

    def given_up(self, now: float) -> list[CashBooked]:
        """Return lines for what executions moved whose fill will not be told any more; it is not awaited then.

        What they did to the position is for the reconciliation with the venue's positions to find.
        """
        lines = []
        for fill_id, known in tuple(self._awaited.items()):
            if self._waits(known, _GIVEN_UP_AFTER_S, now):
                del self._awaited[fill_id]
                lines += [_settlement(row, fill_id) for row in known.rows.values()]
        return lines

    def _waits(self, known: _Missing, seconds: float, now: float) -> bool:
        return known.noted <= now - seconds * self._second


def _settlement(row: AccountLogEntry, fill_id: str) -> CashBooked:
    amount = row.change - row.funding
    return CashBooked(
        ts=row.ts,
        entry_id=f"{row.entry_id}-rest" if row.funding else row.entry_id,
        kind=CashKind.SETTLEMENT,
        info=row.kind,
        amount=amount,
        value_usd=amount,
        fill_id=fill_id,
    )
