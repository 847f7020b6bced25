"""Where secrets come from: systemd credentials, the home's ``.env``, or the environment; never a config."""

import os
import stat
from pathlib import Path

from src.store.errors import StoreError
from src.store.paths import Home


class SecretFileExposed(StoreError):
    """A file of secrets can be read by others; the text says the command that mends it."""


def read_secret(name: str, home: Home) -> str | None:
    """Return a secret by its name, e.g. ``KRAKEN_DEMO_KEY``; None where nobody gave it.

    Taken from the environment it is removed there, so that no child process inherits it.

    Raises:
        SecretFileExposed: ``.env`` is not ours alone.
    """
    from_environment = os.environ.pop(name, None)
    return _from_credentials(name) or _from_env_file(name, home.root / ".env") or from_environment


def peek_secret(name: str, home: Home) -> str | None:
    """Return what ``read_secret`` would; the environment keeps it.

    Raises:
        SecretFileExposed: ``.env`` is not ours alone.
    """
    kept = os.environ.get(name)
    return _from_credentials(name) or _from_env_file(name, home.root / ".env") or kept or None


def _from_credentials(name: str) -> str | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder is not None and (path := Path(folder) / name).is_file():
        return path.read_text(encoding="utf-8").strip()
    return None


def _from_env_file(name: str, path: Path) -> str | None:
    try:
        mode = path.stat(follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise SecretFileExposed(f"{path} can be read by others; run: chmod 600 {path}")
    for line in path.read_text(encoding="utf-8").splitlines():
        key, found, value = line.strip().removeprefix("export ").partition("=")
        if found and key.strip() == name:
            return value.strip().strip("'\"")
    return None
