"""The watch over the hard limits: what it has seen breached stands until a person clears it."""

from collections.abc import Reversible
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from src.ledger.equity_path import EquityPath
from src.records.ledger import PositionClosed
from src.records.risk import ForeignAccepted, Limit, RiskCleared, RiskEvent, RiskLatched, RiskPeak, RiskState
from src.records.settings import RiskLimits
from src.risk.book import RiskBook
from src.risk.pace import Pace

_DAY_S = 86_400
_PEAK_STEP = 1.001
_ZERO = Decimal(0)


class RiskEvents(Protocol):
    """Where the watch puts its lines on disk."""

    def append(self, record: RiskEvent) -> int:
        """Write one line; return its number."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the account stands."""

    path: EquityPath
    closed: Reversible[PositionClosed]
    """The newest ones, newest last."""
    exposure_usd: Decimal | None
    """Value of all open positions; None while a price is not known."""
    equity_usd: Decimal | None


class RiskWatch:
    """Measures, latches, and tells why nothing may be entered."""

    def __init__(self, *, limits: RiskLimits, book: RiskBook, events: RiskEvents, pace: Pace) -> None:
        """Take the limits, what earlier lines come to, where new ones go, and who counts orders."""
        self.pace = pace
        self._limits = limits
        self._book = book
        self._events = events
        self._peak = book.peak
        self._reasons = _reasons(book)

    @property
    def state(self) -> RiskState:
        """Return what may still be sent."""
        return self._book.state

    @property
    def accepted(self) -> dict[str, Decimal]:
        """Return the foreign positions that a person lets stand, by symbol."""
        return dict(self._book.accepted)

    def reasons(self) -> tuple[str, ...]:
        """Return what stands against new entries, e.g. ``halted:drawdown_share``; asks and writes nothing."""
        return self._reasons

    def carried_out(self, command_id: str) -> bool:
        """Return whether a command has left its line already."""
        return command_id in self._book.answered

    def look(self, now: float, standing: Standing) -> None:
        """Measure everything; latch what is beyond its limit, on disk before this returns."""
        self._note_peak(now, standing.path.index)
        limits, latched = self._limits, self._book.latched
        for limit, measured in (
            (Limit.DAILY_LOSS, self._daily_loss(now, standing.path)),
            (Limit.DRAWDOWN, self._drawdown(standing.path)),
            (Limit.LOSSES, self._losses(standing.closed)),
            (Limit.EXPOSURE, self._exposure(standing, _ZERO)),
            (Limit.LEVERAGE, _over(standing.exposure_usd, standing.equity_usd)),
            (Limit.ORDERS, self.pace.orders(now)),
            (Limit.ERRORS, self.pace.errors(now)),
        ):
            if measured is None or limit in latched:
                continue
            allowed = float(getattr(limits, limit.value))
            if measured > allowed or (measured == allowed and limit in _REACHED_IS_BREACHED):
                self._latch(limit, measured=float(measured), allowed=allowed, now=now)

    def objection(self, notional_usd: Decimal, standing: Standing) -> str | None:
        """Return why an entry of this value must not be sent, or None: it would take a limit with it."""
        if self._reasons:
            return "frozen"
        exposure = self._exposure(standing, notional_usd)
        held = None if standing.exposure_usd is None else standing.exposure_usd + notional_usd
        leverage = _over(held, standing.equity_usd)
        if exposure is None or leverage is None:
            return "equity_unknown"
        if exposure > self._limits.exposure_share:
            return "exposure_limit"
        return "leverage_limit" if leverage > self._limits.leverage else None

    def clear(self, *, reason: str, command_id: str, standing: Standing, now: float) -> tuple[str, ...]:
        """Take every state away and measure losses from here on; return what stood."""
        stood = self._reasons
        self._write(RiskCleared(ts=now, reason=reason, command_id=command_id, index=standing.path.index))
        self._peak = standing.path.index
        self.pace.forget()
        return stood

    def accept(self, symbol: str, *, quantity: Decimal, reason: str, command_id: str, now: float) -> None:
        """Write down that a person lets stand what is not ours on a symbol."""
        self._write(
            ForeignAccepted(
                ts=now, symbol=symbol, quantity=f"{quantity:f}", reason=reason, command_id=command_id
            )
        )

    def close(self) -> None:
        """Let go of the file."""
        self._events.close()

    def _note_peak(self, now: float, index: float) -> None:
        """Keep the highest index since a clearing, on disk to a thousandth."""
        if self._peak is None or index <= self._peak:
            return
        self._peak = index
        if self._book.peak is not None and index >= self._book.peak * _PEAK_STEP:
            self._write(RiskPeak(ts=now, index=index))

    def _daily_loss(self, now: float, path: EquityPath) -> float | None:
        day = int(now // _DAY_S)
        if path.day is None or day > path.day:
            return None
        cleared = self._book.cleared
        today = cleared is not None and int(cleared.ts // _DAY_S) == day
        begun = cleared.index if cleared is not None and today else path.day_index
        return 1.0 - path.index / begun if begun > 0 else None

    def _drawdown(self, path: EquityPath) -> float:
        peak = path.peak_index if self._peak is None else self._peak
        return 1.0 - path.index / peak if peak > 0 else 1.0

    def _losses(self, closed: Reversible[PositionClosed]) -> int:
        since = 0.0 if self._book.cleared is None else self._book.cleared.ts
        run = 0
        for position in reversed(closed):
            if position.ts <= since:
                break
            if position.strategy is None:  # not ours, so no result of ours
                continue
            if position.net_pnl_usd >= 0:
                break
            run += 1
        return run

    def _exposure(self, standing: Standing, more: Decimal) -> float | None:
        equity, most = standing.equity_usd, self._limits.max_equity_usd
        if equity is not None and most is not None:
            equity = min(equity, Decimal(str(most)))
        return _over(None if standing.exposure_usd is None else standing.exposure_usd + more, equity)

    def _latch(self, limit: Limit, *, measured: float, allowed: float, now: float) -> None:
        self._write(RiskLatched(ts=now, limit=limit, state=limit.state, measured=measured, allowed=allowed))

    def _write(self, event: RiskEvent) -> None:
        self._events.append(event)
        self._book.take(event)
        self._reasons = _reasons(self._book)


_REACHED_IS_BREACHED = frozenset({Limit.DAILY_LOSS, Limit.DRAWDOWN, Limit.LOSSES})


def _over(exposure: Decimal | None, equity: Decimal | None) -> float | None:
    """Return a value as a share of equity; without any equity everything is too much."""
    if exposure is None or equity is None:
        return None
    if equity <= 0:
        return float("inf") if exposure > 0 else 0.0
    return float(exposure / equity)


def _reasons(book: RiskBook) -> tuple[str, ...]:
    return tuple(f"{latch.state.value.lower()}:{latch.limit.value}" for latch in book.latched.values())
