"""The few system calls that make a change of the disk certain."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from src.store.errors import FileLocked, StoreError, write_error

FILE_MODE = 0o640
FOLDER_MODE = 0o750


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, closed to strangers; StoreError where that cannot be."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        for one in reversed(missing):  # mkdir's own way of making parents leaves those open
            one.mkdir(mode=FOLDER_MODE, exist_ok=True)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made: {error.strerror}") from error


def write_all(fd: int, content: bytes) -> None:
    """Write all of ``content``; OSError where that cannot be."""
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]


def replace_file(
    path: Path, content: bytes, *, durable: bool, mode: int = FILE_MODE, keep: Path | None = None
) -> None:
    """Replace a file as a whole: after a crash at any moment it is the old one or the new one.

    ``keep`` becomes another name of the old file. Without ``durable`` a power cut may bring the old one
    back. Raises DiskFull or WriteFailed; the old file is then untouched.
    """
    fresh = path.parent / f".{path.name}.tmp"
    try:
        _write_fresh(fresh, content, durable=durable, mode=mode)
        if keep is not None:
            _link_over(path, keep)
        fresh.rename(path)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise write_error(error, path) from error


def _write_fresh(fresh: Path, content: bytes, *, durable: bool, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(fresh, flags, mode)
    try:
        if stat.S_IMODE(os.fstat(fd).st_mode) & ~mode:
            os.fchmod(fd, mode)
        write_all(fd, content)
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)


def _link_over(path: Path, keep: Path) -> None:
    spare = keep.parent / f".{keep.name}.tmp"
    spare.unlink(missing_ok=True)
    try:
        os.link(path, spare, follow_symlinks=False)
    except FileNotFoundError:
        return
    spare.rename(keep)
    spare.unlink(missing_ok=True)  # rename of two names of one file keeps both


def keep_copy(folder: Path | None, name: str, content: bytes) -> None:
    """Keep what could not be read; the same name is kept once, so that repeated reading adds nothing."""
    if folder is None:
        return
    make_folder(folder)
    try:
        fd = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    except FileExistsError:
        return
    except OSError as error:
        raise write_error(error, folder / name) from error
    try:
        write_all(fd, content)
        os.fsync(fd)
    except OSError as error:
        raise write_error(error, folder / name) from error
    finally:
        os.close(fd)


def lock_file(path: Path) -> int:
    """Return the descriptor that holds an exclusive lock until it is closed or the process dies.

    The lock is the kernel's, not the file's being there: the file is never deleted. Raises FileLocked
    where another holds it.
    """
    make_folder(path.parent)
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise FileLocked(f"{path}: held by another process") from error
    return fd


@contextmanager
def folder_locked(folder: Path) -> Iterator[None]:
    """Hold a folder's own lock; waits for whoever has it, so hold it for milliseconds."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
