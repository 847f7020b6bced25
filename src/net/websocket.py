"""A websocket client that stays connected: a thread reads, the worker is woken."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from src.net.retry import Backoff

_log = logging.getLogger(__name__)
_STABLE_S = 10.0
_KEEP_ALIVE_S = 20.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection stands; whoever follows it subscribes now."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is gone; messages may have been lost until the next one stands."""

    reason: str


SocketItem = Opened | Closed | bytes


class WebSocketFeed:
    """One connection, made again with growing pauses whenever it ends.

    Every message goes to ``put`` as bytes, with ``Opened`` and ``Closed`` between connections. It returns
    False when it has no room; the connection then ends, since a lost message is a gap nobody can see.
    """

    def __init__(
        self,
        url: str,
        *,
        put: Callable[[SocketItem], bool],
        put_always: Callable[[SocketItem], object],
        greetings: Callable[[], list[str]],
        backoff: Backoff,
        real: Callable[[], float],
        silence_s: float = 60.0,
        maximum_message_bytes: int = 16 * 1024 * 1024,
    ) -> None:
        self._url = url
        self._put = put
        self._put_always = put_always
        self._greetings = greetings
        self._backoff = backoff
        self._real = real
        self._silence_s = silence_s
        self._maximum_message_bytes = maximum_message_bytes
        self._stopping = threading.Event()
        self._connection: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name="websocket", daemon=True)

    def start(self) -> None:
        """Begin to connect and read."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Return whether the thread lives: it ends only by ``close``, or by an error of ours."""
        return self._thread.is_alive()

    def send(self, text: str) -> bool:
        """Send a message on the present connection; False where there is none to send on."""
        connection = self._connection
        if connection is None:
            return False
        try:
            connection.send(text)
        except (WebSocketException, OSError):
            return False
        return True

    def close(self) -> None:
        """End the connection and the thread."""
        self._stopping.set()
        connection = self._connection
        if connection is not None:
            connection.close()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = self._real()
            reason = self._one_connection()
            if self._stopping.is_set():
                return
            if self._real() - began >= _STABLE_S:
                self._backoff.reset()
            delay = self._backoff.next_delay()
            facts = {"url": self._url, "reason": reason, "retry_s": round(delay, 1)}
            _log.warning("websocket_closed", extra={"facts": facts})
            self._stopping.wait(delay)

    def _one_connection(self) -> str:
        try:
            with self._connect() as connection:
                self._connection = connection
                self._put_always(Opened())
                for text in self._greetings():
                    connection.send(text)
                reason = self._read(connection)
        except (WebSocketException, OSError) as error:
            reason = f"{type(error).__name__}: {error}"
        finally:
            if self._connection is not None:
                self._connection = None
                self._put_always(Closed("connection ended"))
        return reason

    def _connect(self) -> ClientConnection:
        connection = connect(
            self._url,
            open_timeout=5.0,
            close_timeout=1.0,
            ping_interval=_KEEP_ALIVE_S,
            ping_timeout=_KEEP_ALIVE_S,
            compression=None,
            max_size=self._maximum_message_bytes,
            max_queue=1024,
            proxy=None,
        )
        if not isinstance(connection, ClientConnection):
            raise OSError("the websocket library returned no connection")
        return connection

    def _read(self, connection: ClientConnection) -> str:
        while not self._stopping.is_set():
            try:
                message = connection.recv(timeout=self._silence_s, decode=False)
            except TimeoutError:
                return f"silent for {self._silence_s} s"
            if not self._put(message if isinstance(message, bytes) else message.encode()):
                return "the reader is too slow"
        return "stopped"
