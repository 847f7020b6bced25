"""The paper exchange: events through the engine, orders over HTTP, what listeners cost, and what it remembers."""

import os

from rich.console import Console
from rich.table import Table

from benchmarks import paper_exchange_engine, paper_exchange_memory, paper_exchange_sockets

WIDTH = 170


def main() -> None:
    """Print the table; takes about three minutes, on a machine with nothing else to do."""
    table = Table(title=f"Paper exchange, {os.cpu_count()} cores", title_justify="left")
    for column in ("what", "ours", "beside", "bar"):
        table.add_column(column)
    for part in (paper_exchange_engine, paper_exchange_sockets, paper_exchange_memory):
        for row in part.rows():
            table.add_row(*row)
    Console(width=WIDTH).print(table)


if __name__ == "__main__":
    main()
