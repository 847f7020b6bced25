"""A crash world with a person at another shell who wants everything closed."""

from src.command_desk import CommandDesk
from src.exchange.desk import TradingDesk
from src.records.risk import Action, Command, Progress
from src.store.commands import CommandBox
from src.store.freeze import Freeze
from tests.crash_world import CrashWorld

COMMAND = "0001"


class FlattenWorld(CrashWorld):
    """Desk and commands, stepped as the main process does."""

    own_freezes = frozenset({"flattened: the test wants it"})

    def ask(self) -> None:
        """Lay the command down."""
        command = Command(
            ts=self.paper.now,
            command_id=COMMAND,
            action=Action.FLATTEN,
            symbol=None,
            reason="the test wants it",
            foreign=False,
        )
        CommandBox(self.home).ask(command)

    def faults(self) -> list[str]:
        """Return what is wrong; a command without an answer is, too."""
        answer = CommandBox(self.home).answered(COMMAND)
        done = answer is not None and answer.progress is Progress.DONE
        return super().faults() + ([] if done else [f"command: {answer}"])

    def _open(self) -> TradingDesk:
        desk = super()._open()
        self._commands = CommandDesk(
            box=CommandBox(self.home),
            desk=desk,
            freeze=Freeze(self.home),
            reload_keys=lambda: "",
            real_second=1.0,
        )
        return desk

    def _step(self) -> None:
        super()._step()
        self._commands.step(self.paper.now)
