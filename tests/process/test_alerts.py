"""Alerts of a running bot: somebody on loopback hears of a freeze, and of work."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.alerts.targets import ALERT_URLS, HEARTBEAT_URL
from tests.alert_fakes import Ears, listening
from tests.cli_fakes import asked
from tests.process.conftest import MakeBot

pytestmark = pytest.mark.process

WITHIN_S = 10.0


@pytest.fixture
def ears() -> Iterator[Ears]:
    with listening() as found:
        yield found


def test_a_touched_flag_is_told_within_ten_seconds_and_no_child_inherits_the_address(
    make_bot: MakeBot, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALERT_URLS, ears.channel)
    monkeypatch.setenv(HEARTBEAT_URL, ears.heartbeat)
    bot = make_bot().start()
    bot.until(lambda: bot.works("alerts"), within_s=40)
    bot.home.freeze_flag.touch()
    touched = time.monotonic()
    bot.until(lambda: "frozen by hand" in ears.words(), within_s=WITHIN_S)

    assert time.monotonic() - touched <= WITHIN_S
    bot.until(lambda: "1:json last at" in asked("status", "--home", bot.home.root).output, within_s=10)
    bot.until(lambda: bool(ears.beats), within_s=20)
    assert b"secret-topic" not in bot.log.read_bytes()
    children = [pid for pid in bot.family() if pid != bot.process.pid]
    assert not any(b"secret-topic" in Path(f"/proc/{pid}/environ").read_bytes() for pid in children)
    assert bot.stop() == 0
