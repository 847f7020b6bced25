"""``python -m src simulate``: live months of the whole bot in minutes, repeatable to the byte."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from src.cli.configs import load_all
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, project_root
from src.cli.refusals import refusing
from src.exchange.simulator.markets.spec import market_symbols
from src.records.simulation import Resolution, SimulationRun
from src.simulation.manifest import run_file
from src.simulation.opening import (
    HomeHoldsRun,
    begin,
    default_resolution,
    first_window,
    known_run,
    last_window,
    resume,
    resumed_plan,
    stepped_settings,
)
from src.simulation.plan import Pace, Plan
from src.simulation.run import CannotResume, SteppedRun
from src.store.durable import replace_file
from src.store.home import prepare_home
from src.store.lock import HomeLock
from src.store.paths import Home

SHOW_EVERY_S = 0.25
INTERRUPTED = 130
"""The exit code of what Ctrl-C ended."""


def simulate(  # noqa: PLR0913 - one parameter an option
    *,
    home: HomeOption = None,
    days: Annotated[
        float | None, typer.Option(help="Market days to live; else to the recording's end.")
    ] = None,
    market: Annotated[str, typer.Option(help="synthetic, tape:FILE or bars:FILE.")] = "synthetic",
    seed: Annotated[int, typer.Option(help="Seed of the made-up market.")] = 1,
    symbols: Annotated[
        str | None, typer.Option(help="Comma-separated, e.g. PF_XBTUSD,PF_ETHUSD; else configs/bot.json.")
    ] = None,
    learn_every: Annotated[float | None, typer.Option(help="Market hours between learning cycles.")] = None,
    start: Annotated[datetime | None, typer.Option(help="Where the market begins, UTC.")] = None,
    window: Annotated[float | None, typer.Option(help="Seconds of a window; else configs/bot.json.")] = None,
    edge: Annotated[
        bool | None, typer.Option("--edge/--no-edge", help="Whether the made-up market rewards order flow.")
    ] = None,
    resolution: Annotated[
        Resolution | None, typer.Option(help="What the market is made of; a tape always of messages.")
    ] = None,
    go_on: Annotated[bool, typer.Option("--resume", help="Go on with the run that this home holds.")] = False,
) -> None:
    """Live a market with the whole bot in virtual time; the same home, seed and market give the same bytes."""
    console = Console()
    with refusing({HomeHoldsRun: ExitCode.CONFIG, CannotResume: ExitCode.CONFIG}):
        where = _home(home, go_on=go_on)
        with HomeLock(where):
            if go_on:
                known = known_run(where)
                plan = resumed_plan(where, load_all(where), known, days=days)
                run = resume(plan, known)
            else:
                named = _names(symbols) or market_symbols(market)
                _set(where, symbols=named, learn_every=learn_every, window=window, edge=edge)
                settings = stepped_settings(load_all(where))
                first = first_window(market, _seconds(start), window_s=settings.window_s)
                plan = Plan(
                    home=where,
                    settings=settings,
                    market=market,
                    resolution=resolution or default_resolution(market),
                    seed=seed,
                    start=first,
                    end=last_window(market, first, days=days, window_s=settings.window_s),
                )
                run = begin(plan, edge=settings.paper.edge)
            console.print(f"The run's home is {where.root}")
            lived = _watched(run, plan, console)
    _tell(lived, where, console)


def _home(option: Path | None, *, go_on: bool) -> Home:
    if option is None and go_on:
        raise CannotResume("say which run should go on: --home DIR")
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    root = option or project_root() / "homes" / f"simulation-{stamp}"
    if go_on and not root.is_dir():
        raise CannotResume(f"{root} is no home")
    return prepare_home(root, project_root() / "configs")


def _set(
    home: Home,
    *,
    symbols: tuple[str, ...] | None,
    learn_every: float | None,
    window: float | None,
    edge: bool | None,
) -> None:
    """Write what the command line asked for into the home's settings: the home alone tells what was run."""
    if run_file(home).read() is not None:
        return
    settings = orjson.loads(home.bot_settings.read_bytes())
    wanted = dict(settings)
    if symbols is not None:
        wanted |= {"symbols": list(symbols)}
        wanted |= {} if settings["leader"] in symbols else {"leader": symbols[0]}
    if learn_every is not None:
        wanted["learning_every_s"] = 3600 * learn_every
    if window is not None:
        wanted["window_s"] = window
    if edge is not None:
        wanted["paper"] = {**settings["paper"], "edge": edge}
    if wanted != settings:
        replace_file(home.bot_settings, orjson.dumps(wanted, option=orjson.OPT_INDENT_2), durable=True)


def _names(symbols: str | None) -> tuple[str, ...] | None:
    return None if symbols is None else tuple(name.strip() for name in symbols.split(","))


def _seconds(start: datetime | None) -> float | None:
    return None if start is None else start.replace(tzinfo=start.tzinfo or UTC).timestamp()


def _watched(run: SteppedRun, plan: Plan, console: Console) -> SimulationRun:
    """Live the run under a progress bar; Ctrl-C ends it after the step that is under way."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %  {task.fields[facts]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress, _ctrl_c() as stopped:
        task = progress.add_task("", total=plan.end - plan.start, facts="")
        began = shown = time.monotonic()

        def on_pace(pace: Pace) -> None:
            nonlocal shown
            now = time.monotonic()
            if now - shown < SHOW_EVERY_S:
                return
            shown = now
            facts = _facts(pace, window_s=plan.settings.window_s, elapsed_s=now - began)
            progress.update(task, completed=pace.ts - plan.start, description=_minute(pace.ts), facts=facts)

        lived = run.go(on_pace=on_pace, stopped=stopped)
        progress.update(task, completed=lived.reached_ts - plan.start, description=_minute(lived.reached_ts))
    return lived


def _facts(pace: Pace, *, window_s: float, elapsed_s: float) -> str:
    minutes = pace.windows * window_s / 60
    equity = "unknown" if pace.equity_usd is None else f"{pace.equity_usd:,.0f} USD"
    speed = f"{minutes / elapsed_s:,.0f} symbol-minutes/s"
    if pace.messages:
        speed += f", {pace.messages / elapsed_s:,.0f} messages/s"
    return f"{speed}, {pace.trades:,} trades, equity {equity}"


@contextmanager
def _ctrl_c() -> Iterator[Callable[[], bool]]:
    """Hear SIGINT and SIGTERM as a wish to stop; a second Ctrl-C is the usual one."""
    heard: list[int] = []

    def hear(signum: int, _frame: object) -> None:
        heard.append(signum)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {signum: signal.signal(signum, hear) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(heard)
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _tell(lived: SimulationRun, home: Home, console: Console) -> None:
    at = f"--home {home.root}"
    if not lived.finished:
        console.print(
            f"Stopped at {_minute(lived.reached_ts)}. Go on: python -m src simulate {at} --resume"
            f" (from {_minute(lived.saved_ts)}, the end of the last finished leg)"
        )
        raise typer.Exit(INTERRUPTED)
    console.print(f"Lived to {_minute(lived.reached_ts)}. Look: python -m src status {at}")
    console.print(f"      python -m src report run {at} --out run.html")
    console.print(f"      python -m src explain --last executed {at}")


def _minute(ts: float) -> str:
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M")
