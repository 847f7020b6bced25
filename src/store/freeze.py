"""The flag that stops new entries: its being there is what counts, not what it says."""

import os
from pathlib import Path

import msgspec
import orjson

from src.records.operations import FreezeFlag
from src.store.durable import make_folder, replace_file, sync_folder
from src.store.errors import StoreError
from src.store.paths import Home

_DECODER = msgspec.json.Decoder(FreezeFlag)


class Freeze:
    """``logs/trading_frozen.flag``: a line for each reason; an empty file freezes as well."""

    def __init__(self, home: Home) -> None:
        self._path: Path = home.freeze_flag

    def reasons(self) -> tuple[str, ...]:
        """Return why entries are frozen; empty where they are not.

        What cannot be looked at counts as frozen.
        """
        try:
            os.lstat(self._path)
        except FileNotFoundError:
            return () if self._path.parent.is_dir() else (f"{self._path.parent} is missing",)
        except OSError as error:
            return (f"{self._path} cannot be looked at: {error.strerror}",)
        try:
            content = self._path.read_bytes()
        except OSError as error:
            return (f"{self._path} cannot be read: {error.strerror}",)
        flags = tuple(_reason(line) for line in content.splitlines() if line.strip())
        return flags or ("frozen by hand",)

    def frozen(self) -> bool:
        """Return whether new entries are forbidden."""
        return bool(self.reasons())

    def set(self, reason: str, by: str, ts: float) -> None:
        """Freeze for a reason, durably; one that stands there already is not repeated."""
        lines = self._lines()
        if any(_reason(line) == reason for line in lines):
            return
        flag = msgspec.to_builtins(FreezeFlag(reason=reason, by=by, ts=ts))
        make_folder(self._path.parent)
        replace_file(self._path, b"\n".join([*lines, orjson.dumps(flag), b""]), durable=True)

    def clear(self) -> None:
        """Take the flag away, with all its reasons."""
        try:
            self._path.unlink(missing_ok=True)
            sync_folder(self._path.parent)
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be removed: {error.strerror}") from error

    def _lines(self) -> list[bytes]:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be read: {error.strerror}") from error
        return [line for line in content.splitlines() if line.strip()]


def _reason(line: bytes) -> str:
    try:
        return _DECODER.decode(line).reason
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return line.decode("utf-8", "replace").strip()[:200]
