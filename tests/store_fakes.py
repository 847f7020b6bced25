"""Records, writers and readers that the store's tests share."""

from pathlib import Path
from typing import Annotated

import msgspec

from src.records.base import Config, Document, Line, Record
from src.records.enums import Strategy
from src.records.policies import Switch
from src.store.jsonl import BadLine, Durability, JsonlReader, JsonlWriter


class Note(Line, frozen=True, kw_only=True):
    """A small line."""

    id: str
    value: float | None = None


class Sheet(Document, frozen=True, kw_only=True):
    """A small document."""

    value: float
    names: dict[str, float] = msgspec.field(default_factory=dict)


class Step(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a small configuration."""

    after_s: Annotated[float, msgspec.Meta(ge=0.0)]


class Knobs(Config, frozen=True, kw_only=True):
    """A small configuration with every shape that the real ones have."""

    threshold: Annotated[float, msgspec.Meta(ge=0.2, le=0.9)]
    count: Annotated[int, msgspec.Meta(ge=1)]
    gate: Switch
    sizes: dict[Strategy, Annotated[float, msgspec.Meta(ge=0.0, le=1.5)]]
    steps: tuple[Step, ...]
    hours: tuple[int, int]
    pinned: tuple[str, ...] = msgspec.field(name="_pinned", default=())

    def __post_init__(self) -> None:
        """Refuse hours upside down."""
        if self.hours[0] >= self.hours[1]:
            raise ValueError("hours must go from an earlier to a later one")


KNOBS = """{
  "_about": "a note of the human",
  "_pinned": ["count"],
  "threshold": 0.5,   "count": 3,
  "gate": "on",
  "sizes": {"OFI": 1.0, "SENTIMENT": 0.5},
  "steps": [ {"after_s": 0}, {"after_s": 60, "_why": "slow"} ],
  "hours": [0, 24]
}
"""


def note(number: int) -> Note:
    return Note(ts=1000.0 + number, id=f"n{number}", value=number / 4)


def notes_writer(
    path: Path,
    *,
    durability: Durability = Durability.KNOWLEDGE,
    segment_bytes: int = 1 << 20,
    keep_segments: int | None = None,
) -> JsonlWriter[Note]:
    return JsonlWriter(
        path,
        writer="test",
        durability=durability,
        quarantine=path.parent / "quarantine",
        segment_bytes=segment_bytes,
        keep_segments=keep_segments,
        boot="0b0b0b",
    )


def notes_reader(
    path: Path, *, cursor: Path | None = None, on_bad: BadLine = BadLine.QUARANTINE
) -> JsonlReader[Note]:
    return JsonlReader(path, Note, cursor=cursor, quarantine=path.parent / "quarantine", on_bad=on_bad)


def ids(notes: list[Note]) -> list[str]:
    return [one.id for one in notes]


def write_notes(path: Path, count: int, *, first: int = 0, segment_bytes: int = 1 << 20) -> None:
    with notes_writer(path, segment_bytes=segment_bytes) as writer:
        for number in range(first, first + count):
            writer.append(note(number))
