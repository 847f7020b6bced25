"""What a person asks of the bot from another shell, carried out in the process that holds exchange and ledger."""

from collections.abc import Callable
from pathlib import Path

from src.exchange.desk import TradingDesk
from src.exchange.errors import ExchangeFault
from src.exchange.flatten import Flatten
from src.records.risk import Action, Command, CommandAnswer, Progress
from src.store.commands import CommandBox
from src.store.errors import StoreError
from src.store.freeze import Freeze

_TOO_OLD_S = 600.0
"""Real seconds after which a command that nobody has taken is not carried out any more."""
_AGAIN_S = 2.0
"""Real seconds before an exit that did not go through is tried again."""


class CommandDesk:
    """The stage that answers ``run/commands/``: one command after the other, each once.

    A command that was taken when its process died is taken again by the next one.
    """

    last_event_ts: float | None = None

    def __init__(
        self,
        *,
        box: CommandBox,
        desk: TradingDesk,
        freeze: Freeze,
        reload_keys: Callable[[], str],
        real_second: float,
    ) -> None:
        """Take what it works with.

        ``reload_keys`` changes the exchange's keys and tells so in a sentence; ``real_second`` is one in market
        seconds.
        """
        self._box = box
        self._desk = desk
        self._freeze = freeze
        self._reload_keys = reload_keys
        self._real_second = real_second
        self._command: Command | None = None
        self._flatten: Flatten | None = None
        self._told = ""
        self.handled = 0
        self.outputs = 0

    def step(self, now: float) -> int:
        """Go on with the command that is under way, or begin the next; return how much was done."""
        if self._command is None:
            waiting = self._box.waiting()
            if not waiting:
                return 0
            self._take(waiting[0], now)
            return 1
        if self._flatten is not None:
            return self._go_on(self._command, self._flatten, now)
        self._carry_out(self._command, now)
        return 1

    def backlog(self) -> bool:
        """Return whether a command is under way that it can go on with."""
        return self._command is not None

    def inputs(self) -> tuple[Path, ...]:
        """Return the file that is touched when a command is laid down."""
        return (self._box.knock,)

    def fds(self) -> tuple[int, ...]:
        """Return no descriptors."""
        return ()

    def save(self) -> None:
        """Do nothing: a command stands until it is answered."""

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def _take(self, command: Command, now: float) -> None:
        self._command = command
        known = self._box.answered(command.command_id) is not None
        if not known and now - command.ts > _TOO_OLD_S * self._real_second:
            self._finish(Progress.REFUSED, "nobody has taken it in time: ask again", now)
            return
        self._tell(Progress.TAKEN, "taken", now)
        self._begin(command, now)

    def _begin(self, command: Command, now: float) -> None:
        if command.action is not Action.FLATTEN:
            return
        if command.symbol is None:
            self._freeze.set(f"flattened: {command.reason}", by="human", ts=now)
        self._flatten = Flatten(
            self._desk,
            symbol=command.symbol,
            foreign=command.foreign,
            again_after_s=_AGAIN_S * self._real_second,
        )

    def _go_on(self, command: Command, flatten: Flatten, now: float) -> int:
        sent = flatten.step(now)
        left = flatten.left()
        if left:
            self._progress("; ".join(f"{symbol} {word}" for symbol, word in left.items()), now)
            return sent
        if command.symbol is not None and self._desk.instrument(command.symbol) is None:
            self._finish(Progress.REFUSED, f"the exchange does not list {command.symbol}", now)
            return 1
        what = command.symbol or "everything"
        kept = flatten.not_ours()
        if kept and not command.foreign:
            text = f"{', '.join(kept)} holds a position that is not the bot's: --foreign closes it too"
            self._finish(Progress.REFUSED, text, now)
        else:
            self._finish(Progress.DONE, f"{what} is flat, {flatten.exits} exits sent", now)
        return 1

    def _carry_out(self, command: Command, now: float) -> None:
        if command.action is Action.CLEAR:
            self._clear(command, now)
        elif command.action is Action.ACCEPT:
            self._accept(command, now)
        else:
            self._change_keys(now)

    def _clear(self, command: Command, now: float) -> None:
        risk = self._desk.parts.risk
        if risk.carried_out(command.command_id):
            self._finish(Progress.DONE, "cleared before a restart", now)
            return
        stood = risk.reasons()
        if not stood:
            self._finish(Progress.DONE, "no limit was breached: there was nothing to clear", now)
            return
        standing = self._desk.standing()
        risk.clear(reason=command.reason, command_id=command.command_id, standing=standing, now=now)
        risk.look(now, standing)
        again = risk.reasons()
        if again:
            self._finish(Progress.REFUSED, f"still beyond its limit: {', '.join(again)}", now)
        else:
            self._finish(Progress.DONE, f"cleared: {', '.join(stood)}", now)

    def _accept(self, command: Command, now: float) -> None:
        symbol = command.symbol or ""
        if self._desk.parts.risk.carried_out(command.command_id):
            self._finish(Progress.DONE, "accepted before a restart", now)
            return
        if not self._desk.ready:
            self._progress("waits for the first comparison with the exchange", now)
            return
        gone = self._desk.accept(symbol)
        if not gone:
            self._finish(Progress.REFUSED, f"nothing foreign was found on {symbol}", now)
            return
        self._desk.parts.risk.accept(
            symbol,
            quantity=self._desk.parts.portfolio.ledger.quantity(symbol),
            reason=command.reason,
            command_id=command.command_id,
            now=now,
        )
        self._finish(Progress.DONE, f"accepted: {', '.join(gone)}", now)

    def _change_keys(self, now: float) -> None:
        try:
            text = self._reload_keys()
        except (ExchangeFault, StoreError) as fault:
            self._finish(Progress.REFUSED, f"{type(fault).__name__}: {fault}", now)
            return
        self._finish(Progress.DONE, text, now)

    def _progress(self, text: str, now: float) -> None:
        if text != self._told:
            self._tell(Progress.TAKEN, text, now)

    def _finish(self, progress: Progress, text: str, now: float) -> None:
        self._tell(progress, text, now)
        self._command = self._flatten = None
        self._told = ""
        self.handled += 1

    def _tell(self, progress: Progress, text: str, now: float) -> None:
        if self._command is None:
            raise ValueError("no command is under way")
        self._told = text
        self.outputs += 1
        answer = CommandAnswer(ts=now, command_id=self._command.command_id, progress=progress, text=text)
        self._box.answer(answer, final=progress is not Progress.TAKEN)
