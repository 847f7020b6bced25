"""Tables of a signal's story: how they look."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text


def table(title: str, columns: Sequence[str], *, right: Sequence[int] = ()) -> Table:
    """Return an empty table; the columns of these indexes are aligned to the right."""
    shown = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for index, name in enumerate(columns):
        last = index == len(columns) - 1
        shown.add_column(name, justify="right" if index in right else "left", no_wrap=not last)
    return shown


def facts(title: str, rows: Sequence[tuple[str, str]]) -> Table:
    """Return names and what is to be said of each."""
    shown = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        show_header=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    shown.add_column(no_wrap=True, style="dim")
    shown.add_column()
    for name, said in rows:
        shown.add_row(name, Text(said))
    return shown
