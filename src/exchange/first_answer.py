"""Waiting for the exchange's first authenticated answer: without one the bot does not start."""

from collections.abc import Callable

from src.clock import Clock
from src.exchange.errors import NoAnswer

_FIRST_ANSWER_S = 20.0
"""How long the exchange may take to answer for the first time, e.g. while it is being restarted."""
_ASK_AGAIN_S = 0.5


def answered(
    ask: Callable[[], object],
    clock: Clock,
    *,
    sleep: Callable[[float], None],
    stopped: Callable[[], bool],
) -> bool:
    """Return True after the first answer, False where a signal ends the start before.

    Raises:
        NoAnswer: there was none for a while, which ends the bot.
    """
    deadline_s = clock.real() + _FIRST_ANSWER_S
    while not stopped():
        try:
            ask()
        except NoAnswer:
            if clock.real() > deadline_s:
                raise
            sleep(_ASK_AGAIN_S)
        else:
            return True
    return False
