"""Pages of the history service: a range of time, an order, a count and a token for what follows."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.order_form import seconds_of
from src.exchange.simulator.wire.public import whole
from src.exchange.simulator.wire.values import millis

R = TypeVar("R")
EVENTS_A_PAGE = 1000
_EVER = 2**62


@dataclass(frozen=True)
class Telling(Generic[R]):
    """How the records of one history are told; only those of the page are put into words."""

    ts: Callable[[R], float]
    symbol: Callable[[R], str]
    uid: Callable[[R], str]
    event: Callable[[R], Mapping[str, object]]


def page(
    records: Iterable[R], telling: Telling[R], params: Mapping[str, str], *, account_uid: str | None = None
) -> dict[str, object]:
    """Return one page of ``records`` (oldest first), newest first unless ``sort=asc``."""
    ascending = params.get("sort", "desc").lower() == "asc"
    since, before = moment(params, "since", 0), moment(params, "before", _EVER)
    tradeable = params.get("tradeable", "").upper()
    ts, symbol = telling.ts, telling.symbol
    found = [r for r in records if since <= millis(ts(r)) < before and tradeable in {"", symbol(r)}]
    if not ascending:
        found.reverse()
    last = _last_told(params)
    if last is not None:
        found = _after(found, telling.uid, last)
    count = max(1, min(whole(params, "count", EVENTS_A_PAGE), EVENTS_A_PAGE))
    shown = found[:count]
    shape: dict[str, object] = {
        "len": len(shown),
        "elements": [
            {"uid": telling.uid(r), "timestamp": millis(ts(r)), "event": telling.event(r)} for r in shown
        ],
    }
    if account_uid is not None:
        shape["accountUid"] = account_uid
    if len(found) > count:
        shape["continuationToken"] = urlsafe_b64encode(telling.uid(shown[-1]).encode()).decode()
    return shape


def moment(params: Mapping[str, str], name: str, otherwise: int) -> int:
    """Return a moment in ms since the epoch, written so or as an ISO time."""
    text = params.get(name, "")
    if "T" in text:
        return millis(seconds_of(text, name))
    return whole(params, name, otherwise)


def asked(params: Mapping[str, str], name: str) -> bool | None:
    """Return whether a kind of event is wanted, None where the request does not say."""
    word = params.get(name, "").lower()
    if word not in {"", "true", "false"}:
        raise BadCall(f"invalidArgument: {name}")
    return None if not word else word == "true"


def wanted(params: Mapping[str, str], kinds: Sequence[str]) -> frozenset[str]:
    """Return the kinds that a request asks for; those it refuses are left out where it names none."""
    said = {kind: asked(params, kind) for kind in kinds}
    named = {kind for kind, word in said.items() if word}
    return frozenset(named or {kind for kind, word in said.items() if word is None})


def _last_told(params: Mapping[str, str]) -> str | None:
    token = params.get("continuation_token", params.get("continuationToken", ""))
    if not token:
        return None
    try:
        return urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        raise BadCall("invalidArgument: continuation_token") from None


def _after(records: Sequence[R], uid: Callable[[R], str], last: str) -> list[R]:
    for place, record in enumerate(records, 1):
        if uid(record) == last:
            return list(records[place:])
    raise BadCall("invalidArgument: continuation_token")
