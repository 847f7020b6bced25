"""Somebody who listens on loopback, and a home whose alerts are watched in time that moves by hand."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson

from src.alerts.targets import Targets
from src.alerts.watch import AlertWatch, build_alert_watch
from src.simulation.clock import VirtualClock
from src.store.home import prepare_home
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.signals_fakes import project_settings

ROOT = Path(__file__).resolve().parents[1]
NOW = 1_795_330_000.0


class Ears:
    """What was heard, and what is answered."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []
        self.beats: list[str] = []
        self.status = 200
        self.port = 0
        self._news = threading.Condition()

    @property
    def channel(self) -> str:
        return f"json://127.0.0.1:{self.port}/secret-topic-of-mine"

    @property
    def heartbeat(self) -> str:
        return f"http://127.0.0.1:{self.port}/beat-secret"

    def hear(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._news:
            if self.status == 200 and request.command == "POST":
                self.told.append(orjson.loads(body))
            elif self.status == 200:
                self.beats.append(request.path)
            self._news.notify_all()

    def wait(self, enough: Callable[["Ears"], bool]) -> None:
        """Return once enough was heard; fails after a few seconds."""
        with self._news:
            assert self._news.wait_for(lambda: enough(self), 5), (self.told, self.beats)

    def words(self) -> str:
        return "\n".join(f"{said['title']}\n{said['message']}" for said in self.told)


@contextmanager
def listening() -> Iterator[Ears]:
    """Serve messages and heartbeats on a free port."""
    ears = Ears()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            ears.hear(self, body)
            self.send_response(ears.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ears.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield ears
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Watched:
    """A home, and who watches it."""

    def __init__(self, root: Path, targets: Targets) -> None:
        self.home: Home = prepare_home(root, ROOT / "configs")
        self.clock = VirtualClock(NOW)
        self.disk: tuple[str, ...] = ()
        self.watch: AlertWatch = build_alert_watch(
            self.home,
            project_settings(),
            self.clock,
            files=disk_files(self.home),
            targets=targets,
            disk=lambda: self.disk,
            rng=random.Random(1),
        )

    def let_pass(self, seconds: float) -> None:
        """Look twice a second for so long, as the process does."""
        until = self.clock.now() + seconds
        self.watch.step(self.clock.now())
        while self.clock.now() < until:
            self.clock.advance_by(0.5)
            self.watch.step(self.clock.now())

    def seconds_to_tell(self, ears: Ears, *, within_s: float = 60.0) -> float:
        """Return how long it took until the next message was handed over; the message has arrived."""
        before, began = self.watch.handled, self.clock.now()
        while self.watch.handled == before:
            assert self.clock.now() - began <= within_s
            self.let_pass(0.5)
        ears.wait(lambda heard: bool(heard.told))
        return self.clock.now() - began


@contextmanager
def watched(root: Path, targets: Targets) -> Iterator[Watched]:
    """Watch a new home; its couriers end with the block."""
    home = Watched(root, targets)
    try:
        yield home
    finally:
        home.watch.close()


def eventually(true: Callable[[], bool]) -> None:
    """Return once something another thread does has come true; fails after a few seconds."""
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)
