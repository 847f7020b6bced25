"""``python -m src learn``: one learning cycle now, on a home, running or not."""

from typing import Annotated

import msgspec
import orjson
import typer

from src.cli.clock_file import market_now
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, JsonOption, home_of
from src.continuous_learning_controller import run_learning_cycle
from src.records.learning import LearningAudit, LearningState
from src.records.settings import BotSettings
from src.store.config import ConfigFile
from src.store.disk_files import cycle_files
from src.store.errors import ConfigError, FileLocked, StoreError
from src.store.held import home_is_held
from src.store.jsonl import read_tail
from src.store.paths import Home
from src.supervision.courtesy import yield_to_trading

SeedOption = Annotated[int, typer.Option("--seed", help="Of the sign flips; the same seed repeats a cycle.")]
_LINES = 200


def learn(home: HomeOption = None, *, seed: SeedOption = 1, as_json: JsonOption = False) -> None:
    """Run one learning cycle and show what it did; exit 2 for a broken config, 3 where another cycle runs."""
    where = home_of(home)
    if home_is_held(where):
        _refuse_simulation(where)
        yield_to_trading()
    try:
        settings = ConfigFile(where.bot_settings, BotSettings).load()
        now = market_now(where)
        state = run_learning_cycle(where, settings, now, seed, files=cycle_files(where, settings, now, seed))
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.CONFIG) from error
    except FileLocked as error:
        typer.echo("another learning cycle is running", err=True)
        raise typer.Exit(ExitCode.HOME_IN_USE) from error
    except StoreError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.CONFIG) from error
    if as_json:
        print(orjson.dumps(msgspec.to_builtins(state, str_keys=True), option=orjson.OPT_INDENT_2).decode())
    else:
        _show(where, state)


def _refuse_simulation(home: Home) -> None:
    """Exit where a stepped run is under way: it learns at its own times, and is alone with its files."""
    if home.simulation.exists():
        typer.echo(f"{home.root}: a simulation is under way here; it learns by itself", err=True)
        raise typer.Exit(ExitCode.HOME_IN_USE)


def _show(home: Home, state: LearningState) -> None:
    print(f"{state.cycle_id}: {state.summary}")
    lines: list[LearningAudit] = read_tail(home.learning_audit, LearningAudit, _LINES)
    for line in lines:
        if line.cycle_id == state.cycle_id and line.target not in {"cycle", "weights"}:
            print(f"  {line.kind.value} {line.target}: {line.old} -> {line.new} ({line.reason})")
        elif line.cycle_id == state.cycle_id:
            print(f"  {line.kind.value} {line.target}: {line.reason}")
