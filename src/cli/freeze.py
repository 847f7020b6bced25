"""``python -m src freeze "reason"`` and ``unfreeze "reason"``: stop and allow new entries."""

from typing import Annotated

import typer

from src.cli.clock_file import market_now
from src.cli.options import HomeOption, home_of
from src.cli.refusals import refusing
from src.store.freeze import Freeze

ReasonArgument = Annotated[str, typer.Argument(help="Why; it stands in the flag and in status.")]


def freeze(reason: ReasonArgument, home: HomeOption = None) -> None:
    """Stop new entries; exits and stops go on. Survives restarts."""
    where = home_of(home)
    with refusing():
        Freeze(where).set(reason, by="human", ts=market_now(where))
    print(f"frozen: {reason}")


def unfreeze(reason: ReasonArgument, home: HomeOption = None) -> None:
    """Allow new entries again."""
    where = home_of(home)
    reasons = Freeze(where).reasons()
    if not reasons:
        print("was not frozen")
        return
    with refusing():
        Freeze(where).clear()
    print(f"unfrozen ({reason}); it was frozen for: {'; '.join(reasons)}")
