"""What goes wrong in a chaos run, and when: everything follows from a seed."""

import random
from collections import Counter
from dataclasses import dataclass, field

from src.supervision.shell import EXCHANGE, MAIN, WORKERS

Plan = dict[str, object]

VICTIMS = (*WORKERS, EXCHANGE, MAIN, MAIN)
MOST_KILLS_EACH = dict.fromkeys((*WORKERS, EXCHANGE), 4) | {MAIN: 8}
"""More of a worker's would be a crash loop, after which nothing is started any more."""
QUIET_S = 20.0
"""At the beginning, while everybody starts."""
SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD")


@dataclass(frozen=True, slots=True)
class Misfortune:
    """One thing that goes wrong."""

    at_s: float
    """Real seconds after the run began."""
    kill: str | None = None
    """The process that is killed."""
    name: str = ""
    plan: Plan = field(default_factory=dict)
    """The exchange's faults from now on; empty when it is well again."""


def _orders(act: str, **more: object) -> Plan:
    return {"calls": [{"path": "sendorder", "act": act, "chance": 0.6, **more}]}


def _reads(act: str, **more: object) -> Plan:
    paths = ("openorders", "fills", "openpositions", "orders/status")
    return {"calls": [{"path": path, "act": act, "chance": 0.5, **more} for path in paths]}


def _market(**fault: object) -> Plan:
    return {"markets": dict.fromkeys(SYMBOLS, fault)}


PLANS: dict[str, Plan] = {
    "answers of orders are dropped": _orders("drop"),
    "orders are dropped": _orders("drop", work=False),
    "answers of orders are reset": _orders("reset"),
    "answers of orders are cut": _orders("cut"),
    "answers of orders are pages": _orders("html", work=True, status=502),
    "answers of orders are empty": _orders("empty", work=True),
    "answers of orders are garbage": _orders("garbage", work=True),
    "orders arrive late": _orders("late", delay_s=2.0),
    "answers come slowly": {"calls": [{"act": "delay", "delay_s": 0.7, "chance": 0.5}]},
    "reads are pages": _reads("html", status=200),
    "reads break off": _reads("garbage"),
    "reads lack their lists": {
        "calls": [
            {"path": "openorders", "act": "patch", "patch": {"openOrders": None}},
            {"path": "openpositions", "act": "patch", "patch": {"openPositions": None}},
            {"path": "fills", "act": "patch", "patch": {"fills": None}},
        ]
    },
    "rows are told twice, in the opposite order": {"calls": [{"act": "jumble"}]},
    "the history is behind": {"history_lag_s": 120.0},
    "maintenance": {"maintenance": True},
    "requests are too many": {"calls": [{"act": "rate_limit", "chance": 0.3}]},
    "the key is refused": {
        "calls": [{"act": "refuse", "word": "authenticationError", "status": 401, "chance": 0.3}]
    },
    "messages are lost": {"stream": [{"act": "lose", "chance": 0.05}]},
    "messages change places": {"stream": [{"act": "reorder", "chance": 0.05}]},
    "connections are cut": {"stream": [{"act": "close", "every": 200}]},
    "the books are thin": _market(thin=0.01),
    "the markets are suspended": _market(suspended=True),
    "the markets take no takers": _market(post_only=True),
    "prices fall": _market(gap_bps=-120),
    "all orders are cancelled": {"now": ["cancel_all"]},
    "fees are tripled": {"fee_factor": 3.0},
}


def schedule(seed: str, *, length_s: float, kills: int, faults: int) -> list[Misfortune]:
    """Return what goes wrong in a run of so many real seconds, in order."""
    chance = random.Random(seed)
    found = [*_kills(chance, length_s, kills), *_faults(chance, length_s, faults)]
    return sorted(found, key=lambda misfortune: misfortune.at_s)


def _kills(chance: random.Random, length_s: float, count: int) -> list[Misfortune]:
    killed: Counter[str] = Counter()
    found: list[Misfortune] = []
    while len(found) < count:
        victim = chance.choice(VICTIMS)
        if killed[victim] < MOST_KILLS_EACH[victim]:
            killed[victim] += 1
            found.append(Misfortune(round(chance.uniform(QUIET_S, length_s), 2), kill=victim))
    return found


def _faults(chance: random.Random, length_s: float, count: int) -> list[Misfortune]:
    """Return faults one after the other, each with its end before the next begins."""
    room = (length_s - QUIET_S) / count
    names = chance.sample(list(PLANS), min(count, len(PLANS)))
    names += chance.choices(list(PLANS), k=count - len(names))
    found = []
    for number, name in enumerate(names):
        begins = QUIET_S + number * room + chance.uniform(0, room * 0.3)
        lasts = chance.uniform(room * 0.2, room * 0.6)
        plan = {"seed": chance.randrange(10**6), **PLANS[name]}
        found.append(Misfortune(round(begins, 2), name=name, plan=plan))
        found.append(Misfortune(round(begins + lasts, 2), name="well again"))
    return found
