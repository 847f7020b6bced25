import logging

import pytest

from src.exchange.simulator.server import _note
from src.store.errors import DiskFull, MoneyFileError


def test_a_full_disk_skips_a_note_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def full() -> None:
        raise DiskFull("market.json: no space left")

    with caplog.at_level(logging.WARNING):
        _note(full)
    assert "note_not_written" in caplog.text


def test_a_money_file_that_fails_is_never_skipped() -> None:
    def lost() -> None:
        raise MoneyFileError("journal.jsonl: may have lost an entry")

    with pytest.raises(MoneyFileError):
        _note(lost)
