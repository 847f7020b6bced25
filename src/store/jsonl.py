"""JSONL files: one writer, whole lines, readers that lose none."""

from typing import Protocol, TypeVar

from src.store.jsonl_reader import BadLine, JsonlReader
from src.store.jsonl_scan import read_all, read_tail
from src.store.jsonl_writer import Durability, JsonlWriter

__all__ = ["BadLine", "Durability", "JsonlReader", "JsonlWriter", "Reader", "Writer", "read_all", "read_tail"]

R_contra = TypeVar("R_contra", contravariant=True)
R = TypeVar("R")


class Writer(Protocol[R_contra]):
    """What takes records, one after the other."""

    def append(self, record: R_contra) -> int:
        """Write a record; return its number in the file."""


class Reader(Protocol[R]):
    """What hands out records, each once."""

    def read_new(self) -> list[R]:
        """Return the records that have come since the last call."""
