"""Whether the monitor thread lives, as the bot cycle sees it."""

import threading

import pytest

from src.supervision.monitor_watch import MONITOR_WITHIN_S, MonitorWatch


class Scene:
    def __init__(self) -> None:
        self.rounds = 0
        self.real = 0.0
        self.stopping = False
        self.thread = threading.Thread(target=lambda: None)
        self.watch = MonitorWatch(
            self.thread, rounds=lambda: self.rounds, stopping=lambda: self.stopping, real=lambda: self.real
        )


def test_a_monitor_that_died_ends_the_bot() -> None:
    with pytest.raises(RuntimeError, match="died"):
        Scene().watch.step(0.0)


def test_a_monitor_that_ended_because_the_bot_stops_is_no_fault() -> None:
    scene = Scene()
    scene.stopping = True
    assert scene.watch.step(0.0) == 0


def test_a_monitor_that_goes_no_more_rounds_ends_the_bot() -> None:
    scene, done = Scene(), threading.Event()
    alive = threading.Thread(target=done.wait, daemon=True)
    alive.start()
    watch = MonitorWatch(alive, rounds=lambda: scene.rounds, stopping=lambda: False, real=lambda: scene.real)
    try:
        for _ in range(round(MONITOR_WITHIN_S)):
            scene.real += 1.0
            scene.rounds += 1
            watch.step(0.0)
        for _ in range(round(MONITOR_WITHIN_S)):
            scene.real += 1.0
            watch.step(0.0)
        scene.real += 1.0
        with pytest.raises(RuntimeError, match="hangs"):
            watch.step(0.0)
    finally:
        done.set()
