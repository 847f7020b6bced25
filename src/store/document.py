"""JSON documents that are replaced as a whole: after a crash it is the old one or the new one."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from src.records.base import Document, Line
from src.store.durable import FILE_MODE, keep_copy, make_folder, replace_file
from src.store.encoding import IsoTime, encode_pretty
from src.store.errors import CorruptDocument, StoreError

D = TypeVar("D", bound=Document | Line)


class DocumentFile(Generic[D]):
    """One document on disk; one process writes it, any may read it.

    Without ``durable`` nothing is flushed: a power cut may bring an older version back or leave none.
    """

    def __init__(
        self,
        path: Path,
        record_type: type[D],
        *,
        writer: str,
        durable: bool = True,
        quarantine: Path | None = None,
        mode: int = FILE_MODE,
    ) -> None:
        self._path = path
        self._decoder = msgspec.json.Decoder(record_type)
        self._writer = writer
        self._durable = durable
        self._quarantine = quarantine
        self._mode = mode
        self._iso = IsoTime()
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> D | None:
        """Return the document; None only where there is no file, CorruptDocument for what is none."""
        content = self._content()
        return None if content is None else self._decode(content)

    def read_if_changed(self) -> D | None:
        """Return the document where it changed since the last read of this object, else None."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        if (status.st_mtime_ns, status.st_size, status.st_ino) == self._seen:
            return None
        return self.read()

    def version(self) -> str | None:
        """Return the first 12 hex digits of the SHA-256 of its bytes; None where there is no file."""
        content = self.content()
        return None if content is None else version_of(content)

    def content(self) -> bytes | None:
        """Return its bytes; None where there is no file."""
        return self._content(remember=False)

    def write(self, document: D) -> str:
        """Replace the document; return its version.

        Raises DiskFull, WriteFailed or NonFiniteNumber; the old document then stands.
        """
        content = self.content_of(document)
        make_folder(self._path.parent)
        keep = self._path.parent / f"{self._path.name}.bak" if self._durable else None
        replace_file(self._path, content, durable=self._durable, mode=self._mode, keep=keep)
        return version_of(content)

    def write_later(self, make: Callable[[], D]) -> str:
        """Replace the document by what ``make`` returns, which is at once; raises what ``write`` does."""
        return self.write(make())

    def content_of(self, document: D) -> bytes:
        """Return what the file would hold; NonFiniteNumber for what JSON cannot say."""
        envelope: dict[str, object] = {"v": 1, "time": self._iso.text(document.ts), "w": self._writer}
        return encode_pretty(document, envelope=envelope)

    def _content(self, *, remember: bool = True) -> bytes | None:
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                content = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be read: {error.strerror}") from error
        if remember:
            self._seen = (status.st_mtime_ns, status.st_size, status.st_ino)
        return content

    def _decode(self, content: bytes) -> D:
        try:
            return self._decoder.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            name = f"{self._path.name}.{version_of(content)}.corrupt"
            keep_copy(self._quarantine, name, content)
            raise CorruptDocument(f"{self._path}: {error}") from error


def version_of(content: bytes) -> str:
    """Return the first 12 hex digits of the SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()[:12]
