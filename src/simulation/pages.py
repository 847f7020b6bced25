"""Documents of a stepped run: the newest one is kept as an object, and its bytes are made when they are asked for."""

from collections.abc import Callable
from typing import Generic, TypeVar

from src.records.base import Document, Line
from src.store.document import DocumentFile, version_of

D = TypeVar("D", bound=Document | Line)


class Standing(Generic[D]):
    """What stands under one path; whoever opened it shares it."""

    def __init__(self) -> None:
        self.revision = 0
        """How often it was replaced since the leg began."""
        self._document: D | None = None
        self._make: Callable[[], D] | None = None
        self._file: DocumentFile[D]
        self._version: str | None = None
        self._waits = False

    @property
    def document(self) -> D | None:
        """Return it; None as long as the one on the disk stands."""
        if self._make is not None:
            self._document, self._make = self._make(), None
        return self._document

    def replace(self, make: Callable[[], D], file: DocumentFile[D]) -> None:
        """Let another document stand, to be made when somebody looks and written to ``file`` later."""
        self.revision += 1
        self._make = make
        self._file = file
        self._version = None
        self._waits = True

    def version(self) -> str | None:
        """Return the first 12 hex digits of the SHA-256 of its bytes; None where the disk knows."""
        if self._version is None:
            content = self.content()
            self._version = None if content is None else version_of(content)
        return self._version

    def content(self) -> bytes | None:
        """Return its bytes; None where the disk has them."""
        document = self.document
        return None if document is None else self._file.content_of(document)

    def flush(self) -> None:
        """Bring it to the disk."""
        document = self.document if self._waits else None
        if document is not None:
            self._version = self._file.write(document)
            self._waits = False


class SteppedPage(Generic[D]):
    """One document as one stage opened it."""

    def __init__(self, standing: Standing[D], file: DocumentFile[D]) -> None:
        self._standing = standing
        self._file = file
        self._seen = -1

    def read(self) -> D | None:
        """Return the document; None where there is none, CorruptDocument for what is none."""
        self._seen = self._standing.revision
        document = self._standing.document
        return self._file.read() if document is None else document

    def read_if_changed(self) -> D | None:
        """Return the document where it changed since the last read of this object, else None."""
        return None if self._seen == self._standing.revision else self.read()

    def version(self) -> str | None:
        """Return the first 12 hex digits of the SHA-256 of its bytes; None where there is none."""
        return self._file.version() if self._standing.document is None else self._standing.version()

    def content(self) -> bytes | None:
        """Return the bytes of what stands; None where there is none."""
        return self._file.content() if self._standing.document is None else self._standing.content()

    def write(self, document: D) -> None:
        """Replace the document."""
        self._standing.replace(lambda: document, self._file)

    def write_later(self, make: Callable[[], D]) -> None:
        """Replace the document by what ``make`` returns as soon as somebody looks."""
        self._standing.replace(make, self._file)
