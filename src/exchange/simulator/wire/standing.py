"""Answers that never change here: one account without subaccounts, no programs, no queue to be unwound."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.order_form import decimal, required
from src.exchange.simulator.wire.order_events import ACCOUNT_UID

_QUOTE = "USD"
STANDING: Mapping[str, Mapping[str, object]] = {
    "notifications": {"notifications": []},
    "self-trade-strategy": {"strategy": "REJECT_TAKER"},
    "subaccounts": {"masterAccountUid": ACCOUNT_UID, "subaccounts": []},
    "unwindqueue": {"queue": []},
}
"""By endpoint; each is signed and read with GET."""
Answer = Callable[[Mapping[str, str]], dict[str, object]]


def standing_requests(symbols: Iterable[str]) -> dict[str, Answer]:
    """Return what answers each of them; ``symbols`` are the contracts that trade here."""
    known = tuple(symbols)
    gains: dict[str, object] = {"preferences": [{"symbol": s, "pnlCurrency": _QUOTE} for s in known]}
    return {
        **{name: partial(_told, shape) for name, shape in STANDING.items()},
        "pnlpreferences": partial(_told, gains),
        "setpnlpreference": partial(_set_pnl_preference, known),
        "subaccount/trading-enabled": _trading_of_subaccount,
        "transfer/subaccount": _transfer_to_subaccount,
    }


def _told(shape: Mapping[str, object], _params: Mapping[str, str]) -> dict[str, object]:
    return dict(shape)


def _set_pnl_preference(symbols: tuple[str, ...], params: Mapping[str, str]) -> dict[str, object]:
    """Accept the currency in which gains are paid anyway, and no other."""
    if required(params, "symbol").upper() not in symbols:
        raise BadCall("contractNotFound")
    if required(params, "pnlPreference").upper() != _QUOTE:
        raise BadCall("invalidUnit")
    return {}


def _trading_of_subaccount(_params: Mapping[str, str]) -> dict[str, object]:
    """Refuse it as the venue does for whoever is no institution."""
    raise BadCall("authenticationError")


def _transfer_to_subaccount(params: Mapping[str, str]) -> dict[str, object]:
    """Refuse a well-formed request, since there is nobody to send to or to take from."""
    required(params, "unit")
    for name in ("fromUser", "toUser", "fromAccount", "toAccount"):
        required(params, name)
    if decimal(required(params, "amount"), "amount") <= 0:
        raise BadCall("invalidAmount")
    raise BadCall("invalidAccount")
