"""The paper exchange as a process of its own: killed, restarted, started twice."""

import signal
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests

from src.records.operations import ExchangeEndpoint
from tests.paper_exchange_server import ccxt_client
from tests.process.lone_exchange import Alone, admin_state

pytestmark = pytest.mark.process
S = "BTC/USD:USD"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    exchange = Alone(tmp_path / "home")
    yield exchange
    exchange.kill()


def test_the_market_goes_on_from_the_wall_clock_and_rewrites_nothing(alone: Alone) -> None:
    alone.configure(symbols=["PF_XBTUSD"], leader="PF_XBTUSD")
    shown = Shown(alone.start("--speed=60"))
    began = time.monotonic()
    alone.end(signal.SIGKILL)
    again = Shown(alone.start("--speed=60"))
    assert again.now - shown.now == pytest.approx(60 * (time.monotonic() - began), abs=30)
    assert again.mark == pytest.approx(shown.mark, rel=0.01)
    common = shown.bars.keys() & again.bars.keys()
    assert len(common) > 100
    assert {ts: again.bars[ts] for ts in common} == {ts: shown.bars[ts] for ts in common}


class Shown:
    """What an exchange shows of its market at one moment."""

    def __init__(self, endpoint: ExchangeEndpoint) -> None:
        tickers = self._get(f"{endpoint.url}/derivatives/api/v3/tickers/PF_XBTUSD")
        self.mark = float(tickers["ticker"]["markPrice"])
        self.now = datetime.fromisoformat(tickers["serverTime"]).timestamp()
        window = f"from={self.now - 20_000:.0f}&to={self.now - 120:.0f}"
        bars = self._get(f"{endpoint.url}/api/charts/v1/mark/PF_XBTUSD/1m?{window}")["candles"]
        self.bars = {bar["time"]: bar for bar in bars}
        """Minutes that were over, by when they began."""

    def _get(self, url: str) -> dict[str, Any]:
        shape: dict[str, Any] = requests.get(url, timeout=5).json()
        return shape


@pytest.mark.parametrize("call", ["write ENOSPC", "fdatasync EIO"])
def test_a_disk_that_fails_ends_it_with_a_code_and_leaves_no_half_request(
    alone: Alone, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    alone.configure(symbols=["PF_XBTUSD"], leader="PF_XBTUSD")
    monkeypatch.setenv("DISK_FAILS", call)
    exchange = Alone(alone.home.root, command=("-m", "tests.process.failing_exchange"))
    client = ccxt_client(exchange.start())
    client.load_markets()
    client.create_order(S, "market", "buy", 0.001)
    before = admin_state(exchange.endpoint())
    (exchange.home.run / "disk_fails").touch()
    with pytest.raises(ccxt.NetworkError):
        client.create_order(S, "market", "buy", 0.002)
    client.close()
    assert exchange.process is not None
    _, errors = exchange.process.communicate(timeout=10)
    assert exchange.process.returncode == 5
    assert "journal.jsonl: " in errors.splitlines()[-1]
    after = admin_state(alone.start())
    written = after["journal_number"] - before["journal_number"]
    assert written in ({0, 1} if call.startswith("fdatasync") else {0})
    assert [p["size"] for p in after["positions"]] == [["0.0010"], ["0.0030"]][written]
    assert len(after["fills"]) - len(before["fills"]) >= written


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


@pytest.mark.parametrize("market", ["magic", "tape:/nowhere.jsonl"])
def test_a_market_that_cannot_be_made_is_a_usage_error(alone: Alone, market: str) -> None:
    code, errors = refused(alone, "--market", market)
    assert code == 2
    assert "Traceback" not in errors
