"""``python -m src keys reload``: change the exchange's keys, also with positions open."""

import typer

from src.cli.asking import Wish, ask
from src.cli.options import HomeOption, home_of
from src.records.risk import Action

keys = typer.Typer(help="The keys of the exchange.", no_args_is_help=True)


@keys.callback()
def tools() -> None:
    """Keys come from systemd credentials or the home's .env; a running bot reads them at its start only."""


@keys.command()
def reload(home: HomeOption = None) -> None:
    """Read the keys anew, and use them if they open the same account; else the old ones stay."""
    ask(home_of(home), Wish(action=Action.RELOAD_KEYS, symbol=None, reason="new keys", within_s=60.0))
