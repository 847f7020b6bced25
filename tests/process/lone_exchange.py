"""The paper exchange of one home as a process of its own, for tests that start, kill and ask it."""

import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson

from src.exchange.simulator.journal import Books
from src.records.exchange_journal import ExchangeSnapshot
from src.records.operations import ExchangeEndpoint
from src.store.home import prepare_home
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.paper_exchange_server import without_limits

ROOT = Path(__file__).resolve().parents[2]
ALONE = "import typer; from src.cli.paper_exchange import paper_exchange; typer.run(paper_exchange)"
COMMAND = ("-c", ALONE)


class Alone:
    """The exchange of one home, started by the command line."""

    def __init__(self, root: Path, *, command: Sequence[str] = COMMAND) -> None:
        self.home: Home = prepare_home(root, ROOT / "configs")
        self.process: subprocess.Popen[str] | None = None
        self._command = command
        without_limits(self.home)

    def configure(self, **changes: object) -> None:
        """Change top-level keys of configs/bot.json."""
        settings = orjson.loads(self.home.bot_settings.read_bytes())
        self.home.bot_settings.write_bytes(orjson.dumps(settings | changes, option=orjson.OPT_INDENT_2))

    def start(self, *options: str) -> ExchangeEndpoint:
        """Start it and wait until it serves."""
        self.process = self.spawn(*options)
        assert self.process.stdout is not None
        url, key, secret = (self.process.stdout.readline().strip() for _ in range(3))
        if not secret:
            _, errors = self.process.communicate(timeout=10)
            raise AssertionError(f"it did not start ({self.process.returncode}): {errors[-4000:]}")
        endpoint = self.endpoint()
        assert (endpoint.url, endpoint.api_key, endpoint.api_secret) == (url, key, secret)
        return endpoint

    def spawn(self, *options: str) -> "subprocess.Popen[str]":
        """Return one more process of it that was started, whatever becomes of it."""
        command = [sys.executable, *self._command, "--home", str(self.home.root), *options]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def end(self, number: int) -> int:
        """Send a signal and return the code that it ends with."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.communicate(timeout=10)
        return self.process.returncode

    def kill(self) -> None:
        """End it if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def endpoint(self) -> ExchangeEndpoint:
        """Return where it listens, as its home has it."""
        return msgspec.json.decode(self.home.exchange_endpoint.read_bytes(), type=ExchangeEndpoint)

    def books(self) -> ExchangeSnapshot:
        """Return what a restart would read from the files on disk."""
        books = Books(self.home.paper_exchange, files=disk_files(self.home), memory_s=5.0)
        try:
            return books.state.snapshot(0.0)
        finally:
            books.close()


def admin_state(endpoint: ExchangeEndpoint) -> dict[str, Any]:
    """Return the exchange's own account of itself, numbers of money as text."""
    request = urllib.request.Request(  # noqa: S310 - our own loopback server
        f"{endpoint.url}/admin/state", headers={"Authorization": f"Bearer {endpoint.admin_token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        state: dict[str, Any] = orjson.loads(answer.read())
    return state
