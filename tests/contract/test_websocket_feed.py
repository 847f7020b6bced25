import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from websockets.sync.server import ServerConnection

from src.net.inbox import Inbox
from src.net.retry import Backoff
from src.net.websocket import Closed, Opened, SocketItem, WebSocketFeed
from tests.net_fakes import ScriptedWebsocket, hold


class Listener:
    """A feed with its inbox."""

    def __init__(
        self, url: str, *, capacity: int = 1000, silence_s: float = 30.0, greeting: str = "hello"
    ) -> None:
        self.inbox: Inbox[SocketItem] = Inbox(capacity=capacity, now=time.monotonic)
        self.feed = WebSocketFeed(
            url,
            put=self.inbox.put,
            put_always=lambda item: self.inbox.put(item, force=True),
            greetings=lambda: [greeting],
            backoff=Backoff(first_s=0.01, maximum_s=0.05, rng=random.Random(1)),
            real=time.monotonic,
            silence_s=silence_s,
        )
        self.heard: list[SocketItem] = []

    def hear(self, enough: Callable[[list[SocketItem]], bool], *, within_s: float = 10.0) -> list[SocketItem]:
        ends = time.monotonic() + within_s
        while not enough(self.heard):
            assert time.monotonic() < ends, f"only heard {self.heard}"
            self.heard += [item for _, item in self.inbox.drain(100)]
        return self.heard


@contextmanager
def listening(url: str, *, capacity: int = 1000, silence_s: float = 30.0) -> Iterator[Listener]:
    listener = Listener(url, capacity=capacity, silence_s=silence_s)
    listener.feed.start()
    try:
        yield listener
    finally:
        listener.feed.close()
        listener.inbox.close()


def echo_then_hold(connection: ServerConnection) -> None:
    connection.send(f"got {connection.recv()}")
    hold(connection)


def two_then_end(connection: ServerConnection) -> None:
    connection.recv()
    connection.send("one")
    connection.send("two")


def test_greeting_is_sent_and_messages_come_as_bytes() -> None:
    with ScriptedWebsocket(echo_then_hold) as server, listening(server.url) as listener:
        assert listener.hear(lambda heard: len(heard) == 2) == [Opened(), b"got hello"]


def test_ended_connection_is_made_again_and_both_ends_are_told() -> None:
    with ScriptedWebsocket(two_then_end, echo_then_hold) as server, listening(server.url) as listener:
        heard = listener.hear(lambda items: b"got hello" in items)
    closed = heard.index(next(item for item in heard if isinstance(item, Closed)))
    assert heard[:closed] == [Opened(), b"one", b"two"]
    assert heard[closed + 1 :] == [Opened(), b"got hello"]


def test_server_that_comes_later_is_found() -> None:
    with ScriptedWebsocket(hold) as server:
        port = server.port
    with listening(f"ws://127.0.0.1:{port}/ws/v1") as listener, ScriptedWebsocket(echo_then_hold, port=port):
        heard = listener.hear(lambda items: b"got hello" in items)
    assert heard[0] == Opened()


def test_reader_without_room_ends_the_connection_instead_of_losing_a_message() -> None:
    def flood(connection: ServerConnection) -> None:
        connection.recv()
        for number in range(50):
            connection.send(str(number))
        hold(connection)

    with ScriptedWebsocket(flood, echo_then_hold) as server, listening(server.url, capacity=10) as listener:
        while server.connections < 2:
            time.sleep(0.005)
        heard = listener.hear(lambda items: b"got hello" in items)
    before = heard[: heard.index(Closed("connection ended"))]
    assert before == [Opened(), *[str(number).encode() for number in range(len(before) - 1)]]


def test_silent_connection_is_made_again() -> None:
    with ScriptedWebsocket(hold, echo_then_hold) as server, listening(server.url, silence_s=0.1) as listener:
        listener.hear(lambda items: b"got hello" in items)
        assert server.connections >= 2


def test_sending_reaches_the_server_and_fails_without_a_connection() -> None:
    def echo_all(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with ScriptedWebsocket(echo_all) as server, listening(server.url) as listener:
        listener.hear(lambda items: b"hello" in items)
        assert listener.feed.send("more")
        listener.hear(lambda items: b"more" in items)
    assert not listener.feed.send("late")


def test_close_ends_the_thread_at_once() -> None:
    with ScriptedWebsocket(hold) as server, listening(server.url) as listener:
        listener.hear(lambda items: Opened() in items)
        began = time.monotonic()
        listener.feed.close()
        assert time.monotonic() - began < 3.0
        assert not listener.feed._thread.is_alive()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ws://127.0.0.1:1/"])
def test_address_that_does_not_work_is_tried_again_until_closed(url: str) -> None:
    with listening(url) as listener:
        time.sleep(0.05)
        assert listener.feed._thread.is_alive()
    assert listener.heard == []
