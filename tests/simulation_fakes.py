"""Small stepped runs for tests: made, killed, gone on with, compared."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import orjson

from src.cli.configs import load_all
from src.cli.options import project_root
from src.records.simulation import Resolution, SimulationRun
from src.simulation.opening import begin, known_run, resume, resumed_plan, stepped_settings
from src.simulation.plan import Pace, Plan
from src.store.home import prepare_home
from src.store.paths import Home
from src.store.segments import closed_segments

START = 1_767_225_600.0
DAY_S = 86_400.0
LOCKS = (".wlock", ".lock")


def fresh_home(folder: Path, **settings: object) -> Home:
    """Return a home with the default configs, some settings of ``bot.json`` changed."""
    home = prepare_home(folder, project_root() / "configs")
    change(home.bot_settings, **settings)
    return home


def change(path: Path, **values: object) -> None:
    """Change some keys of a config as a hand would; a dict changes the keys inside."""
    config = orjson.loads(path.read_bytes())
    for key, value in values.items():
        config[key] = {**config[key], **value} if isinstance(value, dict) else value
    path.write_bytes(orjson.dumps(config, option=orjson.OPT_INDENT_2))


def plan_of(
    home: Home,
    *,
    days: float,
    market: str = "synthetic",
    seed: int = 1,
    leg_windows: int = 7200,
    start: float = START,
    resolution: Resolution = Resolution.WINDOWS,
) -> Plan:
    """Return the plan of a run in a home."""
    return Plan(
        home=home,
        settings=stepped_settings(load_all(home)),
        market=market,
        resolution=resolution,
        seed=seed,
        start=start,
        end=start + days * DAY_S,
        leg_windows=leg_windows,
    )


def live(
    plan: Plan,
    *,
    stopped: Callable[[], bool] = lambda: False,
    on_pace: Callable[[Pace], object] = lambda _: None,
) -> SimulationRun:
    """Begin a run and live it to its end, or until ``stopped``."""
    return begin(plan, edge=plan.settings.paper.edge).go(on_pace=on_pace, stopped=stopped)


def live_on(home: Home, *, days: float) -> SimulationRun:
    """Go on with the run that a home holds."""
    known = known_run(home)
    plan = resumed_plan(home, load_all(home), known, days=days)
    return resume(plan, known).go(on_pace=lambda _: None, stopped=lambda: False)


def bytes_of(home: Home) -> dict[str, str]:
    """Return the hash of every file of a home by its name within it; locks aside."""
    files = [path for path in home.root.rglob("*") if path.is_file() and not path.name.endswith(LOCKS)]
    return {
        path.relative_to(home.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
    }


def lines_of(path: Path) -> list[bytes]:
    """Return the lines of a stream, oldest first, over all its segments."""
    segments = [*closed_segments(path).values(), path]
    return [line for segment in segments for line in segment.read_bytes().splitlines()]


def streams_of(home: Home) -> list[Path]:
    """Return every JSONL file of a home."""
    return sorted(path for path in home.root.rglob("*.jsonl") if path.is_file())
