"""What a stepped run rests on: program, libraries, configs and market, each by version or hash."""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

from src.records.simulation import SimulatedMarket, SimulationRun
from src.simulation.plan import Plan
from src.store.document import DocumentFile
from src.store.paths import Home

LIBRARIES = ("msgspec", "numpy", "orjson", "pyarrow")
"""What a number in a record may depend on."""


def run_file(home: Home) -> DocumentFile[SimulationRun]:
    """Return ``run/simulation.json``."""
    return DocumentFile(
        home.simulation, SimulationRun, writer="simulate", durable=False, quarantine=home.quarantine
    )


def new_run(plan: Plan, *, market: SimulatedMarket) -> SimulationRun:
    """Return the manifest of a run that has not begun."""
    return SimulationRun(
        ts=plan.start,
        version=source_version(),
        libraries=library_versions(),
        market=market,
        symbols=plan.settings.symbols,
        window_s=plan.settings.window_s,
        start_ts=plan.start,
        end_ts=plan.end,
        configs={path.name: _sha256(path) for path in sorted(plan.home.configs.glob("*.json"))},
        leg_s=plan.leg_s,
        leg=0,
        saved_ts=plan.start,
        clock_ts=plan.start,
        reached_ts=plan.start,
        finished=False,
        streams=(),
    )


def source_version() -> str:
    """Return the first 12 hex digits of the SHA-256 over this program's source files."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
