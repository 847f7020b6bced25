import time
from pathlib import Path

import pytest

from src.supervision.heartbeat import HeartbeatPage

NAMES = ("main", "worker")


def test_a_beat_is_read_by_another_mapping_of_the_page(tmp_path: Path) -> None:
    writer = HeartbeatPage(tmp_path / "heartbeats", NAMES)
    reader = HeartbeatPage(tmp_path / "heartbeats", NAMES)
    writer.slot("worker").beat(within_s=10, handled=3, outputs=2, last_event_ts=5.5, backlog=True)
    beat = reader.read("worker")
    assert (beat.handled, beat.outputs, beat.last_event_ts, beat.backlog) == (3, 2, 5.5, True)
    assert beat.deadline_s - beat.beat_s == pytest.approx(10)
    assert abs(beat.beat_s - time.monotonic()) < 5
    writer.close()
    reader.close()


def test_a_slot_moves_no_other_slot(tmp_path: Path) -> None:
    page = HeartbeatPage(tmp_path / "heartbeats", NAMES)
    page.slot("worker").beat(within_s=1, handled=9)
    assert page.read("main").handled == 0
    assert page.read("main").last_event_ts is None
    page.close()


def test_clearing_a_slot_forgets_the_process_before(tmp_path: Path) -> None:
    page = HeartbeatPage(tmp_path / "heartbeats", NAMES)
    page.slot("worker").beat(within_s=1, handled=9)
    page.clear("worker")
    assert page.read("worker").handled == 0
    assert page.read("worker").pid == 0
    page.close()


def test_a_name_without_a_slot_is_refused(tmp_path: Path) -> None:
    page = HeartbeatPage(tmp_path / "heartbeats", NAMES)
    with pytest.raises(ValueError, match="not in tuple"):
        page.slot("stranger")
    page.close()
