"""``python -m src flatten [SYMBOL]``: close what is open, whether the bot runs or not."""

from typing import Annotated

import typer

from src.cli.asking import Wish, ask
from src.cli.options import HomeOption, home_of
from src.records.risk import Action


def flatten(
    symbol: Annotated[str | None, typer.Argument(help="Only this one; default: everything.")] = None,
    *,
    reason: Annotated[str, typer.Option(help="Why; it stands in the flag where everything is left.")],
    foreign: Annotated[
        bool, typer.Option("--foreign", help="Close positions and orders that are not the bot's, too.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Real seconds to wait for it.")] = 120.0,
    home: HomeOption = None,
) -> None:
    """Leave positions at the market; without SYMBOL all of them, and entries are frozen first.

    Stops rest until their position is gone. Exit 0 once nothing is left, 1 where something is.
    """
    wish = Wish(action=Action.FLATTEN, symbol=symbol, reason=reason, foreign=foreign, within_s=wait)
    ask(home_of(home), wish)
    if symbol is None:
        print('entries stay frozen until: python -m src unfreeze "REASON"')
