"""Files that a human may change under a daemon, and that nobody but the run itself changes under a stepped one."""

from typing import TypeVar

from src.records.base import Config
from src.store.config import ConfigFile
from src.store.freeze import Freeze
from src.store.paths import Home

C = TypeVar("C", bound=Config)


class OwnConfigFile(ConfigFile[C]):
    """A config that is read once; whoever changes it does so through the same object."""

    def current(self) -> C:
        """Return the version in force."""
        return self.load() if self._good is None else self._good


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
