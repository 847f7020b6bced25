"""The documents of a home as they stood at the end of a leg, kept beside it for ``--resume``."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from src.store.durable import make_folder, replace_file
from src.store.errors import StoreError
from src.store.paths import Home


def save_documents(home: Home, leg: int) -> None:
    """Keep a copy of every document of the home as that of a leg's end."""
    folder = home.saved_leg / str(leg)
    shutil.rmtree(folder, ignore_errors=True)
    for path in _documents(home):
        _copy(path, saved_copy(home, leg, path))


def saved_copy(home: Home, leg: int, path: Path) -> Path:
    """Return where the copy of a document, or of a folder of them, is kept as it was at a leg's end."""
    return home.saved_leg / str(leg) / path.relative_to(home.root)


def require_documents(home: Home, leg: int) -> None:
    """Raise StoreError where what was kept of a leg's end is gone."""
    if not saved_copy(home, leg, home.identity).is_file():
        raise StoreError(
            f"{home.saved_leg / str(leg)}: is not there or not whole; no run can go on without it"
        )


def forget_other_legs(home: Home, leg: int) -> None:
    """Remove what is kept of other legs."""
    for folder in home.saved_leg.iterdir():
        if folder.name != str(leg):
            shutil.rmtree(folder)


def restore_documents(home: Home, leg: int) -> None:
    """Bring every document back to what it was at a leg's end, and remove those that came later."""
    folder = home.saved_leg / str(leg)
    kept = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    for path in list(_documents(home)):
        if path.relative_to(home.root) not in kept:
            path.unlink()
    for name in sorted(kept):
        _copy(folder / name, home.root / name)


def _copy(path: Path, target: Path) -> None:
    """Make ``target`` the same as a file; StoreError where it cannot be."""
    make_folder(target.parent)
    replace_file(target, path.read_bytes(), durable=False, mode=stat.S_IMODE(path.stat().st_mode))


def _documents(home: Home) -> Iterator[Path]:
    """Yield every file of the run that is no stream and no lock, in the order of their names."""
    places = (home.configs, home.logs, home.feature_store, home.positions)
    found = [path for place in places for path in place.rglob("*") if path.is_file()]
    found += [path for path in (home.identity, home.clock) if path.exists()]
    yield from sorted(path for path in found if ".jsonl" not in path.name and not path.name.endswith(".lock"))
