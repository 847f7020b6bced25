"""A paper exchange of one's own for a moment, in a home that is thrown away."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from src.cli.options import project_root
from src.clock import AnchoredClock, Clock
from src.exchange.errors import ExchangeFault
from src.exchange.venue import Venue
from src.records.operations import ClockAnchor
from src.store.document import DocumentFile
from src.store.paths import Home

_STOP_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class PrivateVenue:
    """A serving exchange and its clock."""

    venue: Venue
    clock: Clock


@contextmanager
def private_paper_exchange(*, speed: float, seed: int) -> Iterator[PrivateVenue]:
    """Serve a paper exchange until the block is left.

    Raises:
        ExchangeFault: it did not come up; its own words stand on standard error.
    """
    with tempfile.TemporaryDirectory(prefix="paper-exchange-") as folder:
        command = [sys.executable, "-m", "src", "paper-exchange", "--home", folder, "--port", "0"]
        command += ["--seed", str(seed), "--speed", f"{speed:g}", "--latency", "off"]
        with subprocess.Popen(command, cwd=project_root(), stdout=subprocess.PIPE, text=True) as process:
            try:
                yield _told(process, Home(Path(folder)))
            finally:
                process.terminate()
                process.wait(_STOP_WITHIN_S)


def _told(process: "subprocess.Popen[str]", home: Home) -> PrivateVenue:
    lines = [process.stdout.readline().strip() for _ in range(3)] if process.stdout is not None else []
    anchor = DocumentFile(home.clock, ClockAnchor, writer="conform").read()
    if len(lines) < 3 or not all(lines) or anchor is None:
        raise ExchangeFault("the paper exchange did not come up")
    url, key, secret = lines
    return PrivateVenue(Venue(url=url, api_key=key, api_secret=secret), AnchoredClock(anchor))
