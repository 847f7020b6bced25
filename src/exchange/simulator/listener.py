"""One connection of the websocket: what waits for it, how far away it is, and what it may ask."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from struct import Struct

from src.exchange.simulator.latency import Line

LONGEST_BACKLOG_BYTES = 32 * 1024 * 1024
REQUESTS_A_SECOND = 100
PING_WITHIN_S = 60.0
"""Real seconds within which a listener must send a ping."""
_SHORTEST_NAP_S = 0.002
"""What arrives within this time of another message is sent with it."""
_FULL_NAP_S = 0.01
_FULL_BYTES = 256 * 1024
"""What the system is given at once, and at most while it has not sent what it was given before."""
_SHORT, _LONG, _LONGEST = Struct(">BB").pack, Struct(">BBH").pack, Struct(">BBQ").pack
_TEXT = 0x81

log = logging.getLogger(__name__)


class Listener:
    """One connection, with what waits to be sent to it."""

    def __init__(
        self,
        transport: asyncio.BaseTransport | None,
        *,
        real: Callable[[], float],
        line: Line | None = None,
        longest_backlog: int = LONGEST_BACKLOG_BYTES,
    ) -> None:
        """``real`` tells real seconds; messages travel along ``line``, and without one arrive at once."""
        self._longest_backlog = longest_backlog
        self._transport = transport if isinstance(transport, asyncio.Transport) else None
        self._real = real
        self._line = line
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._asked: deque[float] = deque(maxlen=REQUESTS_A_SECOND)
        self._pinged = real()
        self.challenge: str | None = None
        self.dropped = False

    def send(self, message: bytes) -> None:
        """Queue a message; a listener that is too far behind is cut off."""
        if self.dropped:
            return
        arrives = 0.0 if self._line is None else self._line.arrives(self._real())
        self._waiting.append((arrives, message))
        self._bytes += len(message)
        self._wake.set()
        if self._bytes > self._longest_backlog:
            log.warning("listener_too_slow", extra={"facts": {"backlog_bytes": self._bytes}})
            self.hang_up()

    def may_ask(self) -> bool:
        """Return whether one more request is within what a connection may ask in a second, and count it if so."""
        now, asked = self._real(), self._asked
        if len(asked) == REQUESTS_A_SECOND and now - asked[0] < 1.0:
            return False
        asked.append(now)
        return True

    def pinged(self) -> None:
        """Note that the other end has sent a ping."""
        self._pinged = self._real()

    def is_silent(self) -> bool:
        """Return whether the other end has sent no ping for too long."""
        return self._real() - self._pinged > PING_WITHIN_S

    def hang_up(self) -> None:
        """Cut the connection without a goodbye."""
        self.say_no_more()
        if self._transport is not None:
            self._transport.abort()

    def say_no_more(self) -> None:
        """Forget what waits, and what comes."""
        self.dropped = True
        self._waiting.clear()

    async def run(self) -> None:
        """Send what waits once it has arrived, until the connection ends."""
        while not self.dropped:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                nap_s = self._pass_on()
                if nap_s > 0:
                    await asyncio.sleep(nap_s)

    def _pass_on(self) -> float:
        """Give the system what has arrived, in one piece; return the real seconds until there may be more to give."""
        transport, waiting = self._transport, self._waiting
        if transport is None or transport.is_closing():
            self.say_no_more()
            return 0.0
        if transport.get_write_buffer_size() >= _FULL_BYTES:
            return _FULL_NAP_S
        now = 0.0 if self._line is None else self._real()
        if waiting[0][0] > now:
            return max(waiting[0][0] - now, _SHORTEST_NAP_S)
        pieces: list[bytes] = []
        size = 0
        while waiting and waiting[0][0] <= now and size < _FULL_BYTES:
            message = waiting.popleft()[1]
            size += len(message)
            pieces += (_head(len(message)), message)
        self._bytes -= size
        transport.write(b"".join(pieces))
        return 0.0


def _head(size: int) -> bytes:
    """Return what stands before a text message of a server (RFC 6455, 5.2)."""
    if size < 126:
        return _SHORT(_TEXT, size)
    return _LONG(_TEXT, 126, size) if size < 2**16 else _LONGEST(_TEXT, 127, size)
