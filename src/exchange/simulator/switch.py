"""The dead man's switch: unless it is set again in time, every order of the account is cancelled."""

import math
from collections.abc import Mapping

from src.exchange.simulator.amend import Amendments
from src.exchange.simulator.core import Core
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.order_form import required
from src.exchange.simulator.wire.values import iso
from src.records.exchange_effects import Armed

LONGEST_S = 7 * 86_400
"""Seconds that it may be set to."""


class DeadMansSwitch:
    """Runs on the exchange's own clock; stops and take-profits go with the rest, positions stay."""

    def __init__(self, core: Core, amendments: Amendments) -> None:
        self._core = core
        self._amendments = amendments
        self.due = math.inf
        """When it fires."""
        self.look()

    def look(self) -> None:
        """Take over what the books say; to be called whenever they were read anew."""
        at = self._core.state.switch_at
        self.due = math.inf if at is None else at

    def answer(self, params: Mapping[str, str]) -> dict[str, object]:
        """Set it to ``timeout`` whole seconds from now; 0 takes it back."""
        seconds = _seconds(required(params, "timeout"))
        core = self._core
        until = core.now + seconds if seconds else None
        if until is not None or core.state.switch_at is not None:
            core.apply(Armed(until=until))
        self.look()
        trigger = "0" if until is None else iso(until)
        return {"status": {"currentTime": iso(core.now), "triggerTime": trigger}}

    def fire(self) -> None:
        """Cancel every order, and forget the time."""
        self._core.apply(Armed(until=None))
        self._amendments.cancel_all(None, reason="dead_man_switch")
        self._core.commit("dead_man_switch")
        self.look()


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10) or int(text) > LONGEST_S:
        raise BadCall("invalidArgument: timeout")
    return int(text)
