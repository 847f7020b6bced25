"""What became of positions: the newest closed ones, and the lines about them that are due."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from src.records.learning import kind_of
from src.records.ledger import ClosingRevised, PositionClosed

_KEPT = 200
_ZERO = Decimal(0)

Consequence = PositionClosed | ClosingRevised
"""A line that follows from others."""


@dataclass(slots=True)
class Closings:
    """Closed positions as they are known now, and what of them the file does not tell yet."""

    closed: deque[PositionClosed] = field(default_factory=lambda: deque(maxlen=_KEPT))
    unwritten: list[Consequence] = field(default_factory=list)
    net_by_kind: dict[str, Decimal] = field(default_factory=dict)
    """Net P&L of all closed positions that were ours, in USD, by strategy and direction."""

    def due(self, line: Consequence) -> None:
        """Take a line that is to be written."""
        self.unwritten.append(line)

    def take(self, line: Consequence) -> None:
        """Take a line that was written: it is not due any more."""
        if isinstance(line, PositionClosed):
            self.closed.append(line)
            self._count(line, line.net_pnl_usd)
        for index, due in enumerate(self.unwritten):  # at most a few
            if type(due) is type(line) and due.position_id == line.position_id:
                del self.unwritten[index]
                return

    def find(self, position_id: str) -> PositionClosed | None:
        """Return the newest closing of a position, None where it is too long ago or there was none."""
        return next((closed for closed in reversed(self.closed) if closed.position_id == position_id), None)

    def open_at(self, symbol: str, ts: float) -> PositionClosed | None:
        """Return the closed position of a symbol that was open at a time, its last moment included."""
        lives = (closed for closed in reversed(self.closed) if closed.symbol == symbol)
        return next((closed for closed in lives if closed.opened_ts < ts <= closed.ts), None)

    def revise(
        self, closed: PositionClosed, ts: float, *, fees: Decimal = _ZERO, funding: Decimal = _ZERO
    ) -> None:
        """Add to a closed position's fees or funding; the line that tells so is due."""
        fees_usd, funding_usd = closed.fees_usd + fees, closed.funding_usd + funding
        net = closed.gross_pnl_usd - fees_usd + funding_usd
        self.closed[self.closed.index(closed)] = msgspec.structs.replace(
            closed, fees_usd=fees_usd, funding_usd=funding_usd, net_pnl_usd=net
        )
        self._count(closed, net - closed.net_pnl_usd)
        self.due(
            ClosingRevised(
                ts=ts,
                position_id=closed.position_id,
                signal_id=closed.signal_id,
                symbol=closed.symbol,
                fees_usd=fees_usd,
                funding_usd=funding_usd,
                net_pnl_usd=net,
            )
        )

    def _count(self, closed: PositionClosed, net: Decimal) -> None:
        if closed.strategy is not None:
            kind = kind_of(closed.strategy, closed.direction)
            self.net_by_kind[kind] = self.net_by_kind.get(kind, _ZERO) + net
