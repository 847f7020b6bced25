"""``python -m src report run``: a run as one page that opens offline."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from src.cli.options import HomeOption, home_of
from src.cli.refusals import refusing
from src.report.page import page
from src.report.run_report import read_run
from src.report.run_report_reading import Progress, Span
from src.report.run_report_words import verdict
from src.store.durable import replace_file
from src.store.paths import Home

ALWAYS = Span(-math.inf, math.inf)

report = typer.Typer(no_args_is_help=True, help="Make pages about what the bot has done.")


@report.callback()
def pages() -> None:
    """Make pages about what the bot has done."""


@report.command()
def run(
    *,
    home: HomeOption = None,
    out: Annotated[Path, typer.Option("--out", help="The page to write; one that is there is replaced.")],
    since: Annotated[datetime | None, typer.Option(help="Leave out what came before, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Leave out what came after, UTC.")] = None,
) -> None:
    """Write one page on a run: money, trades, the funnel, blocked against traded, odds, learning."""
    span = Span(-math.inf if since is None else _ts(since), math.inf if until is None else _ts(until))
    with refusing():
        told = write_run_report(home_of(home), out, span=span)
    print(f"{out.resolve()} ({out.stat().st_size / 1e6:.1f} MB)")
    print(told)


def write_run_report(home: Home, out: Path, *, span: Span = ALWAYS) -> str:
    """Write the page on a home's run; return its verdict in words. Raises StoreError as reading and writing do."""
    with _bars() as progress:
        numbers = read_run(home, span=span, progress=progress)
    replace_file(out, page(numbers), durable=False)
    return verdict(numbers)


def _ts(moment: datetime) -> float:
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


@contextmanager
def _bars() -> Iterator[Progress]:
    """Show a bar a file; on what is no terminal there is nothing to see."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done)

        yield tell
