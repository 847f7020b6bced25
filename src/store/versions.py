"""Every version of a file that a decision may name, kept by its hash: so that what was decided can be repeated."""

from pathlib import Path

from src.store.document import version_of
from src.store.durable import make_folder, replace_file


class Versions:
    """The copies of one kind of file, ``<kind>_<first 12 hex of the SHA-256>.json``; one process writes them."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder
        self._kind = kind
        self._kept: set[str] = set()

    def keep(self, content: bytes) -> str:
        """Keep these bytes, certain to be on the disk when this returns, and return their version.

        Raises DiskFull or WriteFailed.
        """
        version = version_of(content)
        if version in self._kept:
            return version
        path = self.path_of(version)
        if not path.exists():
            make_folder(self._folder)
            replace_file(path, content, durable=True)
        self._kept.add(version)
        return version

    def path_of(self, version: str) -> Path:
        """Return where a version is kept, if it is."""
        return self._folder / f"{self._kind}_{version}.json"

    def read(self, version: str) -> bytes | None:
        """Return the bytes of a version; None where it is not kept, or is not what its name says."""
        try:
            content = self.path_of(version).read_bytes()
        except FileNotFoundError:
            return None
        return content if version_of(content) == version else None


POLICIES, WEIGHTS, EVIDENCE = "policies", "weights", "evidence"
"""The kinds that are kept."""
