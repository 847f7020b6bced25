"""Files that a human may change under a daemon, and that nobody but the run itself changes under a stepped one."""

import stat
from typing import TypeVar

from src.records.base import Config
from src.store.config import ConfigFile, Look
from src.store.durable import replace_file
from src.store.errors import ConfigConflict
from src.store.freeze import Freeze
from src.store.paths import Home

C = TypeVar("C", bound=Config)


class OwnConfigFile(ConfigFile[C]):
    """A config that is read once; whoever changes it does so through the same object.

    A change reaches the disk with ``flush``, after the lines that tell of it: so whatever stands there that no
    line tells of was written by somebody else.
    """

    _known: tuple[bytes, Look] | None = None
    _on_disk: bytes | None = None
    """What a change that is not written yet replaces."""

    def current(self) -> C:
        """Return the version in force."""
        return self.load() if self._good is None else self._good

    def flush(self) -> None:
        """Write what was changed; ConfigConflict where the file is not what it was read as."""
        if self._known is None or self._on_disk is None:
            return
        if super()._content()[0] != self._on_disk:
            raise ConfigConflict(f"{self._path}: was changed by hand while the run was under way")
        mode = stat.S_IMODE(self._path.stat().st_mode)
        replace_file(self._path, self._known[0], durable=False, mode=mode)
        self._on_disk = None

    def _content(self) -> tuple[bytes, Look]:
        if self._known is None:
            self._known = super()._content()
        return self._known

    def _swap(self, old: bytes, fresh: bytes) -> Look:
        _, look = self._content()
        self._known = fresh, look
        if self._on_disk is None:
            self._on_disk = old
        return look


class OwnFreeze(Freeze):
    """The flag that stops new entries, looked at once."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._known: tuple[str, ...] | None = None

    def reasons(self) -> tuple[str, ...]:
        """Return why entries are frozen; empty where they are not."""
        if self._known is None:
            self._known = super().reasons()
        return self._known

    def set(self, reason: str, by: str, ts: float) -> None:
        """Freeze for a reason."""
        super().set(reason, by, ts)
        self._known = None

    def clear(self) -> None:
        """Take the flag away, with all its reasons."""
        super().clear()
        self._known = None
