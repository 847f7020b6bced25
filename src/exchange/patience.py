"""How a venue that turns requests away is left alone: longer each time, and not in step with others."""

import random

from src.net.retry import Backoff

RATE_LIMITED = "rate_limited"
KEY_REFUSED = "key_refused"
MAINTENANCE = "exchange_maintenance"

OWN_BUDGET_SPENT = "own_rate_budget_spent"
"""What an order is refused with that this side itself did not send."""
_WAITS = "waits_for_"
_FIRST_S = 1.0
_MAXIMUM_S = {RATE_LIMITED: 60.0, KEY_REFUSED: 60.0, MAINTENANCE: 30.0}
_URGENT_S = 2.0
"""Exits, stops and cancels wait no longer than this between two attempts."""
_WORDS = {
    "apiLimitExceeded": RATE_LIMITED,
    "authenticationError": KEY_REFUSED,
    "accountInactive": KEY_REFUSED,
    "Unavailable": MAINTENANCE,
}
_STATUSES = {429: RATE_LIMITED, 401: KEY_REFUSED, 403: KEY_REFUSED, 503: MAINTENANCE}


def turned_away(word: str | None, status: int | None) -> str | None:
    """Return why a request was turned away, by the error's word, else by the HTTP status; None: it was not."""
    by_word = _WORDS.get(word) if word is not None else None
    return by_word or (_STATUSES.get(status) if status is not None else None)


def waits_for(reason: str | None) -> str:
    """Return the word for an order that is not sent because the venue turns requests away."""
    return f"{_WAITS}{reason}"


def is_for_later(word: str) -> bool:
    """Return whether a refusal says how much may be asked, and nothing about the order."""
    return word == OWN_BUDGET_SPENT or word.startswith(_WAITS) or _WORDS.get(word) == RATE_LIMITED


class Patience:
    """When the venue may be asked again after it has turned requests away; real seconds."""

    def __init__(self, *, rng: random.Random) -> None:
        """Take the chance that spreads the waits."""
        self._rng = rng
        self._reason: str | None = None
        self._backoff: Backoff | None = None
        self._refused_at = 0.0
        self._until = 0.0

    @property
    def reason(self) -> str | None:
        """Return why the venue turned the newest requests away; None once it has answered again."""
        return self._reason

    def refused(self, reason: str, real_now: float) -> None:
        """Note that a request was turned away; what was sent before the wait began prolongs nothing."""
        self._refused_at = real_now
        if reason != self._reason or self._backoff is None:
            self._reason = reason
            self._backoff = Backoff(first_s=_FIRST_S, maximum_s=_MAXIMUM_S[reason], rng=self._rng)
        elif real_now < self._until:
            return
        self._until = real_now + self._backoff.next_delay()

    def answered(self) -> None:
        """Note that a request of the account was answered."""
        self._reason = self._backoff = None

    def must_wait(self, real_now: float, *, urgent: bool = False) -> bool:
        """Return whether the next request has to wait; what is urgent waits two seconds at the most."""
        if self._reason is None:
            return False
        until = min(self._until, self._refused_at + _URGENT_S) if urgent else self._until
        return real_now < until
