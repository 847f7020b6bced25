"""What a stepped run is asked to be."""

from dataclasses import dataclass, replace

from src.records.settings import BotSettings
from src.records.simulation import Resolution
from src.store.paths import Home

LEG_WINDOWS = 7200
"""Windows of a symbol in a leg: five days of minutes."""
INSTANCE = "sim"
"""The mark of a stepped run's orders: no exchange outside ever sees them, so all runs share it."""
EPOCH = "run"
"""The same for its start: a run that goes on is the same run."""
BOOT = "000000"
"""What stands for the random name of a start, in the lines of a stepped run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A stepped run, as it was asked for; times are seconds since the epoch on the market's clock."""

    home: Home
    settings: BotSettings
    market: str
    resolution: Resolution
    seed: int
    start: float
    end: float
    leg_windows: int = LEG_WINDOWS

    @property
    def tracked(self) -> tuple[str, ...]:
        """Return the symbols whose market is followed: those that may be traded, and the leader."""
        return tuple(dict.fromkeys((*self.settings.symbols, self.settings.leader)))

    @property
    def leg_s(self) -> float:
        """Return the length of a leg."""
        return self.leg_windows * self.settings.window_s


@dataclass(frozen=True, slots=True)
class Pace:
    """How far a run has come since it was begun or resumed, for whoever watches."""

    ts: float
    windows: int
    """Closed, over all symbols."""
    messages: int
    """Market messages lived."""
    trades: int
    """Positions closed."""
    equity_usd: float | None
    """None while a price is not known."""

    def after(self, earlier: "Pace | None") -> "Pace":
        """Return this pace of a leg, counted on from where an earlier leg ended."""
        if earlier is None:
            return self
        return replace(
            self,
            windows=self.windows + earlier.windows,
            messages=self.messages + earlier.messages,
            trades=self.trades + earlier.trades,
        )
