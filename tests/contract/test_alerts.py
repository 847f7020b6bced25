"""Alerts end to end: from the files that the bot writes to somebody who listens on loopback."""

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from src.alerts.channel import BadAddress, Channel
from src.alerts.targets import Targets
from src.records.alerts import Alert, AlertState
from src.records.ledger import Positions, PositionView, StopView
from src.records.orders import OrderIntent, OrderState, OrderUpdate
from src.store.document import DocumentFile
from src.store.jsonl import read_all
from tests.alert_fakes import NOW, Ears, Watched, eventually, listening, watched
from tests.cli_fakes import a, a_worker, append, report_health

DELAY_S = 10.0
UNKNOWN_AFTER_S = 30.0


@pytest.fixture
def ears() -> Iterator[Ears]:
    with listening() as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, ears: Ears) -> Iterator[Watched]:
    with watched(tmp_path / "home", Targets((ears.channel,), ears.heartbeat)) as found:
        yield found


def frozen(*reasons: str) -> Callable[[Watched], None]:
    return lambda home: report_health(
        home.home, real_ts=NOW, freeze_reasons=reasons, entries_allowed=not reasons
    )


def naked(home: Watched) -> None:
    bare = a(PositionView, symbol="PF_XBTUSD", stop=None)
    DocumentFile(home.home.positions_futures, Positions, writer="test").write(
        a(Positions, open_positions=(bare,), warnings=())
    )


def dear(home: Watched) -> None:
    words = "fees_above_configured: 0.4000 USD over 4, expected 0.2000"
    DocumentFile(home.home.positions_futures, Positions, writer="test").write(
        a(Positions, open_positions=(), warnings=(words,))
    )


def unknown(home: Watched) -> None:
    intent = a(OrderIntent, ts=NOW, cli_ord_id="tbabc", symbol="PF_XBTUSD")
    append(home.home.orders, intent, a(OrderUpdate, ts=NOW, cli_ord_id="tbabc", state=OrderState.UNKNOWN))


def full(home: Watched) -> None:
    home.disk = ("disk: 3 MiB left",)


ROWS: dict[str, tuple[Callable[[Watched], None], str, float]] = {
    "naked position": (naked, "PF_XBTUSD: no stop on the exchange", DELAY_S),
    "unknown order": (unknown, "nobody knows whether it was placed", UNKNOWN_AFTER_S + DELAY_S),
    "freeze": (frozen("foreign_position:PF_XBTUSD"), "foreign_position:PF_XBTUSD", DELAY_S),
    "halt": (frozen("halted:daily_loss_share"), "halted:daily_loss_share", DELAY_S),
    "refused key": (frozen("key_refused"), "key_refused", DELAY_S),
    "cost": (dear, "fees_above_configured: 0.4000 USD over 4", DELAY_S),
    "full disk": (full, "disk: 3 MiB left", DELAY_S),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_condition_is_told_within_its_time(row: str, home: Watched, ears: Ears) -> None:
    happen, words, within_s = ROWS[row]
    home.let_pass(1)
    happen(home)

    assert home.seconds_to_tell(ears) <= within_s
    assert words in ears.words()


def test_one_lost_answer_is_not_told(home: Watched, ears: Ears) -> None:
    frozen("exchange_no_answer")(home)
    home.let_pass(2)
    frozen()(home)
    home.let_pass(20)

    assert home.watch.handled == 0
    assert ears.told == []


def test_a_moment_between_a_fill_and_its_stop_is_not_told(home: Watched, ears: Ears) -> None:
    naked(home)
    home.let_pass(3)
    safe = a(PositionView, symbol="PF_XBTUSD", stop=a(StopView, confirmed=True))
    DocumentFile(home.home.positions_futures, Positions, writer="test").write(
        a(Positions, open_positions=(safe,), warnings=())
    )
    home.let_pass(20)

    assert home.watch.handled == 0
    assert ears.told == []


def test_the_end_is_told_and_every_line_stands_in_the_log(home: Watched, ears: Ears) -> None:
    frozen("lunch")(home)
    home.let_pass(4)
    frozen()(home)
    home.let_pass(10)

    ears.wait(lambda heard: len(heard.told) == 2)
    assert "over: " in ears.told[1]["message"]
    assert [line.change.value for line in read_all(home.home.alerts, Alert)] == ["began", "over"]


def test_no_message_and_no_file_holds_a_secret(home: Watched, ears: Ears) -> None:
    key = "Qk9" * 30
    frozen(f"who pasted {key} and {ears.channel} here")(home)
    home.seconds_to_tell(ears)
    home.let_pass(3)

    kept = home.home.alerts.read_text() + home.home.alert_state.read_text()
    assert "who pasted" in ears.words()
    assert all(secret not in ears.words() + kept for secret in (key, "secret-topic", "beat-secret"))


def test_heartbeats_follow_work_and_stop_without_it(home: Watched, ears: Ears) -> None:
    def work(amount: int) -> None:
        workers = tuple(a_worker(name, handled=amount) for name in ("main", "feature_builder"))
        report_health(home.home, real_ts=home.clock.wall(), workers=workers)

    work(1)
    home.let_pass(1)
    ears.wait(lambda heard: len(heard.beats) == 1)
    for _ in range(20):
        work(1)
        home.let_pass(10)
    work(2)
    home.let_pass(1)
    ears.wait(lambda heard: len(heard.beats) == 2)

    assert ears.beats == ["/beat-secret"] * 2


def state(home: Watched) -> AlertState:
    home.let_pass(3)
    found = DocumentFile(home.home.alert_state, AlertState, writer="test").read()
    assert found is not None
    return found


def test_a_failing_channel_shows_in_the_state_until_it_works_again(home: Watched, ears: Ears) -> None:
    ears.status = 500
    frozen("lunch")(home)
    home.let_pass(4)
    eventually(lambda: state(home).channels[0].failing_since_real_ts is not None)
    ears.status = 200
    ears.wait(lambda heard: bool(heard.told))
    eventually(lambda: state(home).channels[0].delivered == 1)

    assert state(home).channels[0].failing_since_real_ts is None
    assert state(home).channels[0].name == "1:json"


def test_a_channel_that_never_answers_stops_neither_the_watch_nor_the_other_channel(
    tmp_path: Path, ears: Ears
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stuck = f"json://127.0.0.1:{silent.getsockname()[1]}/?rto=1&cto=1"
        with watched(tmp_path / "home", Targets((stuck, ears.channel), None)) as home:
            for number in range(60):
                frozen(f"reason {number}")(home)
                home.clock.advance_by(400)
                home.let_pass(3.5)

            ears.wait(lambda heard: len(heard.told) >= 60)
            assert state(home).channels[0].dropped > 0
            assert threading.active_count() < 20


def test_a_disk_that_takes_no_line_still_lets_the_message_out(
    home: Watched, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.let_pass(1)

    def no_space(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.write", no_space)
    full(home)
    home.let_pass(3)
    monkeypatch.undo()

    ears.wait(lambda heard: bool(heard.told))
    assert "disk: 3 MiB left" in ears.words()


def test_a_restart_tells_again_what_still_stands(tmp_path: Path, ears: Ears) -> None:
    for _ in range(2):
        with watched(tmp_path / "home", Targets((ears.channel,), None)) as home:
            frozen("lunch")(home)
            home.let_pass(4)

    ears.wait(lambda heard: len(heard.told) == 2)


@pytest.mark.parametrize("address", ["nonsense", "unheard-of://secret-part", ""])
def test_what_is_no_address_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(BadAddress) as refused:
        Channel(address)

    assert "secret-part" not in str(refused.value)
