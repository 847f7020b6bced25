"""The plan of faults as a file of the home, taken at the start and again whenever it changes."""

import time
from collections.abc import Callable
from pathlib import Path

import requests

from src.exchange.simulator.fault_file import fault_file
from tests.paper_exchange_server import Served, served

WITHIN_S = 8.0


def suspended(exchange: Served) -> bool:
    url = f"{exchange.endpoint.url}/derivatives/api/v3/tickers/PF_XBTUSD"
    known: bool = requests.get(url, timeout=5).json()["ticker"]["suspended"]
    return known


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_file_is_followed_while_it_is_edited_and_a_broken_edit_changes_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as exchange:
        file = fault_file(exchange.home)
        file.write_text('{"markets": {"PF_XBTUSD": {"suspended": true}}}', "utf-8")
        until(lambda: suspended(exchange))
        file.write_text('{"markets": {', "utf-8")
        time.sleep(2.0)
        assert suspended(exchange)
        file.write_text('{"markets": {"PF_MOONUSD": {}}}', "utf-8")
        time.sleep(2.0)
        assert suspended(exchange)
        file.unlink()
        until(lambda: not suspended(exchange))
