"""A process that writes notes until it is killed; it says each number that was acknowledged."""

import sys
from pathlib import Path

from src.store.jsonl import Durability
from tests.store_fakes import note, notes_writer


def main(path: str, durability: str, count: str) -> None:
    """Append notes and print each acknowledged number."""
    with notes_writer(Path(path), durability=Durability(durability), segment_bytes=20_000) as writer:
        for number in range(writer.seq, writer.seq + int(count)):
            acknowledged = writer.append(note(number))
            sys.stdout.write(f"{acknowledged}\n")
            sys.stdout.flush()


main(*sys.argv[1:])
