"""A command line in the test's own process, and homes with made-up records."""

from pathlib import Path
from typing import TypeVar

import msgspec
from typer.testing import CliRunner, Result

from src.cli.app import app_for
from src.records.base import Line, Record
from src.records.operations import Health, WorkerHealth, WorkerState
from src.store.document import DocumentFile
from src.store.home import prepare_home
from src.store.jsonl import Durability, JsonlWriter
from src.store.paths import Home
from tests.record_fakes import made

ROOT = Path(__file__).resolve().parents[1]
NOW = 1_795_330_000.0
PROCESSES = (
    "main",
    "paper_exchange",
    "feature_builder",
    "predictive_engine",
    "ensemble_predictor",
    "signal_resolver",
)

R = TypeVar("R", bound=Record)


def asked(*arguments: str | Path) -> Result:
    """Return what ``python -m src`` answers, on a wide terminal without colours."""
    words = [str(word) for word in arguments]
    return CliRunner(env={"COLUMNS": "240", "NO_COLOR": "1"}).invoke(app_for(words), words)


def a_home(root: Path) -> Home:
    """Return a new home with the default configs."""
    return prepare_home(root, ROOT / "configs")


def a(record: type[R], **changes: object) -> R:
    """Return a made-up record with some values of the test's own."""
    return msgspec.structs.replace(made(record, full=True), **changes)  # type: ignore[return-value] # made is of it


def append(path: Path, *lines: Line) -> None:
    """Add lines to a file as their process would."""
    with JsonlWriter[Line](
        path, writer="test", durability=Durability.KNOWLEDGE, quarantine=path.parent
    ) as file:
        for line in lines:
            file.append(line)


def a_worker(name: str, **changes: object) -> WorkerHealth:
    """Return a process that is well."""
    well = a(WorkerHealth, name=name, state=WorkerState.READY, restarts=0, handled=1234, pid=77)
    return msgspec.structs.replace(well, **changes)


def report_health(home: Home, **changes: object) -> None:
    """Write what the monitor would, of a bot that is well."""
    well: dict[str, object] = {
        "ts": NOW,
        "mode": "paper",
        "market": "synthetic",
        "main_pid": 76,
        "entries_allowed": True,
        "freeze_reasons": (),
        "config_faults": (),
        "workers": tuple(a_worker(name) for name in PROCESSES),
    }
    DocumentFile(home.health, Health, writer="test").write(a(Health, **(well | changes)))
