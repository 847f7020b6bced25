"""The plan of faults as a file that a human edits while the exchange runs."""

import logging
from pathlib import Path

from src.exchange.simulator.errors import UnknownMarket
from src.exchange.simulator.fault_plan import FaultPlan
from src.exchange.simulator.faults import HEALTHY, FaultDesk
from src.store.config import ConfigFile
from src.store.errors import ConfigError
from src.store.paths import Home

log = logging.getLogger(__name__)


def fault_file(home: Home) -> Path:
    """Return where a home's plan of faults lies."""
    return home.run / "faults" / "paper_exchange.json"


class FaultFile:
    """Hands each new version of the file to the desk; without the file there are no faults of its."""

    def __init__(self, path: Path, desk: FaultDesk) -> None:
        self._path = path
        self._desk = desk
        self._file = ConfigFile(path, FaultPlan)
        self._version: str | None = None
        """Of the plan that the desk got from here; None: it got none."""
        self._complaint = ""

    def read(self) -> None:
        """Take the file at the start.

        Raises:
            ConfigError: it is no plan.
            UnknownMarket: it names a market that does not trade here.
        """
        if self._path.exists():
            self._hand_on(self._file.load())

    def look(self) -> None:
        """Take the file where it has changed; a broken edit leaves the plan in force."""
        if not self._path.exists():
            self._forget()
            return
        try:
            plan = self._file.current()
            if self._file.version != self._version:
                self._hand_on(plan)
        except (ConfigError, UnknownMarket) as error:
            self._version = self._file.version or None
            self._complain(str(error))

    def _forget(self) -> None:
        if self._version is not None:
            self._version = None
            self._desk.take(HEALTHY)

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            self._complaint = text
            log.warning("faults_not_taken", extra={"facts": {"error": text}})

    def _hand_on(self, plan: FaultPlan) -> None:
        self._desk.take(plan)
        self._version = self._file.version
