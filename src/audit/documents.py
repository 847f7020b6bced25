"""Every document of a home can be read."""

import re
from pathlib import Path

import msgspec

from src.audit.claims import DOCUMENT
from src.audit.findings import Findings, Spot
from src.records.base import Config, Record
from src.records.catalogue import FILES
from src.store.config_check import TextFaults, check_text
from src.store.paths import Home

_VARIABLE = re.compile("<[A-Z]+>")
"""The part of a path that differs from file to file."""


def check_documents(home: Home, findings: Findings) -> None:
    """Prove or refute that the JSON documents of a home are what their records say; configs have their own check."""
    for entry in FILES:
        if not entry.path.endswith(".json") or entry.path.startswith("configs/"):
            continue
        for path in sorted(home.root.glob(_VARIABLE.sub("*", entry.path))):
            name = path.relative_to(home.root).as_posix()
            try:
                _read(path, entry.records[0])
            except FileNotFoundError:
                continue  # a command that was answered meanwhile
            except (msgspec.MsgspecError, UnicodeDecodeError, TextFaults) as error:
                findings.refute(
                    DOCUMENT, Spot(name, None), expected="a document that can be read", found=error
                )
            else:
                findings.prove(DOCUMENT)


def _read(path: Path, record: type[Record]) -> None:
    """Read a document, or a copy of what a human edits, for whether that can be done."""
    content = path.read_bytes()
    if issubclass(record, Config):
        check_text(content, record)
    else:
        msgspec.json.decode(content, type=record)
