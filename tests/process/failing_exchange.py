"""The paper exchange's command on a disk that fails once a file says so."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from src.cli.paper_exchange import paper_exchange
from src.store import appender


class FailingOs:
    """The system's calls, but one of them fails while the file is there."""

    def __init__(self, call: str, number: int, *, switch: Path) -> None:
        self._call = call
        self._number = number
        self._switch = switch

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Return the system's call, or one that fails."""
        call: Callable[..., object] = getattr(os, name)
        return self._fail if name == self._call and self._switch.exists() else call

    def _fail(self, *_: object) -> None:
        raise OSError(self._number, os.strerror(self._number))


def main() -> None:
    """Run the command line's paper exchange; ``DISK_FAILS`` names a call and its error."""
    call, _, word = os.environ["DISK_FAILS"].partition(" ")
    switch = Path(sys.argv[sys.argv.index("--home") + 1]) / "run" / "disk_fails"
    appender.os = FailingOs(call, getattr(errno, word), switch=switch)  # type: ignore[assignment, attr-defined] # stands in for the module
    typer.run(paper_exchange)


if __name__ == "__main__":
    main()
