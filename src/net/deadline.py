"""A requests session whose every request ends by a deadline and within a size, whatever the other side does."""

import contextlib
import socket
import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_CHUNK_BYTES = 65536


class DeadlineSession(requests.Session):
    """A session that cuts its connections once a request has taken too long or its answer is too large.

    A timeout of requests bounds each read, not their sum; here a timer closes the sockets, so that the read that
    is going on fails as a broken connection. Redirects are not followed: a venue answers its own questions.
    """

    def __init__(self, *, deadline_s: float, maximum_bytes: int = 8 * 1024 * 1024) -> None:
        """Allow a request this long, and its answer this many bytes after decompression."""
        super().__init__()
        self._deadline_s = deadline_s
        self._maximum_bytes = maximum_bytes
        self.newest_status: int | None = None
        """The HTTP status of the newest answer whose head arrived; None where none came."""
        self._sockets: list[socket.socket] = []
        self.trust_env = False
        adapter = HTTPAdapter(max_retries=0, pool_connections=1, pool_maxsize=1)
        adapter.poolmanager.pool_classes_by_scheme = {
            "http": _watched_pool(HTTPConnectionPool, HTTPConnection, self._sockets),
            "https": _watched_pool(HTTPSConnectionPool, HTTPSConnection, self._sockets),
        }
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - passed on as they came
        """Do one request, body included, within the deadline.

        Raises:
            requests.RequestException: the answer was not complete by then, or larger than allowed.
        """
        self.newest_status = None
        timer = threading.Timer(self._deadline_s, self._cut)
        timer.daemon = True
        timer.start()
        try:
            response = super().request(*args, **{**kwargs, "stream": True})
            self.newest_status = response.status_code
            return self._complete(response)
        finally:
            timer.cancel()
            self._sockets[:] = [sock for sock in self._sockets if sock.fileno() >= 0]

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow nowhere: not even the body of a redirect is read on the way."""

    def _complete(self, response: requests.Response) -> requests.Response:
        """Read the body as far as is allowed; what is packed is unpacked piece by piece."""
        body = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > self._maximum_bytes:
                response.close()
                raise requests.exceptions.ContentDecodingError(f"more than {self._maximum_bytes} bytes")
        response._content = bytes(body)  # noqa: SLF001 - where requests keeps a body that was read
        return response

    def _cut(self) -> None:
        for sock in self._sockets:
            with contextlib.suppress(OSError):  # it is closed already
                sock.shutdown(socket.SHUT_RDWR)


def _watched_pool(pool: type[Any], connection: type[Any], sockets: list[socket.socket]) -> type[Any]:
    """Return a pool whose connections add their socket to a list once they are connected."""

    def connect(self: Any) -> None:  # noqa: ANN401 - either kind of connection
        connection.connect(self)
        sockets.append(self.sock)

    watched = type(f"Watched{connection.__name__}", (connection,), {"connect": connect})
    return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": watched})
