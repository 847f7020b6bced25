"""batchorder: several sends, edits and cancels in one request, each answered for itself."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import unquote_plus

from src.exchange.simulator.core import Core
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.wire.values import iso

LONGEST_BATCH = 100
_STATUSES = {"send": "sendStatus", "edit": "editStatus", "cancel": "cancelStatus"}
_FIELD = "json="
_DEADLINES = ("processBefore", "ProcessBefore")
_FLAGS = {True: "true", False: "false"}
Request = Callable[[Mapping[str, str]], dict[str, object]]


class Batch:
    """Hands each item to the request that it stands for; one refusal stops no other."""

    def __init__(self, core: Core, *, send: Request, edit: Request, cancel: Request) -> None:
        self._core = core
        self._requests: Mapping[str, Request] = {"send": send, "edit": edit, "cancel": cancel}

    def answer(self, params: Mapping[str, str]) -> dict[str, object]:
        """Answer ``json``, the text of the batch; BadCall where it cannot be read at all."""
        asked = _read(params.get("json", ""))
        said = {**asked, **params}
        deadline = next((said[name] for name in _DEADLINES if said.get(name)), None)
        common = {} if deadline is None else {"processBefore": deadline}
        items = asked.get("batchOrder")
        if not isinstance(items, list):
            raise BadCall("requiredArgumentMissing: batchOrder")
        if len(items) > LONGEST_BATCH:
            raise BadCall("invalidArgument: batchOrder")
        return {"batchStatus": [self._item(item, common) for item in items]}

    def _item(self, item: object, common: Mapping[str, object]) -> dict[str, object]:
        if not isinstance(item, dict):
            return {"status": "invalidArgument", "orderEvents": []}
        params = {
            name: word for name, value in {**common, **item}.items() if (word := _word(value)) is not None
        }
        tag = {"order_tag": params["order_tag"]} if "order_tag" in params else {}
        kind = params.pop("order", "")
        if kind == "edit" and "order_id" in params:
            params.setdefault("orderId", params["order_id"])
        if kind not in self._requests:
            return {"status": "invalidArgument", "orderEvents": [], **tag}
        try:
            told = self._requests[kind](params)[_STATUSES[kind]]
        except BadCall as bad:
            return {"status": str(bad).partition(":")[0], "orderEvents": [], **tag}
        return self._status(told, params) | tag

    def _status(self, told: object, params: Mapping[str, str]) -> dict[str, object]:
        if not isinstance(told, dict):
            raise TypeError("an order's answer is no object")
        status: dict[str, object] = {"orderEvents": [], **told}
        status.pop("receivedTime", None)
        order_id = status.pop("orderId", None) or params.get("order_id")
        if order_id:
            status.setdefault("order_id", order_id)
        status["dateTimeReceived"] = iso(self._core.now)
        return status


def batch_form(params: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Return the parameters of a batch: its JSON may stand in the body raw, where ``&`` and ``+`` are text."""
    text = body.decode("utf-8", "replace")
    if not text.startswith(_FIELD + "{"):
        return dict(params)
    return {"json": text.removeprefix(_FIELD)}


def _read(text: str) -> dict[str, object]:
    if text.startswith("%7B"):
        text = unquote_plus(text)
    try:
        asked = json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadCall("Json Parse Error") from None
    if not isinstance(asked, dict):
        raise BadCall("Json Parse Error")
    return asked


def _refuse(word: str) -> str:
    raise ValueError(word)


def _word(value: object) -> str | None:
    """Return a value of the JSON as a query would write it, None where there is none."""
    if isinstance(value, bool):
        return _FLAGS[value]
    return value if isinstance(value, str) else None
