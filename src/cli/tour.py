"""``python -m src tour``: watch the whole loop in a few minutes on a synthetic market with an edge."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from src.cli.exit_codes import ExitCode
from src.cli.milestones import Milestone, Tally
from src.cli.options import HomeOption, project_root
from src.cli.report import write_run_report
from src.store.durable import replace_file
from src.store.home import prepare_home
from src.store.paths import Home

LEARNING_EVERY_S = 7200
IMPATIENCE = {"block_s": 3600, "minimum_blocks": 3, "weight_caution": 0.0}
"""The tour's learner believes three blocks of an hour; the default waits for twelve of four hours, and doubts them."""
LOOK_EVERY_S = 1.0
STOP_WITHIN_S = 15.0


def tour(
    home: HomeOption = None,
    speed: Annotated[float, typer.Option(help="Market seconds in a real one.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic market.")] = 1,
    at_most: Annotated[float, typer.Option(help="Real seconds after which the tour ends anyway.")] = 600.0,
) -> None:
    """Run the bot on a fast synthetic market until it has shown everything it does; exit 0 if it has."""
    console = Console()
    where = _tour_home(home)
    console.print(f"The tour's home is {where.root}; its log is {where.root / 'tour.log'}")
    console.print("Its learner is impatient, to have something to show: it believes three blocks of an hour.")
    with (where.root / "tour.log").open("ab") as output:
        bot = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "src.run",
                "--home",
                str(where.root),
                f"--speed={speed:g}",
                f"--seed={seed}",
            ],
            cwd=project_root(),
            stdout=output,
            stderr=output,
        )
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            tally, milestones = _watch(where, bot, console, at_most_s=at_most)
        finally:
            code = _stop(bot)
    console.print(_summary(tally, milestones))
    console.print(write_run_report(where, where.root / "report.html"))
    console.print(
        f"The run in pictures: {where.root / 'report.html'} (python -m src report run makes it anew)"
    )
    if code != ExitCode.OK:
        console.print(f"[red]the bot ended with exit code {code}[/red]")
    if code != ExitCode.OK or not all(milestone.reached for milestone in milestones):
        raise typer.Exit(ExitCode.FAULTS_FOUND)


def _tour_home(option: Path | None) -> Home:
    """Return a fresh home that learns every two hours of its clock, from little evidence."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    home = prepare_home(option or project_root() / "homes" / f"tour-{stamp}", project_root() / "configs")
    _edit(home.bot_settings, learning_every_s=LEARNING_EVERY_S)
    _edit(home.learning_settings, **IMPATIENCE)
    return home


def _edit(path: Path, **changes: object) -> None:
    settings = orjson.loads(path.read_bytes()) | changes
    replace_file(path, orjson.dumps(settings, option=orjson.OPT_INDENT_2), durable=True)


def _watch(
    home: Home, bot: "subprocess.Popen[bytes]", console: Console, *, at_most_s: float
) -> tuple[Tally, tuple[Milestone, ...]]:
    tally = Tally(home)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    milestones = tally.update()
    tasks = [progress.add_task(milestone.name, total=milestone.wanted) for milestone in milestones]
    deadline_s = time.monotonic() + at_most_s
    with suppress(KeyboardInterrupt), Live(Group(progress), console=console, refresh_per_second=2):
        while bot.poll() is None and time.monotonic() < deadline_s:
            time.sleep(LOOK_EVERY_S)
            milestones = tally.update()
            for task, milestone in zip(tasks, milestones, strict=True):
                progress.update(task, completed=min(milestone.seen, milestone.wanted))
            if all(milestone.reached for milestone in milestones):
                break
    return tally, milestones


def _stop(bot: "subprocess.Popen[bytes]") -> int:
    if bot.poll() is None:
        bot.send_signal(signal.SIGTERM)
        try:
            bot.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            bot.kill()
    return bot.wait()


def _summary(tally: Tally, milestones: tuple[Milestone, ...]) -> Table:
    counts = tally.counts
    table = Table(title="The tour", title_justify="left")
    table.add_column("what")
    table.add_column("seen", justify="right")
    table.add_column("")
    for name, value in (
        ("signals", counts.signals),
        ("predictions", counts.predictions),
        ("decisions", counts.decisions),
        ("decisions to trade", counts.passed),
        ("entry orders", counts.entries),
        ("outcomes", counts.outcomes),
        ("enriched decisions", counts.enriched),
        ("parameters changed by learning", counts.changes),
    ):
        table.add_row(name, f"{value:,}", "")
    table.add_row("net P&L of closed trades, USD", f"{counts.net_pnl_usd:+,.2f}", "")
    for milestone in milestones:
        mark = "[green]reached[/green]" if milestone.reached else f"[red]wanted {milestone.wanted:,}[/red]"
        table.add_row(milestone.name, f"{milestone.seen:,}", mark)
    return table
