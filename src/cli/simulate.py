"""``python -m src simulate``: live months of the whole bot in minutes, repeatable to the byte."""

import shlex
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from src.cli.configs import load_all
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, project_root
from src.cli.refusals import refusing
from src.cli.simulate_settings import Asked, WrongOption, asked_settings, refuse_another_run
from src.exchange.simulator.markets.spec import SYNTHETIC, market_symbols
from src.records.simulation import Resolution, SimulationRun
from src.simulation.hand_edits import ChangedByHand
from src.simulation.opening import (
    HomeHoldsRun,
    begin,
    default_resolution,
    first_window,
    known_run,
    last_window,
    refuse_second_run,
    resume,
    resumed_plan,
    stepped_settings,
)
from src.simulation.plan import Pace, Plan
from src.simulation.run import CannotResume, SteppedRun
from src.store.home import prepare_home
from src.store.lock import HomeLock
from src.store.paths import Home

SHOW_EVERY_S = 0.25
REFUSALS = dict.fromkeys((HomeHoldsRun, CannotResume, ChangedByHand, WrongOption), ExitCode.CONFIG)
SEEDS = 2**63 - 1
"""The largest seed that JSON can say everywhere."""
INTERRUPTED = 130
"""The exit code of what Ctrl-C ended."""


def simulate(  # noqa: PLR0913 - one parameter an option
    *,
    home: HomeOption = None,
    days: Annotated[
        float | None,
        typer.Option(help="Market days to live; else to the recording's end, or the one asked for before."),
    ] = None,
    market: Annotated[str | None, typer.Option(help="synthetic (default), tape:FILE or bars:FILE.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=-SEEDS, max=SEEDS, help="Seed of the made-up market; else 1.")
    ] = None,
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
    asked = Asked(
        days=days,
        market=market,
        seed=seed,
        symbols=_names(symbols),
        learn_every_s=None if learn_every is None else 3600 * learn_every,
        start_ts=_seconds(start),
        window_s=window,
        edge=edge,
        resolution=resolution,
    )
    with refusing(REFUSALS):
        where = _home(home, go_on=go_on)
        with HomeLock(where):
            plan, run = _going_on(where, asked) if go_on else _beginning(where, asked)
            console.print(f"The run's home is {where.root}", soft_wrap=True, highlight=False, markup=False)
            lived = _watched(run, plan, console)
    _tell(lived, where, console)


def _home(option: Path | None, *, go_on: bool) -> Home:
    if option is None and go_on:
        raise CannotResume("say which run should go on: --home DIR")
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    root = option or project_root() / "homes" / f"simulation-{stamp}"
    if go_on:
        known_run(Home(root))
    return prepare_home(root, project_root() / "configs")


def _going_on(home: Home, asked: Asked) -> tuple[Plan, SteppedRun]:
    known = known_run(home)
    settings = load_all(home)
    refuse_another_run(known, settings, asked)
    plan = resumed_plan(home, settings, known, days=asked.days)
    return plan, resume(plan, known)


def _beginning(home: Home, asked: Asked) -> tuple[Plan, SteppedRun]:
    refuse_second_run(home)
    load_all(home)
    market = asked.market or SYNTHETIC
    made, text = asked_settings(
        home.bot_settings.read_bytes(), asked, symbols=asked.symbols or market_symbols(market)
    )
    settings = stepped_settings(made)
    first = first_window(market, asked.start_ts, window_s=settings.window_s)
    plan = Plan(
        home=home,
        settings=settings,
        market=market,
        resolution=asked.resolution or default_resolution(market),
        seed=1 if asked.seed is None else asked.seed,
        start=first,
        end=last_window(market, first, days=asked.days, window_s=settings.window_s),
    )
    return plan, begin(plan, edge=settings.paper.edge, settings_text=text)


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
    equity = "equity unknown" if pace.equity_usd is None else f"{pace.equity_usd:,.0f} USD"
    speed = f"{minutes / elapsed_s:,.0f} symbol-minutes/s"
    if pace.messages:
        speed = f"{pace.messages / elapsed_s:,.0f} messages/s"
    return f"{speed}, {pace.trades:,} trades, {equity}"


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
    at = f"--home {shlex.quote(str(home.root))}"
    reached = _minute(lived.reached_ts)
    lines = [
        f"Lived to {reached}. Look: python -m src status {at}",
        f"      python -m src report run {at} --out run.html",
        f"      python -m src explain --last executed {at}",
    ]
    if not lived.finished:
        lines = [
            f"Stopped at {reached}; the last finished leg ends at {_minute(lived.saved_ts)}. It goes on from there:",
            f"      python -m src simulate {at} --resume",
        ]
    console.print("\n".join(lines), soft_wrap=True, highlight=False, markup=False)
    if not lived.finished:
        raise typer.Exit(INTERRUPTED)


def _minute(ts: float) -> str:
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M")
