"""Asking something of a bot from another shell, whether it runs or not."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import typer

from src.cli.clock_file import market_now
from src.cli.exit_codes import ExitCode
from src.cli.own_desk import own_commands
from src.cli.refusals import refusing
from src.exchange.errors import ExchangeFault
from src.records.risk import Action, Command, CommandAnswer, Progress
from src.store.commands import CommandBox
from src.store.errors import HomeLocked
from src.store.home import identity_file
from src.store.lock import HomeLock
from src.store.paths import Home

LOOK_EVERY_S = 0.05
TRY_LOCK_EVERY_S = 1.0
TAKEN_WITHIN_S = 30.0
"""The cycle may be waiting for an answer of the exchange."""


class CannotAsk(ExchangeFault):
    """There is nobody who could carry the command out; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked, and how long somebody waits for it."""

    action: Action
    symbol: str | None
    reason: str
    foreign: bool = False
    within_s: float = 120.0


def ask(home: Home, wish: Wish) -> None:
    """Have a command carried out, print how far it is, and end with a code: 0 only when it is done."""
    with refusing({ExchangeFault: ExitCode.NO_EXCHANGE}):
        _require_bot(home)
        command = Command(
            ts=market_now(home),
            command_id=f"{time.time_ns():019d}-{secrets.token_hex(3)}",
            action=wish.action,
            symbol=wish.symbol,
            reason=wish.reason,
            foreign=wish.foreign,
        )
        answer = carried_out(home, command, within_s=wish.within_s, tell=print)
    if answer is None:
        typer.echo("not done yet: the bot goes on with it; python -m src status shows what is open", err=True)
        raise typer.Exit(ExitCode.FAULTS_FOUND)
    if answer.progress is not Progress.DONE:
        raise typer.Exit(ExitCode.FAULTS_FOUND)


def carried_out(
    home: Home, command: Command, *, within_s: float, tell: Callable[[str], None]
) -> CommandAnswer | None:
    """Return the final answer to a command, by the bot that runs or else by the same desk in this process.

    None where there is none in time: a command that was taken goes on then.

    Raises:
        CannotAsk: nobody took it, and it was withdrawn; or the exchange of a dead bot cannot be reached.
    """
    box = CommandBox(home)
    box.ask(command)
    waiting = _Waiting(box, command.command_id, within_s=within_s, tell=tell)
    try:
        while not waiting.over():
            try:
                lock = HomeLock(home)
            except HomeLocked:
                waiting.look(TRY_LOCK_EVERY_S)
                continue
            with lock, own_commands(home, box, needs_market=command.action is not Action.CLEAR) as step:
                while not waiting.over():
                    step()
                    waiting.look(LOOK_EVERY_S)
    except (ExchangeFault, KeyboardInterrupt) as ended:
        if isinstance(ended, ExchangeFault) or not waiting.taken:
            box.withdraw(command.command_id)
        raise
    if waiting.answer is None and not waiting.taken:
        box.withdraw(command.command_id)
        raise CannotAsk("nobody took the command: the home is in use, but not by a bot that listens")
    if waiting.final:
        box.withdraw(command.command_id)
        return waiting.answer
    return None


class _Waiting:
    """Looks at the answers as they come."""

    def __init__(
        self, box: CommandBox, command_id: str, *, within_s: float, tell: Callable[[str], None]
    ) -> None:
        self._box = box
        self._command_id = command_id
        self._tell = tell
        self._begun_s = time.monotonic()
        self._within_s = within_s
        self._shown = ""
        self.answer: CommandAnswer | None = None

    @property
    def taken(self) -> bool:
        return self.answer is not None

    @property
    def final(self) -> bool:
        return self.answer is not None and self.answer.progress is not Progress.TAKEN

    def over(self) -> bool:
        """Return whether there is nothing more to wait for."""
        waited_s = time.monotonic() - self._begun_s
        return self.final or waited_s > (self._within_s if self.taken else TAKEN_WITHIN_S)

    def look(self, seconds: float) -> None:
        """Wait so long for news, and show them."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s and not self.final:
            time.sleep(LOOK_EVERY_S)
            self.answer = self._box.answered(self._command_id) or self.answer
            if self.answer is not None and self.answer.text != self._shown:
                self._shown = self.answer.text
                self._tell(self.answer.text)


def _require_bot(home: Home) -> None:
    bound = identity_file(home).read()
    if bound is None:
        raise CannotAsk(f"{home.root}: no bot has lived here")
    if bound.mode == "simulation":
        raise CannotAsk(
            f"{home.root} is a stepped run: its market stands still, and it keeps what it began with. "
            "There is nothing to ask of it"
        )
