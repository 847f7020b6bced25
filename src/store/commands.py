"""What is asked of a bot from another shell: a file for each command, and one for its answer."""

from pathlib import Path

from src.records.risk import Command, CommandAnswer
from src.store.document import DocumentFile
from src.store.durable import make_folder, sync_folder
from src.store.errors import CorruptDocument, StoreError
from src.store.paths import Home

_COMMAND = ".command.json"
_ANSWER = ".answer.json"


class CommandBox:
    """``run/commands/``: commands stand there until they are answered for good."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = home.commands

    @property
    def knock(self) -> Path:
        """Return the file that is touched after a command was laid down."""
        return self._folder / "knock"

    def ask(self, command: Command) -> None:
        """Lay a command down, and knock."""
        make_folder(self._folder)
        self._command(command.command_id, writer="cli").write(command)
        self.knock.touch()

    def withdraw(self, command_id: str) -> None:
        """Take a command back, and what was answered to it."""
        for suffix in (_COMMAND, f"{_COMMAND}.bak", _ANSWER, f"{_ANSWER}.bak"):
            (self._folder / f"{command_id}{suffix}").unlink(missing_ok=True)

    def waiting(self) -> tuple[Command, ...]:
        """Return the commands that are not answered for good, oldest first.

        One that cannot be read is kept in quarantine and taken away.
        """
        found = [self._read(path) for path in sorted(self._folder.glob(f"*{_COMMAND}"))]
        known = [command for command in found if command is not None]
        return tuple(sorted(known, key=lambda command: (command.ts, command.command_id)))

    def answer(self, answer: CommandAnswer, *, final: bool) -> None:
        """Tell how far a command is; after its final answer it stands no longer."""
        self._answer(answer.command_id, writer="main").write(answer)
        if final:
            (self._folder / f"{answer.command_id}{_COMMAND}").unlink(missing_ok=True)
            sync_folder(self._folder)

    def answered(self, command_id: str) -> CommandAnswer | None:
        """Return the newest answer to a command; None before there is one."""
        return self._answer(command_id, writer="cli").read()

    def _read(self, path: Path) -> Command | None:
        try:
            return self._command(path.name.removesuffix(_COMMAND), writer="main").read()
        except CorruptDocument:
            path.unlink(missing_ok=True)
        except StoreError:
            return None
        return None

    def _command(self, command_id: str, *, writer: str) -> DocumentFile[Command]:
        path = self._folder / f"{command_id}{_COMMAND}"
        return DocumentFile(path, Command, writer=writer, quarantine=self._home.quarantine)

    def _answer(self, command_id: str, *, writer: str) -> DocumentFile[CommandAnswer]:
        path = self._folder / f"{command_id}{_ANSWER}"
        return DocumentFile(path, CommandAnswer, writer=writer, durable=False)
