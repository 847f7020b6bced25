"""Files that a human edits while the bot runs: a broken edit changes nothing and is reported."""

import codecs
import errno
import logging
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import orjson

from src.records.base import Config
from src.records.operations import ConfigFault
from src.store.config_check import TextFaults, check_text
from src.store.document import version_of
from src.store.durable import folder_locked, replace_file
from src.store.errors import ConfigConflict, ConfigError, describe
from src.store.jsontext import JsonTextError, replace_values

C = TypeVar("C", bound=Config)
_log = logging.getLogger(__name__)
_MAX_BYTES = 1_000_000
_SETTLED_S = 0.5
"""A file that has not changed for this long is not being written."""
_REPLACED = {errno.ELOOP: "is a link", errno.ENOENT: "is missing", errno.EISDIR: "is a folder"}


class Look(NamedTuple):
    """What tells one version of a file from the next without reading it."""

    mtime_ns: int
    size: int
    ino: int


class ConfigFile(Generic[C]):
    """One hand-edited file and its last good version.

    ``wall`` is the machine's wall clock, which the file's own times are on.
    """

    def __init__(self, path: Path, record_type: type[C], *, wall: Callable[[], float] = time.time) -> None:
        self._path = path
        self._type = record_type
        self._wall = wall
        self._good: C | None = None
        self._last_look: Look | None = None
        self._judged: Look | None = None
        self.version = ""
        """First 12 hex digits of the SHA-256 of the last good version's bytes; empty before ``load``."""
        self.faults: tuple[ConfigFault, ...] = ()
        """What is wrong with the newest edit; empty while the last good version is what the file says."""
        self.content = b""
        """The last good version's bytes; empty before ``load``."""

    def load(self) -> C:
        """Return the configuration as it stands; ConfigError with every fault where it is none."""
        content, look = self._content()
        good = self._checked(content)
        self._accept(good, content, look)
        return good

    def current(self) -> C:
        """Return the last good version, after a look whether there is a newer one.

        A changed file counts once it has not changed for half a second, or looks the same twice. What is
        broken, empty or gone leaves the last good version in force; ``faults`` then says why.
        Raises ConfigError where there never was a good version.
        """
        good = self._good
        if good is None:
            return self.load()
        try:
            look = _look(self._path)
        except OSError as error:
            self._judged = None
            self._refuse(self._file_fault(error))
            return good
        if look == self._judged:
            return good
        settled = self._settled(look)
        self._last_look = look
        return self._reload(good, look) if settled else good

    def _reload(self, good: C, look: Look) -> C:
        try:
            content, look = self._content()
            fresh = self._checked(content)
        except ConfigError as error:
            self._judged = look
            self._refuse(error.faults)
            return good
        self._accept(fresh, content, look)
        _log.info("config_loaded file=%s version=%s", self._path, self.version)
        return fresh

    def compare_and_swap(self, changes: dict[str, object], expected_version: str) -> str:
        """Change values at dotted paths in the file, and nothing else of its text; return the new version.

        The result must be a valid configuration, else ConfigError. Raises ConfigConflict, with the file as
        it was found, where it is not ``expected_version``, is broken, or is changed by somebody meanwhile.
        """
        with folder_locked(self._path.parent):
            try:
                content, _ = self._content()
                self._checked(content)
            except ConfigError as error:
                raise ConfigConflict(f"{self._path}: is broken: {error}") from error
            if version_of(content) != expected_version:
                raise ConfigConflict(f"{self._path}: is at {version_of(content)}, not at {expected_version}")
            fresh = self._edited(content, changes)
            good = self._checked(fresh)
            self._accept(good, fresh, self._swap(content, fresh))
        return self.version

    def _edited(self, content: bytes, changes: dict[str, object]) -> bytes:
        values = {path: orjson.dumps(value).decode() for path, value in changes.items()}
        mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        try:
            return mark + replace_values(content[len(mark) :].decode("utf-8"), values).encode()
        except KeyError as error:
            raise ConfigError(
                (self._fault(key=str(error.args[0]), rule="expected this key, it is missing"),)
            ) from error
        except JsonTextError as error:
            raise ConfigConflict(f"{self._path}: {error.reason}") from error

    def _swap(self, old: bytes, fresh: bytes) -> Look:
        """Replace the file if it is still ``old``, and put back what somebody wrote in between."""
        kept = self._path.parent / f".{self._path.name}.bak"
        mode = stat.S_IMODE(self._path.stat().st_mode)
        if self._content()[0] != old:
            raise ConfigConflict(f"{self._path}: changed meanwhile")
        replace_file(self._path, fresh, durable=True, mode=mode, keep=kept)
        if kept.read_bytes() != old:
            kept.replace(self._path)
            raise ConfigConflict(f"{self._path}: changed at the very moment; that change stands")
        content, look = self._content()
        if content != fresh:
            raise ConfigConflict(f"{self._path}: changed right after; that change stands")
        return look

    # reading
    def _content(self) -> tuple[bytes, Look]:
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise ConfigError(self._file_fault(error)) from error
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError((self._fault(rule="expected a plain file"),))
            if status.st_size > _MAX_BYTES:
                rule = f"expected at most {_MAX_BYTES} bytes, found {status.st_size}"
                raise ConfigError((self._fault(rule=rule),))
            content = os.pread(fd, _MAX_BYTES + 1, 0)
        finally:
            os.close(fd)
        return content, Look(status.st_mtime_ns, status.st_size, status.st_ino)

    def _checked(self, content: bytes) -> C:
        try:
            return check_text(content, self._type)
        except TextFaults as error:
            found = tuple(
                self._fault(line=fault.line, column=fault.column, key=fault.key, rule=fault.rule)
                for fault in error.faults
            )
            raise ConfigError(found) from error

    def _settled(self, look: Look) -> bool:
        age = self._wall() - look.mtime_ns / 1e9
        return look == self._last_look or age >= _SETTLED_S

    # judging
    def _accept(self, good: C, content: bytes, look: Look) -> None:
        self._good = good
        self._last_look = self._judged = look
        self.version = version_of(content)
        self.content = content
        self.faults = ()

    def _refuse(self, faults: tuple[ConfigFault, ...]) -> None:
        before = {describe(fault): fault.since_ts for fault in self.faults}
        if set(before) == {describe(fault) for fault in faults}:
            return
        self.faults = faults
        for fault in faults:
            _log.error("config_refused in_force=%s fault=%s", self.version, describe(fault))

    def _file_fault(self, error: OSError) -> tuple[ConfigFault, ...]:
        what = _REPLACED.get(error.errno or 0, f"cannot be read: {error.strerror}")
        return (self._fault(rule=f"the file {what}"),)

    def _fault(self, *, line: int = 1, column: int = 1, key: str = "", rule: str) -> ConfigFault:
        return ConfigFault(
            file=str(self._path), line=line, column=column, key=key, rule=rule, since_ts=self._wall()
        )


def _look(path: Path) -> Look:
    status = path.lstat()
    return Look(status.st_mtime_ns, status.st_size, status.st_ino)
