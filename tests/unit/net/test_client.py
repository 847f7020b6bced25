import gzip
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from src.net.client import HttpClient
from src.net.errors import BadBodyError, BadStatusError, DeadlineError, NoAnswerError, TooLargeError
from src.net.retry import Backoff
from tests.net_fakes import Answer, answer_with, http_server


class Waits:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


@contextmanager
def client(
    waits: Waits | None = None, *, deadline_s: float = 5.0, attempts: int = 3, maximum_bytes: int = 100_000
) -> Iterator[HttpClient]:
    made = HttpClient(
        real=time.monotonic,
        sleep=(waits or Waits()).sleep,
        backoff=lambda: Backoff(first_s=1.0, maximum_s=8.0, rng=random.Random(1)),
        deadline_s=deadline_s,
        attempts=attempts,
        maximum_bytes=maximum_bytes,
    )
    try:
        yield made
    finally:
        made.close()


def in_turn(*answers: Answer) -> Answer:
    waiting = list(answers)

    def answer(request: BaseHTTPRequestHandler) -> None:
        chosen = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        chosen(request)

    return answer


def test_body_is_returned_with_the_parameters_asked_for() -> None:
    def echo(request: BaseHTTPRequestHandler) -> None:
        answer_with(request.path.encode())(request)

    with http_server(echo) as url, client() as http:
        assert http.get(f"{url}/a", {"from": 1, "symbol": "PF_X"}) == b"/a?from=1&symbol=PF_X"


def test_compressed_body_is_unpacked() -> None:
    packed = answer_with(gzip.compress(b"x" * 5000), headers={"Content-Encoding": "gzip"})
    with http_server(packed) as url, client() as http:
        assert http.get(url) == b"x" * 5000


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_trouble_is_tried_again_after_growing_waits(status: int) -> None:
    waits = Waits()
    trouble = answer_with(b"busy", status=status)
    with http_server(in_turn(trouble, trouble, answer_with(b"ok"))) as url, client(waits) as http:
        assert http.get(url) == b"ok"
    first, second = waits.seconds
    assert 0.8 <= first <= 1.2
    assert 1.6 <= second <= 2.4


def test_server_may_ask_for_a_longer_wait() -> None:
    waits = Waits()
    busy = answer_with(b"", status=429, headers={"Retry-After": "7"})
    with http_server(in_turn(busy, answer_with(b"ok"))) as url, client(waits) as http:
        http.get(url)
    assert waits.seconds == [7.0]


@pytest.mark.parametrize("status", [301, 400, 401, 404])
def test_refusal_is_not_tried_again(status: int) -> None:
    waits = Waits()
    with http_server(answer_with(b"no such thing", status=status)) as url, client(waits) as http:
        with pytest.raises(BadStatusError, match="no such thing") as caught:
            http.get(url)
        assert caught.value.status == status
    assert waits.seconds == []


def test_last_failure_is_raised() -> None:
    down = answer_with(b"down", status=503)
    with http_server(down) as url, client() as http, pytest.raises(BadStatusError, match="503"):
        http.get(url)


def test_nobody_listening_is_no_answer() -> None:
    with client() as http, pytest.raises(NoAnswerError):
        http.get("http://127.0.0.1:1/")


@pytest.mark.parametrize("body", [b"x" * 100_001, gzip.compress(b"x" * 50_000_000)])
def test_body_beyond_the_cap_is_refused(body: bytes) -> None:
    headers = {"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
    with (
        http_server(answer_with(body, headers=headers)) as url,
        client() as http,
        pytest.raises(TooLargeError),
    ):
        http.get(url)


def test_encoding_nobody_asked_for_is_refused() -> None:
    with (
        http_server(answer_with(b"x", headers={"Content-Encoding": "br"})) as url,
        client() as http,
        pytest.raises(BadBodyError),
    ):
        http.get(url)


@pytest.mark.parametrize("where", ["headers", "body"])
def test_dripping_answer_ends_at_the_deadline(where: str) -> None:
    done = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        start = b"HTTP/1.1 200 OK\r\n" + (b"" if where == "headers" else b"Content-Length: 100000\r\n\r\n")
        request.wfile.write(start + (b"X: " if where == "headers" else b""))
        try:
            while not done.wait(0.02):
                request.wfile.write(b"y")
        except OSError:
            return

    began = time.monotonic()
    with http_server(drip) as url, client(deadline_s=0.3, attempts=1) as http:
        with pytest.raises(DeadlineError):
            http.get(url)
        took = time.monotonic() - began
        done.set()
    assert took < 2.0


def test_body_that_is_cut_off_is_no_answer() -> None:
    def cut(request: BaseHTTPRequestHandler) -> None:
        answer_with(b"half", headers={"Content-Length": "100"})(request)
        request.close_connection = True

    with http_server(cut) as url, client(attempts=1) as http, pytest.raises(NoAnswerError):
        http.get(url)


def test_broken_compression_is_a_bad_body() -> None:
    broken = answer_with(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    with http_server(broken) as url, client() as http, pytest.raises(BadBodyError):
        http.get(url)
