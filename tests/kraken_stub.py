"""A server that answers as told, byte for byte, and counts what reaches it."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Reply = Callable[[socket.socket], None]
TIME = "2026-11-22T06:00:00.000Z"


class Stub:
    """What the server heard, and what it says next."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.replies: list[Reply] = []
        self.url = ""
        self.stopping = threading.Event()

    def then(self, *replies: Reply) -> None:
        self.replies.extend(replies)


def says(body: str, *, status: int = 200, kind: str = "application/json") -> Reply:
    raw = body.encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(raw)}\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + raw)


def cuts_body(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"result":"succ')
    connection.close()


def closes(connection: socket.socket) -> None:
    connection.close()


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drips(head: bytes) -> Reply:
    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(head)
            for _ in range(100):
                time.sleep(0.05)
                connection.sendall(b" ")
        except OSError:
            return

    return drip


hangs = drips(b"")
drips_headers = drips(b"HTTP/1.1 200 OK\r\nX-Slow: ")
drips_body = drips(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")


@contextmanager
def kraken_stub() -> Iterator[Stub]:
    """Serve on a free port until the block is left."""
    stub = Stub()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)
    stub.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    threads: list[threading.Thread] = []

    def accept() -> None:
        while not stub.stopping.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=_serve, args=(stub, connection))
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield stub
    finally:
        stub.stopping.set()
        accepting.join()
        for thread in threads:
            thread.join()
        listening.close()


def _serve(stub: Stub, connection: socket.socket) -> None:
    connection.settimeout(0.05)
    with connection:
        while not stub.stopping.is_set():
            try:
                data = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            if not data:
                return
            stub.requests.append(data.split(b"\r\n")[0].decode())
            stub.replies.pop(0)(connection)
            if connection.fileno() < 0:
                return
