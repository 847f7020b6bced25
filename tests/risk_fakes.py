"""A watch over hard limits with its lines in memory, and a world whose limits can be chosen."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec

from src.command_desk import CommandDesk
from src.exchange.desk import TradingDesk
from src.futures_portfolio_tracker import open_desk
from src.ledger.equity_path import EquityPath
from src.records.enums import Direction, Strategy
from src.records.ledger import PositionClosed
from src.records.risk import Action, Command, CommandAnswer, RiskEvent
from src.records.settings import RiskLimits
from src.risk.book import folded
from src.risk.pace import Pace
from src.risk.watch import RiskWatch, Standing
from src.store.commands import CommandBox
from src.store.freeze import Freeze
from tests.exchange_fakes import INSTANCE, World, the_settings
from tests.files_fakes import disk_files


class Lines:
    """A file of risk lines that is a list."""

    def __init__(self) -> None:
        self.lines: list[RiskEvent] = []

    def append(self, record: RiskEvent) -> int:
        self.lines.append(record)
        return len(self.lines)

    def close(self) -> None:
        self.lines.append(self.lines[-1])  # nobody writes afterwards


def a_watch(lines: Lines, limits: RiskLimits | None = None) -> RiskWatch:
    """Return a watch that goes on from what the lines say."""
    return RiskWatch(limits=limits or RiskLimits(), book=folded(lines.lines), events=lines, pace=Pace())


def a_standing(
    path: EquityPath,
    *,
    closed: tuple[PositionClosed, ...] = (),
    exposure: str | None = "0",
    equity: str | None = "1000",
) -> Standing:
    return Standing(
        path=path,
        closed=closed,
        exposure_usd=None if exposure is None else Decimal(exposure),
        equity_usd=None if equity is None else Decimal(equity),
    )


def a_closing(net: str, *, ts: float, strategy: Strategy | None = Strategy.OFI) -> PositionClosed:
    zero = Decimal(0)
    return PositionClosed(
        ts=ts,
        position_id=f"p{ts}",
        signal_id=None,
        symbol="PF_XBTUSD",
        strategy=strategy,
        direction=Direction.LONG,
        opened_ts=ts - 1,
        size=Decimal(1),
        entry_price=Decimal(100),
        exit_price=Decimal(100),
        gross_pnl_usd=Decimal(net),
        fees_usd=zero,
        funding_usd=zero,
        net_pnl_usd=Decimal(net),
        exit_reason="stop",
    )


class RiskWorld(World):
    """A world with limits of its own, and a person at another shell."""

    def __init__(self, root: Path, **limits: float) -> None:
        self._limits = limits
        super().__init__(root)
        self.box = CommandBox(self.home)
        self.reload_keys: Callable[[], str] = lambda: "reloaded"
        self.commands = self._commands()
        self._asked = 0

    def restart(self) -> None:
        super().restart()
        self.commands = self._commands()

    def ask(
        self, action: Action, *, symbol: str | None = None, reason: str = "test", foreign: bool = False
    ) -> str:
        """Lay a command down; return its id."""
        self._asked += 1
        command = Command(
            ts=self.paper.now,
            command_id=f"{self._asked:04d}",
            action=action,
            symbol=symbol,
            reason=reason,
            foreign=foreign,
        )
        self.box.ask(command)
        return command.command_id

    def live(self, seconds: float, *, every: float = 0.5) -> None:
        """Let time pass in steps of desk and commands."""
        end = self.paper.now + seconds
        while self.paper.now < end:
            self.paper.now = min(end, self.paper.now + every)
            self.desk.step(self.paper.now)
            self.commands.step(self.paper.now)

    def answer(self, command_id: str) -> CommandAnswer:
        found = self.box.answered(command_id)
        assert found is not None
        return found

    def _commands(self) -> CommandDesk:
        return CommandDesk(
            box=self.box,
            desk=self.desk,
            freeze=Freeze(self.home),
            reload_keys=self._reload,
            real_second=1.0,
        )

    def _reload(self) -> str:
        return self.reload_keys()

    def _open(self) -> TradingDesk:
        self.starts += 1
        settings = the_settings()
        limits = msgspec.structs.replace(settings.limits, **self._limits)
        settings = msgspec.structs.replace(settings, limits=limits)
        return open_desk(
            self.home,
            self.exchange,
            files=disk_files(self.home, settings),
            settings=settings,
            instance=INSTANCE,
            epoch=f"e{self.starts:02d}",
            speed=1.0,
            now=self.paper.now,
        )
