from collections.abc import Sequence
from pathlib import Path

import pytest

from src.exchange.simulator.feed import FeedMessage
from src.exchange.simulator.service import Service
from src.simulation.clock import VirtualClock
from src.store.errors import MoneyFileError
from tests.journal_fakes import Kept
from tests.paper_exchange_fakes import START, XBT, ScriptedMarket


class Told:
    def __init__(self) -> None:
        self.messages: list[FeedMessage] = []

    def publish(self, messages: Sequence[FeedMessage]) -> None:
        self.messages += messages


def test_nobody_hears_of_what_the_journal_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, told = Kept(tmp_path), Told()
    service = Service(exchange.engine, ScriptedMarket(), VirtualClock(START), told)
    service.begin()
    told.messages.clear()

    def full(_entry: object) -> int:
        raise MoneyFileError("the disk is gone")

    monkeypatch.setattr(exchange.books, "append", full)
    with pytest.raises(MoneyFileError):
        service.request("sendorder", {"symbol": XBT, "orderType": "mkt", "side": "buy", "size": "1"})
    monkeypatch.undo()
    for ask in (service.step, lambda: service.request("fills", {})):
        with pytest.raises(MoneyFileError):
            ask()
    exchange.books.close()
    assert told.messages == []
