"""``python -m src clear "reason"``: take the risk states away that a breached limit has left."""

from typing import Annotated

import typer

from src.cli.asking import Wish, ask
from src.cli.options import HomeOption, home_of
from src.records.risk import Action


def clear(
    reason: Annotated[str, typer.Argument(help="Why entries may go on; it is kept in logs/risk.jsonl.")],
    home: HomeOption = None,
) -> None:
    """Return to ACTIVE: losses are counted from here on. Exit 1 where a limit is still breached."""
    ask(home_of(home), Wish(action=Action.CLEAR, symbol=None, reason=reason, within_s=30.0))
