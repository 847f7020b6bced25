"""What somebody changed in the home of a run that is under way: a run is one set of configs, from end to end."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from src.records.learning import LearningAudit
from src.records.operations import FreezeFlag
from src.simulation.saved_leg import saved_copy
from src.store.document import version_of
from src.store.jsonl import read_all
from src.store.paths import Home

BY_HUMAN = "human"
"""Who freezes with ``python -m src freeze``."""

_FLAG = msgspec.json.Decoder(FreezeFlag)


class ChangedByHand(Exception):
    """Configs or the freeze flag are not what the run left: the text names them, and where its own are kept."""


def refuse_hand_edits(home: Home, leg: int) -> None:
    """Raise ChangedByHand where configs or freeze flag are neither a leg's nor written by the run after it.

    Nobody may be writing in the home.
    """
    edited = [*_edited_configs(home, leg)]
    if _flag_by_hand(home, leg):
        edited.append(home.freeze_flag)
    if edited:
        names = ", ".join(path.relative_to(home.root).as_posix() for path in edited)
        raise ChangedByHand(
            f"{home.root}: {names} changed by hand since the run began, and a run keeps what it began with. "
            f"To go on, bring back what stands under {saved_copy(home, leg, home.root)}; "
            f"to try the change, begin anew in another home (python -m src promote {home.root} DIR takes the "
            f"configs along)"
        )


def _edited_configs(home: Home, leg: int) -> Iterator[Path]:
    kept = {path.name for path in saved_copy(home, leg, home.configs).glob("*.json")}
    there = {path.name for path in home.configs.glob("*.json")}
    for name in sorted(kept | there):
        path = home.configs / name
        now, then = _bytes(path), _bytes(saved_copy(home, leg, path))
        if now != then and not (path == home.policies and now is not None and _learned(home, now)):
            yield path


def _learned(home: Home, policies: bytes) -> bool:
    """Return whether learning wrote these policies: its audit names every version, and is written first."""
    version = version_of(policies)
    return any(line.policies_version == version for line in read_all(home.learning_audit, LearningAudit))


def _flag_by_hand(home: Home, leg: int) -> bool:
    """Return whether a human froze entries, or took the flag away: the run itself does the latter never."""
    now, then = _bytes(home.freeze_flag), _bytes(saved_copy(home, leg, home.freeze_flag))
    if now is None or now == then:
        return now != then
    known = set((then or b"").splitlines())
    fresh = [line for line in now.splitlines() if line not in known]
    return not fresh or any(_by(line) == BY_HUMAN for line in fresh)


def _by(line: bytes) -> str:
    """Return who froze; what is no flag of ours was written by hand."""
    try:
        return _FLAG.decode(line).by
    except msgspec.MsgspecError:
        return BY_HUMAN


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
