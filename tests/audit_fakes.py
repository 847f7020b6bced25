"""Homes to audit, and hands that change their records as no honest writer would."""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson

from src.audit.decisions import Repeats
from src.audit.exchange_books import Answers
from src.audit.findings import Findings, Violation
from src.audit.run import Life, audit_home
from src.store.line import with_checksum
from src.store.paths import Home
from src.store.segments import closed_segments
from tests.simulation_fakes import change, fresh_home, live, plan_of

Fields = dict[str, Any]
Change = Callable[[Fields], "Fields | list[Fields] | None"]
"""What becomes of a line: another one, several, or none."""

STILL = Life(running=False)
DAYS = 0.25
TRADES = {
    "fee_gate": "off",
    "kelly": "off",
    "long_ofi_requirement": 0.2,
    "short_ofi_requirement": 0.2,
    "max_spread_bps": 50.0,
}
"""Policies under which a few hours hold a few trades."""


def a_lived_home(root: Path, *, seed: int = 1, days: float = DAYS) -> Home:
    """Return the home of a stepped run of two symbols, with a few closed positions."""
    home = fresh_home(root, symbols=["PF_XBTUSD", "PF_ETHUSD"], window_s=300)
    change(home.policies, **TRADES)
    live(plan_of(home, days=days, seed=seed))
    return home


def copy_of(home: Home, root: Path) -> Home:
    """Return a copy of a home whose files may be replaced, but not written into."""
    shutil.copytree(home.root, root, copy_function=os.link, dirs_exist_ok=True)
    return Home(root)


def audited(
    home: Home, *, life: Life = STILL, exchange: Answers | None = None, repeat: Repeats | None = None
) -> Findings:
    """Return what an audit of a home finds."""
    nobody = lambda *_: None
    return audit_home(home, life=life, progress=nobody, exchange=exchange, repeat=repeat).findings


def refuted(home: Home, *, life: Life = STILL, exchange: Answers | None = None) -> dict[str, Violation]:
    """Return the first violation of each claim that an audit of a home refutes."""
    first: dict[str, Violation] = {}
    for violation in audited(home, life=life, exchange=exchange).violations:
        first.setdefault(violation.claim, violation)
    return first


def rewrite(path: Path, alter: Change, *, renumber: bool = True) -> int:
    """Pass every record of a file through a hand; return how many it changed.

    Checksums are made anew, and numbers too if wished: what refutes such a file is what its records say.
    """
    changed, seq = 0, 0
    for segment in [*closed_segments(path).values(), path]:
        lines = []
        for line in segment.read_bytes().splitlines():
            fields: Fields = orjson.loads(line)
            if "control" in fields:
                lines.append(line + b"\n")
                continue
            answer = alter(dict(fields))
            after = answer if isinstance(answer, list) else [] if answer is None else [answer]
            changed += after != [fields]
            for each in after:
                seq += 1
                if renumber:
                    each["seq"] = seq
                lines.append(encoded(each))
        _replace(segment, lines)
    return changed


def encoded(fields: Fields) -> bytes:
    """Return a record as a line of its file, with its checksum if it had one."""
    plain = {name: value for name, value in fields.items() if name != "crc"}
    line = orjson.dumps(plain) + b"\n"
    if "crc" not in fields:
        return line
    return with_checksum(line, line.index(b",", line.index(b'"boot":')) + 1)


def first(matches: Callable[[Fields], bool], alter: Change) -> Change:
    """Return a hand that changes the first record that matches, and no other."""
    done: list[bool] = []

    def hand(fields: Fields) -> "Fields | list[Fields] | None":
        if done or not matches(fields):
            return fields
        done.append(True)
        return alter(fields)

    return hand


def every(matches: Callable[[Fields], bool], alter: Change) -> Change:
    """Return a hand that changes every record that matches."""
    return lambda fields: alter(fields) if matches(fields) else fields


def with_values(**values: object) -> Change:
    """Return a hand that sets fields."""
    return lambda fields: fields | values


def of_type(name: str, **values: object) -> Callable[[Fields], bool]:
    """Return what matches a record of the ledger or the order journal."""
    wanted = {"type": name, **values}
    return lambda fields: all(fields.get(key) == value for key, value in wanted.items())


def records(path: Path) -> list[Fields]:
    """Return every record of a file as plain fields."""
    found: list[Fields] = []
    rewrite(path, lambda fields: found.append(fields) or fields, renumber=False)  # type: ignore[func-returns-value] # append returns None
    return found


def write_document(path: Path, alter: Callable[[Fields], None]) -> None:
    """Change a document by hand."""
    fields = orjson.loads(path.read_bytes())
    alter(fields)
    _replace(path, [orjson.dumps(fields, option=orjson.OPT_INDENT_2)])


def _replace(path: Path, lines: Iterable[bytes]) -> None:
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.write_bytes(b"".join(lines))
    fresh.replace(path)
