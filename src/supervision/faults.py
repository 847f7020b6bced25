"""Faults on demand, for tests of supervision: ``run/faults/<process>`` holds one word.

``hang`` makes the loop sleep, ``crash`` raises, ``exit`` leaves with code 0.
Without the file nothing happens; looking for it costs a microsecond a round.
"""

import sys
import time
from pathlib import Path

HANG_S = 3600.0


class FaultSwitch:
    """The switch of one process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def act(self) -> None:
        """Do what the switch says; RuntimeError for ``crash``, ValueError for a word it does not know."""
        try:
            word = self._path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return
        if word == "hang":
            time.sleep(HANG_S)
        elif word == "crash":
            raise RuntimeError("crashed on demand")
        elif word == "exit":
            sys.exit(0)
        else:
            raise ValueError(f"unknown fault {word!r} in {self._path}")
