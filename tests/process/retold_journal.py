"""The journal of a dead paper exchange, read from its bytes, and what it says independently of the exchange."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import assert_never

import msgspec

from src.exchange.simulator.double_entry import discrepancies
from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.wire.values import iso
from src.records.exchange_effects import (
    Armed,
    Charged,
    Converted,
    Covered,
    Effect,
    Ended,
    Executed,
    Moved,
    Opened,
    Payment,
    Placed,
    Preferred,
    Rejected,
    Resized,
    Settled,
    Transferred,
)
from src.records.exchange_journal import AccountRow, JournalEntry

BY_USER = "new_placed_order_by_user"
"""A stop that fired places an order with its own client id again."""
ENTRY = msgspec.json.Decoder(JournalEntry)


def entries_on_disk(folder: Path) -> Iterator[JournalEntry]:
    """Return every whole entry in the segments that are there, oldest first; a torn tail is no entry."""
    for path in [*sorted(folder.glob("journal.jsonl.0*")), folder / "journal.jsonl"]:
        if path.exists():
            for line in path.read_bytes().split(b"\n")[:-1]:
                if b'"control":' not in line[:60]:
                    yield ENTRY.decode(line)


def is_torn(folder: Path) -> bool:
    """Return whether the journal ends in the middle of a line."""
    path = folder / "journal.jsonl"
    return path.exists() and not path.read_bytes().endswith(b"\n")


class Retold:
    """Everything that the journal of one home has ever said, followed from kill to kill without a snapshot."""

    def __init__(self, folder: Path, *, memory_s: float) -> None:
        self._folder = folder
        self.state = ExchangeState(memory_s=memory_s)
        """A replay from the first entry on."""
        self.placed: Counter[str] = Counter()
        """How often each client id was placed."""
        self.order_ids: Counter[str] = Counter()
        self.fills: Counter[tuple[str, str]] = Counter()
        """How often each (fill, order) was executed."""
        self.fill_ids: Counter[str] = Counter()
        self.ended: set[str] = set()
        self.limits: set[tuple[str, Decimal | None]] = set()
        """Every (order, limit price) that an edit made."""
        self.moved: Counter[Decimal] = Counter()
        """How often each amount was put into the collateral; negative for what was taken out."""
        self.armed: set[str] = set()
        """Every time that the dead man's switch was set to, as the wire tells it."""
        self.kinds: Counter[str] = Counter()
        self._worth = Decimal(0)
        self._sizes: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._row = 0
        self._balances: dict[str, Decimal] = {}

    def read(self, *, until: int | None = None) -> int:
        """Read what is new, up to the entry ``until``; return how many entries that was.

        AssertionError where one is missing, or there twice.
        """
        count, seen = 0, 0
        for entry in entries_on_disk(self._folder):
            assert entry.number > seen, f"entry {entry.number} stands behind entry {seen}"
            seen = entry.number
            if entry.number <= self.state.number or (until is not None and entry.number > until):
                continue
            assert entry.number == self.state.number + 1, f"entry {self.state.number + 1} is missing"
            self.state.replay([entry])
            for effect in entry.effects:
                self._hear(effect)
            count += 1
        return count

    def faults(self) -> list[str]:
        """Return what is doubled, and where money or contracts were made or lost, to the last unit."""
        account = self.state.account
        doubled = [
            f"doubled: {name}"
            for counter in (self.placed, self.order_ids, self.fill_ids, self.moved)
            for name, times in counter.items()
            if times > 1
        ]
        cost = sum((position.cost_usd for position in account.positions.values()), Decimal(0))
        if account.balance_usd - cost != self._worth:
            doubled.append(f"money: {account.balance_usd} - {cost} is not {self._worth}")
        sizes = {symbol: size for symbol, size in self._sizes.items() if size}
        if sizes != {symbol: position.size for symbol, position in account.positions.items()}:
            doubled.append(f"contracts: {sizes}")
        return doubled + list(self._log_faults()) + discrepancies(self.state)

    def _log_faults(self) -> Iterator[str]:
        account = self.state.account
        for row in account.rows:
            if row.row_id > self._row:
                yield from self._row_faults(row)
        sums = {asset: size for asset, size in self._balances.items() if size}
        books = {symbol.lower(): position.size for symbol, position in account.positions.items()}
        books |= {name.lower(): amount for name, amount in account.currencies.items() if amount}
        if sums != books | {"usd": account.balance_usd}:
            yield f"the account log says {sums}"

    def _row_faults(self, row: AccountRow) -> Iterator[str]:
        if row.row_id != self._row + 1:
            yield f"row {self._row + 1} of the account log is missing"
        if row.old_balance != self._balances.get(row.asset, Decimal(0)):
            yield f"row {row.row_id} does not follow from the one before"
        self._row = row.row_id
        self._balances[row.asset] = row.new_balance

    def _hear(self, effect: Effect) -> None:
        self.kinds[type(effect).__name__] += 1
        match effect:
            case Placed():
                self.order_ids[effect.order.order_id] += 1
                if effect.reason == BY_USER and effect.order.cli_ord_id is not None:
                    self.placed[effect.order.cli_ord_id] += 1
            case Executed():
                self._hear_execution(effect)
            case Resized():
                self.limits.add((effect.order_id, effect.limit_price))
            case Ended():
                self.ended.add(effect.order_id)
            case Armed():
                self.armed |= set() if effect.until is None else {iso(effect.until)}
            case Preferred() | Rejected():
                pass
            case _:
                self._worth += _usd(effect)
                if isinstance(effect, Transferred):
                    self.moved[effect.collateral_usd] += 1

    def _hear_execution(self, effect: Executed) -> None:
        order = self.state.open.get(effect.order_id) or self.state.ended[effect.order_id]
        signed = order.terms.side.sign * effect.size
        self.fills[effect.fill_id, effect.order_id] += 1
        self.fill_ids[effect.fill_id] += 1
        self._sizes[order.terms.symbol] += signed
        self._worth += effect.funding_usd - effect.fee_usd - signed * effect.price


def _usd(effect: Payment) -> Decimal:
    """Return what the collateral's USD received."""
    match effect:
        case Opened():
            return effect.balance_usd
        case Transferred():
            return effect.collateral_usd
        case Converted():
            return effect.usd
        case Charged():
            return -effect.amount_usd
        case Settled() | Covered():
            return effect.amount_usd
        case Moved():
            return Decimal(0)
        case _:
            assert_never(effect)
