"""The paper exchange as a process of its own: killed, restarted, started twice."""

import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import ccxt
import msgspec
import pytest
import requests

from src.exchange.simulator.journal import Books
from src.records.exchange_journal import ExchangeSnapshot
from src.records.operations import ExchangeEndpoint
from src.store.home import prepare_home
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.paper_exchange_server import ccxt_client, without_limits

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
S = "BTC/USD:USD"
ALONE = "import typer; from src.cli.paper_exchange import paper_exchange; typer.run(paper_exchange)"
COMMAND = ("-c", ALONE)


class Alone:
    """The exchange of one home, started by the command line."""

    def __init__(self, root: Path) -> None:
        self.home: Home = prepare_home(root, ROOT / "configs")
        self.process: subprocess.Popen[str] | None = None
        without_limits(self.home)

    def start(self, *options: str) -> ExchangeEndpoint:
        self.process = self.spawn(*options)
        assert self.process.stdout is not None
        url, key, secret = (self.process.stdout.readline().strip() for _ in range(3))
        endpoint = msgspec.json.decode(self.home.exchange_endpoint.read_bytes(), type=ExchangeEndpoint)
        assert (endpoint.url, endpoint.api_key, endpoint.api_secret) == (url, key, secret)
        return endpoint

    def spawn(self, *options: str) -> "subprocess.Popen[str]":
        command = [sys.executable, *COMMAND, "--home", str(self.home.root), *options]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.communicate(timeout=10)
        return self.process.returncode

    def books(self) -> ExchangeSnapshot:
        """Return what a replay of the files on disk says."""
        books = Books(self.home.paper_exchange, files=disk_files(self.home), memory_s=5.0)
        try:
            return books.state.snapshot(0.0)
        finally:
            books.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    exchange = Alone(tmp_path / "home")
    yield exchange
    if exchange.process is not None and exchange.process.poll() is None:
        exchange.process.kill()
        exchange.process.communicate()


def admin(endpoint: ExchangeEndpoint) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {endpoint.admin_token}"}
    answer: dict[str, object] = requests.get(f"{endpoint.url}/admin/state", headers=headers, timeout=5).json()
    return answer


def trade_until_dead(endpoint: ExchangeEndpoint, acknowledged: set[str], stop: threading.Event) -> None:
    client = ccxt_client(endpoint)
    client.load_markets()
    bid = float(client.fetch_ticker(S)["bid"])
    orders = (
        ("market", "buy", None, {}),
        ("market", "sell", None, {}),
        ("limit", "buy", round(bid * 0.97), {"postOnly": True}),
        ("market", "sell", None, {"stopLossPrice": round(bid * 0.95), "triggerSignal": "mark"}),
    )
    with suppress(ccxt.NetworkError):
        while not stop.is_set():
            for kind, side, price, params in orders:
                acknowledged.add(client.create_order(S, kind, side, 0.001, price, dict(params))["id"])
            client.cancel_all_orders()
    client.close()


def test_killed_at_any_moment_it_comes_back_with_what_it_acknowledged(alone: Alone) -> None:
    rng = random.Random(7)
    first = endpoint = alone.start()
    for _ in range(3):
        acknowledged: set[str] = set()
        stop = threading.Event()
        trader = threading.Thread(target=trade_until_dead, args=(endpoint, acknowledged, stop))
        trader.start()
        time.sleep(0.6 + rng.random() * 0.4)
        alone.end(signal.SIGKILL)
        stop.set()
        trader.join()
        on_disk = alone.books()
        endpoint = alone.start()
        assert (endpoint.url, endpoint.api_key) == (first.url, first.api_key)
        state = admin(endpoint)
        assert state["balance_usd"] == str(on_disk.balance_usd)
        assert state["journal_number"] == on_disk.number
        assert [p["size"] for p in state["positions"]] == [str(p.size) for p in on_disk.positions]  # type: ignore[attr-defined] # JSON values
        known = {order["terms"]["order_id"] for order in state["open_orders"]}  # type: ignore[attr-defined] # JSON values
        assert known == {order.terms.order_id for order in on_disk.open_orders}
        known |= {fill["order_id"] for fill in state["fills"]}  # type: ignore[attr-defined] # JSON values
        journal = (alone.home.paper_exchange / "journal.jsonl").read_text("utf-8")
        assert acknowledged
        assert all(order_id in known or order_id in journal for order_id in acknowledged)


def test_the_market_goes_on_without_a_jump(alone: Alone) -> None:
    endpoint = alone.start()
    before = mark(endpoint)
    alone.end(signal.SIGKILL)
    after = mark(alone.start())
    assert after == pytest.approx(before, rel=0.003)


def mark(endpoint: ExchangeEndpoint) -> float:
    url = f"{endpoint.url}/derivatives/api/v3/tickers/PF_XBTUSD"
    return float(requests.get(url, timeout=5).json()["ticker"]["markPrice"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_when_told_to(alone: Alone, number: int) -> None:
    alone.start()
    assert alone.end(number) == 0
    assert (alone.home.paper_exchange / "snapshot.json").exists()


def test_a_listener_that_does_not_answer_cannot_hold_up_the_end(alone: Alone) -> None:
    endpoint = alone.start()
    host, port = endpoint.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as deaf:
        deaf.sendall(
            b"GET /ws/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert deaf.recv(12) == b"HTTP/1.1 101"
        began = time.monotonic()
        assert alone.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 5


def test_its_keys_are_for_its_owner_only(alone: Alone) -> None:
    alone.start()
    assert alone.home.exchange_endpoint.stat().st_mode & 0o777 == 0o600


def refused(alone: Alone, *options: str) -> tuple[int, str]:
    process = alone.spawn(*options)
    _, errors = process.communicate(timeout=20)
    return process.returncode, errors


def test_a_second_start_says_who_runs(alone: Alone) -> None:
    alone.start()
    code, errors = refused(alone)
    assert code == 3
    assert alone.process is not None
    assert str(alone.process.pid) in errors


def test_a_taken_port_is_named(alone: Alone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = refused(alone, "--port", str(port))
    assert (code, str(port) in errors) == (2, True)


@pytest.mark.parametrize("market", ["magic", "tape:/nowhere.jsonl", "kraken"])
def test_a_market_that_cannot_be_made_is_a_usage_error(alone: Alone, market: str) -> None:
    code, errors = refused(alone, "--market", market)
    assert code == 2
    assert "Traceback" not in errors
