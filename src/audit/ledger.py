"""The ledger line by line: each closing is the sum of its fills, and gain has the sign of the move."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from src.audit.claims import BOOKED_ONCE, CLOSING, SIGN
from src.audit.fills import FillAudit
from src.audit.findings import Findings, Spot
from src.audit.money import Held, Money
from src.records.ledger import (
    CashBooked,
    ClosingRevised,
    FillBooked,
    FillSettled,
    FundingBooked,
    LedgerEntry,
    LedgerOpened,
    PositionClosed,
)

EXACT = Decimal("0.000001")
"""How far two sums of the same amounts may lie apart where a division was rounded, in USD."""

Watcher = Callable[[int, FillBooked], None]


class LedgerAudit:
    """Reads ``logs/fills.jsonl`` once."""

    def __init__(
        self,
        *,
        file: str,
        fills: FillAudit,
        findings: Findings,
        at_seq: int | None,
        at_mark: Callable[[Money], None],
        on_fill: Watcher,
    ) -> None:
        """Take who looks at each fill; ``at_mark`` is called when line ``at_seq`` is counted."""
        self._file = file
        self._fills = fills
        self._findings = findings
        self._at_seq = at_seq
        self._at_mark = at_mark
        self._on_fill = on_fill
        self._rows: set[int] = set()
        self._due: dict[str, tuple[int, Held]] = {}
        self._seq = 0
        self.first_seq = 0
        self.money = Money(on_end=self._ended)
        self.opened: LedgerOpened | None = None

    @property
    def last_seq(self) -> int:
        """Return the number of the newest line; 0 where there is none."""
        return self._seq

    def read(self, entries: Iterable[tuple[int, LedgerEntry]]) -> None:
        """Hold every line against those before it."""
        for seq, entry in entries:
            self.first_seq = self.first_seq or seq
            self._seq = seq
            self._take(seq, entry)
            if seq == self._at_seq:
                self._at_mark(self.money)
        self._judge_missing()

    def _take(self, seq: int, entry: LedgerEntry) -> None:
        money = self.money
        if isinstance(entry, FillBooked):
            if self._fills.take(seq, entry):
                money.fill(entry)
                self._on_fill(seq, entry)
        elif isinstance(entry, PositionClosed):
            self._check_closing(seq, entry)
        elif isinstance(entry, ClosingRevised):
            self._check_revision(seq, entry)
        elif isinstance(entry, FillSettled):
            if not money.settle(entry):
                spot = Spot(self._file, seq, (entry.fill_id,))
                self._findings.refute(CLOSING, spot, expected="a fill whose fee was an estimate", found=None)
        elif isinstance(entry, LedgerOpened):
            self._open(seq, entry)
        elif self._is_new(seq, entry):
            if isinstance(entry, FundingBooked):
                money.fund(entry)
            else:
                money.move(entry)

    def _open(self, seq: int, entry: LedgerOpened) -> None:
        if self.opened is not None:
            self._findings.refute(
                BOOKED_ONCE, Spot(self._file, seq), expected="one opening balance", found="another one"
            )
            return
        self.opened = entry
        self.money.open(entry)

    def _is_new(self, seq: int, entry: FundingBooked | CashBooked) -> bool:
        name = hash(entry.entry_id)
        if name in self._rows:
            spot = Spot(self._file, seq, (entry.entry_id,))
            self._findings.refute(BOOKED_ONCE, spot, expected="a row that is new", found="booked before")
            return False
        self._rows.add(name)
        self._findings.prove(BOOKED_ONCE)
        return True

    def _ended(self, held: Held) -> None:
        self._due[held.position_id] = (self._seq, held)

    def _check_closing(self, seq: int, entry: PositionClosed) -> None:
        spot = Spot(self._file, seq, (entry.position_id,))
        self._check_sign(entry, spot)
        due = self._due.pop(entry.position_id, None)
        if due is None:
            self._findings.refute(
                CLOSING, spot, expected="a position that has just come back to zero", found=None
            )
            return
        faults = _closing_faults(entry, due[1])
        for expected, found in faults:
            self._findings.refute(CLOSING, spot, expected=expected, found=found)
        if not faults:
            self._findings.prove(CLOSING)

    def _check_sign(self, entry: PositionClosed, spot: Spot) -> None:
        move = entry.direction.sign * (entry.exit_price - entry.entry_price)
        if _sign(move) == _sign(entry.gross_pnl_usd) or abs(entry.gross_pnl_usd) < EXACT:
            self._findings.prove(SIGN)
            return
        word = "loss" if move < 0 else "gain"
        expected = f"a {word}: {entry.direction.value} from {entry.entry_price:f} to {entry.exit_price:f}"
        self._findings.refute(SIGN, spot, expected=expected, found=f"gross {entry.gross_pnl_usd:f} USD")

    def _check_revision(self, seq: int, entry: ClosingRevised) -> None:
        spot = Spot(self._file, seq, (entry.position_id,))
        held = self.money.ended.get(entry.position_id)
        if held is None:
            self._findings.leave_open(CLOSING, "revisions of positions that were closed long before")
            return
        for what, expected, found in (
            ("fees", held.fees, entry.fees_usd),
            ("funding", held.funding, entry.funding_usd),
            ("net", held.net, entry.net_pnl_usd),
        ):
            if abs(expected - found) > EXACT:
                self._findings.refute(CLOSING, spot, expected=f"{what} {expected:f} USD", found=f"{found:f}")
                return
        self._findings.prove(CLOSING)

    def _judge_missing(self) -> None:
        for seq, held in self._due.values():
            spot = Spot(self._file, seq, (held.position_id,))
            if seq == self._seq:
                self._findings.leave_open(CLOSING, "the last line closes a position; the next start says so")
            else:
                expected = f"a closing line of {held.net:f} USD after this fill"
                self._findings.refute(CLOSING, spot, expected=expected, found=None)


def _closing_faults(entry: PositionClosed, held: Held) -> list[tuple[str, str]]:
    faults = []
    facts = (
        ("direction", held.direction.value, entry.direction.value),
        ("symbol", held.symbol, entry.symbol),
        ("signal", held.signal_id, entry.signal_id),
        ("opened", held.opened_ts, entry.opened_ts),
        ("closed", held.ended_ts, entry.ts),
        ("reason", held.reason, entry.exit_reason),
    )
    faults += [(f"{what} {mine}", f"{theirs}") for what, mine, theirs in facts if mine != theirs]
    amounts = (
        ("size", held.opened, entry.size),
        ("entry price by its fills", held.opened_usd / held.opened, entry.entry_price),
        ("exit price by its fills", held.closed_usd / held.closed, entry.exit_price),
        ("gross", held.gross, entry.gross_pnl_usd),
        ("fees", held.fees, entry.fees_usd),
        ("funding", held.funding, entry.funding_usd),
        ("net", held.net, entry.net_pnl_usd),
    )
    faults += [
        (f"{what} {mine:f}", f"{theirs:f}") for what, mine, theirs in amounts if abs(mine - theirs) > EXACT
    ]
    return faults


def _sign(amount: Decimal) -> int:
    return (amount > 0) - (amount < 0)
