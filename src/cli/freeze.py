"""``python -m src freeze "reason"`` and ``unfreeze "reason"``: stop and allow new entries."""

from typing import Annotated

import typer
from rich.console import Console

from src.cli.clock_file import market_now
from src.cli.options import HomeOption, home_of
from src.store.freeze import Freeze

ReasonArgument = Annotated[str, typer.Argument(help="Why; it stands in the flag and in status.")]


def freeze(reason: ReasonArgument, home: HomeOption = None) -> None:
    """Stop new entries; exits and stops go on. Survives restarts."""
    where = home_of(home)
    where.logs.mkdir(parents=True, exist_ok=True)
    Freeze(where).set(reason, by="human", ts=market_now(where))
    Console().print(f"frozen: {reason}")


def unfreeze(reason: ReasonArgument, home: HomeOption = None) -> None:
    """Allow new entries again."""
    where = home_of(home)
    reasons = Freeze(where).reasons()
    if not reasons:
        Console().print("was not frozen")
        return
    Freeze(where).clear()
    Console().print(f"unfrozen ({reason}); it was frozen for: {'; '.join(reasons)}")
