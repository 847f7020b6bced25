"""A paper exchange that is killed again and again while clients trade on it."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from src.exchange.simulator.server import ORDER_MEMORY_S
from src.records.operations import ExchangeEndpoint
from tests.process.claiming_trader import SYMBOLS, Claims, Trader
from tests.process.lone_exchange import Alone, admin_state
from tests.process.retold_journal import Retold, is_torn

pytestmark = pytest.mark.process

SPEED = 60.0
"""An hour's funding comes every minute; stops and the dead man's switch fire while it is down, too."""
COMMAND = ("-m", "tests.process.halting_exchange")
TRADERS = 2
LANES = 2
DIES_YOUNG = 0.1
"""Share of the kills that come while it starts."""
NAMES = {"ts": "now", "number": "journal_number", "rows": "account_log"}


class Ordeal:
    """One home, and the kills that its exchange has lived through."""

    def __init__(self, root: Path, *, seed: str) -> None:
        self.exchange = Alone(root, command=COMMAND)
        self.exchange.configure(symbols=SYMBOLS, leader=SYMBOLS[0])
        self.counts: Counter[str] = Counter()
        self._doors: set[tuple[str, str, str]] = set()
        self._seed = seed
        self._chance = random.Random(seed)
        self._told = Retold(self.exchange.home.paper_exchange, memory_s=ORDER_MEMORY_S * SPEED)

    def live_and_die(self) -> None:
        """Start, compare the books with the journal, trade, and die at a moment of chance."""
        if self._chance.random() < DIES_YOUNG:
            self.exchange.process = self.exchange.spawn(f"--speed={SPEED:g}")
            time.sleep(self._chance.uniform(0, 0.8))
            self._die("while starting")
        endpoint = self.exchange.start(f"--speed={SPEED:g}")
        self._doors.add((endpoint.url, endpoint.api_key, endpoint.api_secret))
        assert len(self._doors) == 1
        self._compare(endpoint)
        claims = self._trade(endpoint)
        answered = sum(claim.answers for claim in claims)
        self.counts["answers"] += answered
        assert not [fault for claim in claims for fault in claim.broken(self._told)]
        assert not self._told.faults()

    def _compare(self, endpoint: ExchangeEndpoint) -> None:
        """See that the exchange says what a replay of its journal up to the same entry says."""
        state = admin_state(endpoint)
        assert state["journal_number"] >= self._told.state.number
        self._told.read(until=state["journal_number"])
        replayed = msgspec.to_builtins(self._told.state.snapshot(state["now"]))
        for name, value in msgspec.json.decode(msgspec.json.encode(replayed)).items():
            assert state[NAMES.get(name, name)] == value, name

    def _trade(self, endpoint: ExchangeEndpoint) -> list[Claims]:
        stopped = threading.Event()
        life = f"{self._seed}-{self.counts['kills']}"
        traders = [Trader(endpoint, name=f"{life}-{n}", seed=f"{life} {n}") for n in range(TRADERS)]
        threads = [threading.Thread(target=trader.trade, args=(stopped,)) for trader in traders]
        for thread in threads:
            thread.start()
        time.sleep(self._chance.uniform(0.01, 0.25))
        self._die("while trading")
        stopped.set()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()
        return [trader.claims for trader in traders]

    def _die(self, how: str) -> None:
        self.exchange.end(signal.SIGKILL)
        self.counts["kills"] += 1
        self.counts[how] += 1
        folder = self.exchange.home.paper_exchange
        self.counts["torn tails"] += is_torn(folder)
        self.counts["half-written snapshots"] += (folder / ".snapshot.json.tmp").exists()
        self.counts["unfinished rotations"] += (folder / ".journal.jsonl.next").exists()
        self.counts["entries"] += self._told.read()

    def summary(self) -> str:
        """Return what happened, for the reader of the test's output."""
        return f"{dict(self.counts)} {dict(self._told.kinds)}"


def ordeal(root: Path, *, seed: str, kills: int) -> Iterator[Ordeal]:
    """Yield after each life until there were so many kills."""
    lived = Ordeal(root, seed=seed)
    try:
        while lived.counts["kills"] < kills:
            lived.live_and_die()
            yield lived
    finally:
        lived.exchange.kill()


def chosen_seed() -> str:
    seed = os.environ.get("CHAOS_SEED") or str(random.randrange(10**6))
    print(f"CHAOS_SEED={seed}")
    return seed


def test_kills_at_any_moment_lose_double_and_invent_nothing(tmp_path: Path) -> None:
    *_, lived = ordeal(tmp_path / "home", seed=chosen_seed(), kills=7)
    print(lived.summary())
    assert lived.counts["answers"] > 20


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_a_thousand_kills_lose_double_and_invent_nothing(tmp_path: Path) -> None:
    seed = chosen_seed()

    def lane(number: int) -> Counter[str]:
        began = time.monotonic()
        for lived in ordeal(tmp_path / str(number), seed=f"{seed}-{number}", kills=1000 // LANES):
            if lived.counts["while trading"] % 25 == 0:
                print(f"lane {number}, {time.monotonic() - began:.0f} s: {lived.summary()}", flush=True)
        return lived.counts

    with ThreadPoolExecutor(LANES) as lanes:
        counts = sum(lanes.map(lane, range(LANES)), Counter[str]())
    print(counts)
    assert counts["kills"] >= 1000
    assert counts["torn tails"] > 10
    assert counts["half-written snapshots"] > 0
