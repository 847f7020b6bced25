"""The referee of every crash: what the exchange's own journal says happened, against what the home says."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from src.exchange.simulator.state import ExchangeState
from src.records.enums import OrderPurpose
from src.records.exchange_effects import Executed, Placed
from src.records.exchange_journal import JournalEntry
from src.records.ledger import FillBooked, LedgerEntry, Positions
from src.records.orders import OrderEvent, OrderIntent, OrderState, OrderUpdate
from src.store.jsonl import BadLine, read_all
from src.store.paths import Home

BY_USER = "new_placed_order_by_user"
HALF_A_CENT = Decimal("0.005")
WITHOUT_END = frozenset({OrderState.INTENT, OrderState.UNKNOWN})
NOT_THERE = frozenset({OrderState.NOT_PLACED, OrderState.REJECTED})


@dataclass(frozen=True, slots=True)
class Bare:
    """A time during which a position had no stop for the whole of it."""

    symbol: str
    since: float
    until: float | None
    """None while it lasts."""
    opened: bool
    """Whether the position was opened then; else a stop that it had was gone."""

    @property
    def seconds(self) -> float:
        """Return how long it lasted, in seconds of the exchange's clock; without end where it lasts."""
        return float("inf") if self.until is None else self.until - self.since


class Referee:
    """The exchange's journal, told from its first entry on."""

    def __init__(self, entries: Iterable[JournalEntry]) -> None:
        self.state = ExchangeState(memory_s=3600.0)
        self.placed: Counter[str] = Counter()
        """By our name for an order: how often it was placed."""
        self.executed: Counter[str] = Counter()
        """By our name for an order: contracts."""
        self.fills: Counter[str] = Counter()
        self.bare: list[Bare] = []
        self._names: dict[str, str] = {}
        self._since: dict[str, tuple[float, bool]] = {}
        self._sizes: dict[str, Decimal] = {}
        for entry in entries:
            self._hear(entry)
        self.bare += [Bare(symbol, since, None, opened) for symbol, (since, opened) in self._since.items()]

    def sizes(self) -> dict[str, Decimal]:
        """Return the signed contracts by symbol."""
        return {symbol: position.size for symbol, position in self.state.account.positions.items()}

    def stops(self, symbol: str) -> list[Decimal]:
        """Return the sizes of the stops that guard a symbol's position."""
        held = self.sizes().get(symbol, Decimal(0))
        return [
            order.open_size
            for order in self.state.open.values()
            if order.terms.symbol == symbol and order.terms.reduce_only and order.terms.side.sign * held < 0
        ]

    def _hear(self, entry: JournalEntry) -> None:
        for effect in entry.effects:
            if isinstance(effect, Placed) and effect.order.cli_ord_id is not None:
                self._names[effect.order.order_id] = effect.order.cli_ord_id
                self.placed[effect.order.cli_ord_id] += effect.reason == BY_USER
            elif isinstance(effect, Executed):
                self.fills[effect.fill_id] += 1
                name = self._names.get(effect.order_id, effect.order_id)
                self.executed[name] += effect.size  # type: ignore[assignment] # contracts are counted, too
        self.state.replay([entry])
        self._watch(entry.ts)

    def _watch(self, ts: float) -> None:
        sizes = self.sizes()
        for symbol in sizes.keys() | self._since.keys():
            held = sizes.get(symbol, Decimal(0))
            guarded = sum(self.stops(symbol), Decimal(0)) >= abs(held)
            if not guarded and symbol not in self._since:
                self._since[symbol] = (ts, not self._sizes.get(symbol))
            elif guarded and symbol in self._since:
                since, opened = self._since.pop(symbol)
                self.bare.append(Bare(symbol, since, ts, opened))
        self._sizes = sizes


def faults_of(home: Home, referee: Referee) -> list[str]:
    """Return every way in which a home and its exchange disagree once nothing is on its way; empty when whole."""
    return [*order_faults(home, referee), *_naked(referee), *_money_faults(home, referee)]


def order_faults(home: Home, referee: Referee) -> Iterator[str]:
    """Yield the orders that were doubled, that nobody intended, that were misjudged, or that are in doubt."""
    intents, states = _orders_of(home)
    for name, count in referee.placed.items():
        if count > 1:
            yield f"doubled: order {name} was placed {count} times"
        if name not in intents:
            yield f"orphan: order {name} was placed, and nobody intended it"
        elif states[name] in NOT_THERE:
            yield f"misjudged: order {name} was placed, and is told to be {states[name].value}"
    entries = Counter(
        intent.position_id
        for name, intent in intents.items()
        if intent.purpose is OrderPurpose.ENTRY and referee.placed[name]
    )
    yield from (f"doubled: {count} entries of {position}" for position, count in entries.items() if count > 1)
    for name, intent in intents.items():
        if referee.executed[name] > intent.size:
            yield f"doubled: {referee.executed[name]} of {intent.size} of order {name} were executed"
    yield from (f"in doubt: order {name}" for name, state in states.items() if state in WITHOUT_END)


def _orders_of(home: Home) -> tuple[dict[str, OrderIntent], dict[str, OrderState]]:
    intents: dict[str, OrderIntent] = {}
    states: dict[str, OrderState] = {}
    events: Iterator[OrderEvent] = read_all(home.orders, OrderEvent, on_bad=BadLine.RAISE)
    for event in events:
        if isinstance(event, OrderIntent):
            intents[event.cli_ord_id] = event
            states.setdefault(event.cli_ord_id, OrderState.INTENT)
        elif isinstance(event, OrderUpdate):
            states[event.cli_ord_id] = event.state
    return intents, states


def _naked(referee: Referee) -> Iterator[str]:
    sizes = referee.sizes()
    for symbol, size in sizes.items():
        if referee.stops(symbol) != [abs(size)]:
            yield f"naked: {size} of {symbol} behind stops of {[str(stop) for stop in referee.stops(symbol)]}"
    for order in referee.state.open.values():
        if order.terms.symbol not in sizes or not order.terms.reduce_only:
            yield f"left behind: order {order.terms.cli_ord_id} rests"


def _money_faults(home: Home, referee: Referee) -> Iterator[str]:
    ledger: Iterator[LedgerEntry] = read_all(home.fills, LedgerEntry, on_bad=BadLine.RAISE)
    booked = Counter(entry.fill_id for entry in ledger if isinstance(entry, FillBooked))
    if booked != referee.fills:
        yield f"bookings: {(booked - referee.fills) or (referee.fills - booked)} are too many or too few"
    if not home.positions_futures.exists():
        if referee.fills:
            yield "picture: there is none"
        return
    picture = msgspec.json.decode(home.positions_futures.read_bytes(), type=Positions)
    ours = {view.symbol: view.direction.sign * view.size for view in picture.open_positions}
    if ours != referee.sizes():
        yield f"picture: {ours} is {referee.sizes()}"
    for view in picture.open_positions:
        if view.stop is None or not view.stop.confirmed:
            yield f"picture: no stop of {view.symbol} was read back"
    balance = referee.state.account.balance_usd
    if abs(picture.cash_usd - balance) >= HALF_A_CENT:
        yield f"cash: {picture.cash_usd} is {balance}"
