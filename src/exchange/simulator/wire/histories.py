"""The signed requests of the history service, by name."""

from collections.abc import Callable, Mapping

from src.exchange.simulator.core import Core
from src.exchange.simulator.wire.account import LogPages
from src.exchange.simulator.wire.account_events import AccountPages
from src.exchange.simulator.wire.order_events import OrderPages
from src.exchange.simulator.wire.pages import moment
from src.exchange.simulator.wire.values import millis

HISTORIES = ("orders", "triggers", "executions", "positions")
"""Endpoints of ``/api/history/v2`` and ``v3``."""
Answer = Callable[[Mapping[str, str]], dict[str, object]]


def history_requests(core: Core) -> dict[str, Answer]:
    """Return what answers each request: ``account-log``, and ``history/`` with the endpoint."""
    orders, account = OrderPages(core.state), AccountPages(core.state)
    return {
        "history/orders": lagging(core, orders.orders),
        "history/triggers": lagging(core, orders.triggers),
        "history/executions": lagging(core, account.executions),
        "history/positions": lagging(core, account.positions),
        "account-log": lagging(core, LogPages(core.state).answer),
    }


def lagging(core: Core, answer: Answer) -> Answer:
    """Return what answers as if the newest seconds, as many as the rules say, had not happened yet."""

    def answered(params: Mapping[str, str]) -> dict[str, object]:
        lag = core.rules.history_lag_s
        if not lag:
            return answer(params)
        known_until = millis(core.now - lag)
        before = min(known_until, moment(params, "before", known_until))
        return answer({**params, "before": str(before)})

    return answered
