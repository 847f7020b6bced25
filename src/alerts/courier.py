"""Deliveries on a thread of their own, with a bounded queue: nobody waits for the other side."""

import contextlib
import queue
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from src.clock import Clock
from src.net.retry import Backoff
from src.records.alerts import ChannelState

T = TypeVar("T")

_MOST_WAITING = 50
_TOO_OLD_S = 1800.0
_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 60.0


@dataclass(frozen=True, slots=True)
class _Parcel(Generic[T]):
    content: T
    taken_s: float


class Courier(Generic[T]):
    """Delivers to one address, in order; tries again until a parcel is too old."""

    def __init__(
        self,
        name: str,
        deliver: Callable[[T], bool],
        *,
        clock: Clock,
        rng: random.Random,
        attempts: int | None = None,
    ) -> None:
        """Take what delivers: True once the other side has taken it. Only ``attempts``, where they are limited."""
        self.name = name
        self._deliver = deliver
        self._clock = clock
        self._attempts = attempts
        self._backoff = Backoff(first_s=_FIRST_RETRY_S, maximum_s=_LONGEST_RETRY_S, rng=rng)
        self._waiting: queue.Queue[_Parcel[T] | None] = queue.Queue(_MOST_WAITING)
        self._closing = threading.Event()
        self._counts = threading.Lock()
        self._delivered = self._failed = self._dropped = 0
        self._delivered_at: float | None = None
        self._failing_since: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"courier-{name}", daemon=True)
        self._thread.start()

    def take(self, content: T) -> bool:
        """Take something to deliver; return False where too much is waiting: then it is dropped."""
        try:
            self._waiting.put_nowait(_Parcel(content, self._clock.real()))
        except queue.Full:
            with self._counts:
                self._dropped += 1
            return False
        return True

    def state(self) -> ChannelState:
        """Return how it has done."""
        with self._counts:
            return ChannelState(
                name=self.name,
                delivered=self._delivered,
                failed=self._failed,
                dropped=self._dropped,
                last_delivered_real_ts=self._delivered_at,
                failing_since_real_ts=self._failing_since,
            )

    def close(self, within_s: float) -> None:
        """Deliver what waits, as far as the time allows; each parcel is tried once more."""
        self._closing.set()
        with contextlib.suppress(queue.Full):  # what waits wakes the thread as well
            self._waiting.put_nowait(None)
        self._thread.join(within_s)

    def _run(self) -> None:
        while (parcel := self._waiting.get()) is not None:
            self._carry(parcel)
            if self._closing.is_set() and self._waiting.empty():
                return

    def _carry(self, parcel: _Parcel[T]) -> None:
        tried = 0
        while True:
            tried += 1
            if self._note(taken=self._deliver(parcel.content)):
                return
            given_up = self._clock.real() - parcel.taken_s > _TOO_OLD_S or tried == self._attempts
            if given_up or self._closing.wait(self._backoff.next_delay()):
                with self._counts:
                    self._dropped += 1
                return

    def _note(self, *, taken: bool) -> bool:
        with self._counts:
            if taken:
                self._delivered += 1
                self._delivered_at = self._clock.wall()
                self._failing_since = None
            else:
                self._failed += 1
                self._failing_since = self._failing_since or self._clock.wall()
        if taken:
            self._backoff.reset()
        return taken
