"""A table of questions and answers, and what it comes to."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from src.records.checks import CheckRow, Standing

_STYLES = {
    Standing.OK: "green",
    Standing.NOTE: "dim",
    Standing.WARN: "yellow",
    Standing.FAIL: "red",
    Standing.SKIPPED: "dim",
}


def print_table(title: str, rows: Sequence[CheckRow]) -> None:
    """Print the rows, and a line with how many failed."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("check", "", "found", "wanted"):
        table.add_column(column, overflow="fold")
    for row in rows:
        style = _STYLES[row.standing]
        table.add_row(
            escape(row.name),
            f"[{style}]{row.standing.value}[/{style}]",
            escape(row.found),
            "" if row.standing is Standing.OK else escape(row.wanted),
        )
    console = Console()
    console.print(table)
    failed = sum(row.standing is Standing.FAIL for row in rows)
    warned = sum(row.standing is Standing.WARN for row in rows)
    console.print(f"{len(rows)} checks: {failed} failed, {warned} to look at")
