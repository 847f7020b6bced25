"""A desk on an exchange that is a way off, over a network that loses, delays and hollows out answers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from src.exchange.errors import NoAnswer, OrderRefused
from src.records.enums import Direction
from src.records.exchange_journal import JournalEntry
from src.store.freeze import Freeze
from src.store.jsonl import Durability, JsonlWriter
from tests.audit_fakes import audited
from tests.crash_referee import Referee, faults_of
from tests.exchange_fakes import DirectExchange, World
from tests.paper_exchange_fakes import ETH, XBT, Exchange

ONE_WAY_S = 0.02
LISTS = ("openOrders", "fills", "openPositions", "orders", "elements", "logs")
DOUBT = frozenset({"not_reconciled", "unresolved_order", "fills_pending", "stop_resting"})
SETTLES_WITHIN_S = 90.0
ALL_COMPARED_S = 65.0
"""After which every comparison with the exchange has been made again."""


@dataclass
class Network:
    """What lies between bot and exchange; it does not die with the bot."""

    loses: frozenset[int] = frozenset()
    """Which orders' answers are lost, the first order is 1."""
    delays: frozenset[int] = frozenset()
    """Which orders arrive only after their sender gave up."""
    delay_s: float = 4.0
    drops: frozenset[int] = frozenset()
    """Which orders never arrive."""
    hollow_until: float = 0.0
    """Until then answers that hold a list come without it."""
    sent: int = 0
    under_way: list[tuple[float, dict[str, str]]] = field(default_factory=list)

    def next_due(self) -> float:
        """Return when the next order arrives; never, where none is under way."""
        return min((due for due, _ in self.under_way), default=math.inf)

    def deliver(self, paper: Exchange) -> None:
        """Bring what has arrived by now."""
        arrived = [form for due, form in self.under_way if due <= paper.now]
        self.under_way = [(due, form) for due, form in self.under_way if due > paper.now]
        for form in arrived:
            paper.engine.request(paper.now, "sendorder", form)


class DistantExchange(DirectExchange):
    """Each request takes its time there and back, and may come to harm on the way."""

    def __init__(self, paper: Exchange, network: Network) -> None:
        super().__init__(paper)
        self._network = network

    def _pass(self, method: str, hook: Callable[[str], None]) -> None:
        self.paper.now += ONE_WAY_S
        self._network.deliver(self.paper)
        hook(method)

    def _ask(self, method: str, **params: str) -> Mapping[str, object]:
        network = self._network
        if method != "sendorder":
            answer = super()._ask(method, **params)
            if network.hollow_until <= self.paper.now:
                return answer
            return {key: value for key, value in answer.items() if key not in LISTS}
        network.sent += 1
        if network.sent in network.delays | network.drops:
            self._pass(method, self.before)
            if network.sent in network.delays:
                network.under_way.append((self.paper.now + network.delay_s, params))
            self._pass(method, self.after)
            raise NoAnswer("nobody has answered")
        answer = super()._ask(method, **params)
        if network.sent in network.loses:
            raise NoAnswer("the answer was lost")
        return answer


class CrashWorld(World):
    """A world whose process may die at any point."""

    own_freezes: frozenset[str] = frozenset()
    """Reasons against entries that belong to what is done here."""

    def __init__(self, root: Path) -> None:
        self.network = Network()
        self.started_at: list[float] = []
        self.pass_by: Callable[[str], None] = lambda _: None
        super().__init__(root)

    def watched_by(self, pass_by: Callable[[str], None]) -> None:
        """Tell every request to somebody, before it arrives and before its answer does."""
        self.pass_by = pass_by
        self.exchange.before = lambda method: pass_by(f"before {method}")
        self.exchange.after = lambda method: pass_by(f"after {method}")

    def wait(self, seconds: float, *, every: float = 0.5) -> None:
        """Let time pass in steps of the desk; what is under way arrives at its time."""
        end = self.paper.now + seconds
        while self.paper.now < end:
            self._pass_time(min(end, self.paper.now + every))
            self._step()

    def get_ready(self) -> None:
        """Compare with the exchange for the first time."""
        self.desk.step(self.paper.now)
        self.wait(1)

    def leave(self) -> None:
        """Do what an exit rule does: try until it is done."""
        for _ in range(20):
            if not self.desk.positions():
                return
            try:
                self.desk.exit(XBT, reason="time", now=self.paper.now)
            except OrderRefused:
                self.wait(2)

    def hold(self, *, direction: Direction = Direction.LONG, size: str = "1") -> None:
        """Hold a position that is protected."""
        self.get_ready()
        self.enter(direction=direction, size=size)
        self.wait(1)

    def settle(self) -> None:
        """Let time pass until nothing is in doubt, and then until everything was compared again."""
        end = self.paper.now + SETTLES_WITHIN_S
        while self._in_doubt() and self.paper.now < end:
            self.wait(0.5)
        self.wait(ALL_COMPARED_S, every=13)

    def referee(self) -> Referee:
        """Return the exchange's journal, told."""
        return Referee(self.paper.journal.entries)

    def faults(self) -> list[str]:
        """Return every way in which home and exchange disagree."""
        reasons = (*Freeze(self.home).reasons(), *self.desk.freeze_reasons())
        frozen = [f"frozen: {reason}" for reason in reasons if reason not in self.own_freezes]
        return [*faults_of(self.home, self.referee()), *frozen]

    def violations(self) -> list[str]:
        """Return what an audit finds, of the home and of the exchange's journal beside it; the desk must be closed."""
        journal = self.home.paper_exchange / "journal.jsonl"
        with JsonlWriter[JournalEntry](
            journal, writer="exchange", durability=Durability.TELEMETRY, quarantine=self.home.quarantine
        ) as writer:
            for entry in self.paper.journal.entries[writer.seq :]:
                writer.append(entry)
        found = audited(self.home).violations
        return [f"audit: {each.claim}: {each.expected}, not {each.found}" for each in found]

    def _pass_time(self, until: float) -> None:
        while self.network.next_due() <= until:
            self.paper.now = max(self.paper.now, self.network.next_due())
            self.network.deliver(self.paper)
        self.paper.now = max(self.paper.now, until)

    def _step(self) -> None:
        self.desk.step(self.paper.now)

    def _in_doubt(self) -> bool:
        unguarded = any(p.stop is None or not p.stop.confirmed for p in self.desk.positions())
        doubted = any(self.desk.blocked(symbol) in DOUBT for symbol in (XBT, ETH))
        return unguarded or doubted or bool(self.network.under_way)

    def _connect(self) -> DirectExchange:
        self.started_at.append(self.paper.now)
        return DistantExchange(self.paper, self.network)
