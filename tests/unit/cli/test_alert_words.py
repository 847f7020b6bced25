from pathlib import Path

import pytest

from src.cli.alert_words import alert_faults, alert_line
from src.records.alerts import AlertState, ChannelState
from src.store.document import DocumentFile
from src.store.lock import HomeLock
from tests.cli_fakes import NOW, PROCESSES, a, a_home, a_worker, asked, report_health

WELL = ChannelState(
    name="1:ntfy",
    delivered=3,
    failed=0,
    dropped=0,
    last_delivered_real_ts=NOW,
    failing_since_real_ts=None,
)
FAILING = a(ChannelState, name="2:json", failing_since_real_ts=NOW)


def state(*channels: ChannelState, heartbeat: ChannelState | None = None) -> AlertState:
    return a(AlertState, channels=channels, heartbeat=heartbeat, active=(), held_back=0)


def test_the_line_names_each_channel_and_what_stands() -> None:
    told = a(AlertState, channels=(WELL, FAILING), heartbeat=None, active=("freeze lunch",), held_back=2)
    line = alert_line(told)

    assert "1:ntfy last at 2026-11-22" in line
    assert "2:json fails since" in line
    assert "no heartbeat" in line
    assert "standing: freeze lunch" in line
    assert "2 lines wait" in line


def test_whoever_takes_nothing_is_a_fault() -> None:
    heartbeat = a(ChannelState, name="heartbeat", failing_since_real_ts=NOW)

    assert alert_faults(state(WELL)) == ()
    assert [fault.partition(" has")[0] for fault in alert_faults(state(FAILING, heartbeat=heartbeat))] == [
        "alert channel 2:json",
        "the heartbeat",
    ]


@pytest.mark.parametrize("watched", [True, False])
def test_status_counts_a_failing_channel_only_while_its_process_is_there(
    watched: bool, tmp_path: Path
) -> None:
    home = a_home(tmp_path)
    names = (*PROCESSES, "alerts") if watched else PROCESSES
    report_health(home, workers=tuple(a_worker(name) for name in names))
    DocumentFile(home.alert_state, AlertState, writer="test").write(state(FAILING))
    with HomeLock(home):
        answer = asked("status", "--home", home.root)

    assert ("has taken nothing since" in answer.output) is watched
    assert answer.exit_code == int(watched)
