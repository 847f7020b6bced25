"""Bodies of processes that the tests of supervision start."""

import os
import signal
import sys
import time
from pathlib import Path

from src.supervision.heartbeat import HeartbeatPage
from src.supervision.worker import die_with_parent, stop_on_signals

NAMES = ("worker",)
WITHIN_S = 0.4


def works(page: str, log: str) -> None:
    """Beat, count up and note the pid until told to stop."""
    stopped = []
    stop_on_signals(lambda: stopped.append(True))
    die_with_parent(grace_s=0.0)
    slot = HeartbeatPage(Path(page), NAMES).slot("worker")
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")
    count = 0
    while not stopped:
        count += 1
        slot.beat(within_s=WITHIN_S, handled=count, outputs=count)
        time.sleep(0.02)


def hangs_after_a_beat(page: str, log: str) -> None:
    """Work once, then sleep for good and not hear SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")
    HeartbeatPage(Path(page), NAMES).slot("worker").beat(within_s=WITHIN_S, handled=1, outputs=1)
    time.sleep(600)


def stalls(page: str, log: str) -> None:
    """Beat on and on with input waiting, and handle nothing."""
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")
    slot = HeartbeatPage(Path(page), NAMES).slot("worker")
    while True:
        slot.beat(within_s=WITHIN_S, handled=1, backlog=True)
        time.sleep(0.02)


def crashes(page: str, log: str) -> None:
    """Die before any work."""
    del page
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")
    sys.exit(6)


def has_no_config(page: str, log: str) -> None:
    """Die of a config that cannot be used."""
    del page
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")
    sys.exit(2)


def leaves(page: str, log: str) -> None:
    """End with code 0 though nobody asked."""
    del page
    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")
