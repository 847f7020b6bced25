"""Answers that never change here: one account, no programs, no queue to be unwound."""

from collections.abc import Callable, Mapping
from functools import partial

from src.exchange.simulator.wire.order_events import ACCOUNT_UID

STANDING: Mapping[str, Mapping[str, object]] = {
    "notifications": {"notifications": []},
    "pnlpreferences": {"preferences": []},
    "self-trade-strategy": {"strategy": "REJECT_TAKER"},
    "subaccounts": {"masterAccountUid": ACCOUNT_UID, "subaccounts": []},
    "unwindqueue": {"queue": []},
}
"""By endpoint; each is signed and read with GET."""


def standing_requests() -> dict[str, Callable[[Mapping[str, str]], dict[str, object]]]:
    """Return what answers each of them."""
    return {name: partial(_told, shape) for name, shape in STANDING.items()}


def _told(shape: Mapping[str, object], _params: Mapping[str, str]) -> dict[str, object]:
    return dict(shape)
