"""The documents of a home as they stood at the end of a leg, kept beside it for ``--resume``."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from src.store.paths import Home


def save_documents(home: Home, leg: int) -> None:
    """Keep a copy of every document of the home as that of a leg's end."""
    folder = home.saved_leg / str(leg)
    shutil.rmtree(folder, ignore_errors=True)
    for path in _documents(home):
        target = saved_copy(home, leg, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def saved_copy(home: Home, leg: int, path: Path) -> Path:
    """Return where the copy of a document, or of a folder of them, is kept as it was at a leg's end."""
    return home.saved_leg / str(leg) / path.relative_to(home.root)


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
        target = home.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, target)


def _documents(home: Home) -> Iterator[Path]:
    """Yield every file of the run that is no stream and no lock, in the order of their names."""
    places = (home.configs, home.logs, home.feature_store, home.positions)
    found = [path for place in places for path in place.rglob("*") if path.is_file()]
    found += [path for path in (home.identity, home.clock) if path.exists()]
    yield from sorted(path for path in found if ".jsonl" not in path.name and not path.name.endswith(".lock"))
