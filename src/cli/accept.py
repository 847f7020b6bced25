"""``python -m src accept SYMBOL``: let what is not the bot's stand on a symbol."""

from typing import Annotated

import typer

from src.cli.asking import Wish, ask
from src.cli.options import HomeOption, home_of
from src.records.risk import Action


def accept(
    symbol: Annotated[str, typer.Argument(help="Whose foreign position and orders are let stand.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept in logs/risk.jsonl.")],
    home: HomeOption = None,
) -> None:
    """Let a foreign position and foreign orders stand, unmanaged; whatever changes about them is named again.

    To close them instead: python -m src flatten SYMBOL --foreign.
    """
    ask(home_of(home), Wish(action=Action.ACCEPT, symbol=symbol, reason=reason, within_s=60.0))
