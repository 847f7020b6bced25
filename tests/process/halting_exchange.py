"""The paper exchange's command on a disk that halts in the middle of lines, with small books.

Snapshots, rotations and notes of the market come so often that kills meet all of them.
"""

import os
import random
import time
from collections.abc import Callable

import typer

from src.cli.paper_exchange import paper_exchange
from src.exchange.simulator import journal, server
from src.store import appender, durable
from src.store.files import Retention

SNAPSHOT_EVERY = 30
RETENTION = Retention(segment_bytes=64 * 1024, segments=2)
LOOK_EVERY_S = 0.05
HALTS = 0.15
DOCUMENT_BYTES = 4096
"""What is longer is no line but a document, which always halts."""
LONGEST_HALT_S = 0.01


class HaltingOs:
    """The system's calls, but some writes reach the disk in two pieces with a pause between."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Hand everything else through."""
        call: Callable[..., object] = getattr(os, name)
        return call

    def write(self, fd: int, line: bytes) -> int:
        """Write a line, now and then in two pieces."""
        halts = len(line) > DOCUMENT_BYTES or self._chance.random() < HALTS
        if len(line) < 2 or not halts:
            return os.write(fd, line)
        cut = self._chance.randrange(1, len(line))
        first = os.write(fd, line[:cut])
        time.sleep(self._chance.uniform(0, LONGEST_HALT_S))
        return first + os.write(fd, line[cut:])


def main() -> None:
    """Run the command line's paper exchange."""
    journal.SNAPSHOT_EVERY = SNAPSHOT_EVERY
    journal.RETENTION = RETENTION
    server.HEARTBEAT_S = server.CHECKPOINT_EVERY_S = LOOK_EVERY_S  # type: ignore[attr-defined] # imported there
    appender.os = durable.os = HaltingOs(random.Random())  # type: ignore[assignment, attr-defined] # stands in for the module
    typer.run(paper_exchange)


if __name__ == "__main__":
    main()
