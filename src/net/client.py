"""A client that reads JSON over HTTP, with a deadline for the whole answer."""

import threading
import zlib
from collections.abc import Callable, Mapping

import requests
from urllib3.exceptions import HTTPError

from src.net.errors import BadBodyError, BadStatusError, DeadlineError, NetError, NoAnswerError, TooLargeError
from src.net.retry import Backoff

_CHUNK_BYTES = 65536
_EXCERPT_BYTES = 200
_RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
_GZIP_OR_ZLIB = 47


class HttpClient:
    """Reads from one host; only GET, so that every request may be repeated.

    The socket's own timeout counts from read to read, so a body that drips would never end: the whole answer
    has a deadline of its own. ``real`` counts real seconds, ``sleep`` waits some of them.
    """

    def __init__(
        self,
        *,
        real: Callable[[], float],
        sleep: Callable[[float], None],
        backoff: Callable[[], Backoff],
        deadline_s: float = 10.0,
        attempts: int = 3,
        maximum_bytes: int = 16 * 1024 * 1024,
    ) -> None:
        self._real = real
        self._sleep = sleep
        self._backoff = backoff
        self._deadline_s = deadline_s
        self._attempts = attempts
        self._maximum_bytes = maximum_bytes
        self._session = _new_session()

    def get(self, url: str, params: Mapping[str, str | int] | None = None) -> bytes:
        """Return the body of a 2xx answer; raises a NetError once every attempt has failed."""
        backoff = self._backoff()
        for attempt in range(1, self._attempts + 1):
            try:
                return self._get_once(url, params or {})
            except (NoAnswerError, BadStatusError) as error:
                if attempt == self._attempts or not _worth_repeating(error):
                    raise
                self._sleep(_pause(error, backoff))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()

    def _get_once(self, url: str, params: Mapping[str, str | int]) -> bytes:
        fetch = _Fetch(self._session, url, params, real=self._real, maximum_bytes=self._maximum_bytes)
        answer = fetch.run(self._deadline_s)
        if answer is None:
            self._session = _new_session()
            raise DeadlineError(f"no complete answer from {url} within {self._deadline_s} s")
        return answer


class _Fetch:
    """One request on a thread of its own, so that its deadline holds whatever the other side does."""

    def __init__(
        self,
        session: requests.Session,
        url: str,
        params: Mapping[str, str | int],
        *,
        real: Callable[[], float],
        maximum_bytes: int,
    ) -> None:
        self._session = session
        self._url = url
        self._params = params
        self._real = real
        self._maximum_bytes = maximum_bytes
        self._abandoned = threading.Event()
        self._body: bytes | None = None
        self._error: NetError | None = None

    def run(self, deadline_s: float) -> bytes | None:
        """Return the body, or None once the deadline has passed; the thread then ends by itself."""
        thread = threading.Thread(target=self._read, args=(deadline_s,), name="http-get", daemon=True)
        thread.start()
        thread.join(deadline_s)
        if thread.is_alive():
            self._abandoned.set()
            return None
        if self._error is not None:
            raise self._error
        return self._body

    def _read(self, deadline_s: float) -> None:
        ends = self._real() + deadline_s
        try:
            with self._session.get(
                self._url, params=self._params, timeout=deadline_s, stream=True, allow_redirects=False
            ) as response:
                body = self._read_body(response, ends)
                if not 200 <= response.status_code < 300:
                    raise _bad_status(response, body)
                self._body = body
        except NetError as error:
            self._error = error
        except zlib.error as error:
            self._error = BadBodyError(f"{self._url}: {error}")
        except (requests.RequestException, OSError, HTTPError) as error:
            self._error = NoAnswerError(f"{self._url}: {error}")
        finally:
            if self._abandoned.is_set():
                self._session.close()

    def _read_body(self, response: requests.Response, ends: float) -> bytes:
        inflate = _inflater(response.headers.get("Content-Encoding", "identity"))
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
            body += inflate(chunk, self._maximum_bytes + 1 - len(body))
            if len(body) > self._maximum_bytes:
                raise TooLargeError(f"{self._url}: more than {self._maximum_bytes} bytes")
            if self._abandoned.is_set() or self._real() > ends:
                raise DeadlineError(f"no complete answer from {self._url} in time")
        return bytes(body)


def _new_session() -> requests.Session:
    session = requests.Session()
    session.headers["Accept-Encoding"] = "gzip"
    session.trust_env = False
    return session


def _inflater(encoding: str) -> Callable[[bytes, int], bytes]:
    if encoding in {"identity", ""}:
        return lambda chunk, _room: chunk
    if encoding not in {"gzip", "deflate"}:
        raise BadBodyError(f"content encoding {encoding!r} was not asked for")
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
    return lambda chunk, room: inflater.decompress(chunk, max(1, room))


def _bad_status(response: requests.Response, body: bytes) -> BadStatusError:
    words = response.headers.get("Retry-After", "")
    return BadStatusError(
        response.status_code,
        body[:_EXCERPT_BYTES].decode("utf-8", errors="replace"),
        retry_after_s=float(words) if words.isdigit() else None,
    )


def _worth_repeating(error: NetError) -> bool:
    return not isinstance(error, BadStatusError) or error.status in _RETRIED_STATUSES


def _pause(error: NetError, backoff: Backoff) -> float:
    delay = backoff.next_delay()
    if isinstance(error, BadStatusError) and error.retry_after_s is not None:
        return max(delay, min(error.retry_after_s, 60.0))
    return delay
