"""Round trips: what each trade brought, and how much of it was signal, cost of execution, fees and funding.

Every fill is measured against the price that it was decided at: an entry against the mid at the signal's
decision point, an exit against the newest mid when its order left, a stop against its stop price. The parts
add up to what the ledger booked:

    net = signal + slippage + stop gap + unsplit - fees + funding
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, localcontext

from src.records.base import Record
from src.records.enums import Direction, Strategy
from src.records.ledger import ClosingRevised, FillBooked, LedgerEntry, PositionClosed
from src.records.orders import OrderEvent, OrderIntent
from src.report.measured_fills import FillRole, MeasuredFill, SentOrders, in_bps, measured
from src.report.prices import Mids

_ZERO = Decimal(0)
_DIGITS = 60
"""Enough that no sum of the ledger's 28-digit numbers is rounded."""


class RoundTrip(Record, frozen=True, kw_only=True):
    """A position from its first fill to its last; the amounts are parts of its P&L, in USD."""

    position_id: str
    signal_id: str | None
    """None where it was not opened by the bot."""
    symbol: str
    strategy: Strategy | None
    direction: Direction
    decided_ts: float | None
    """The signal's decision point."""
    opened_ts: float
    closed_ts: float
    size: Decimal
    """In contracts."""
    entry_price: Decimal
    exit_price: Decimal
    stop_price: Decimal | None
    """Of the newest stop that was placed; None where none was."""
    exit_reason: str
    gross_usd: Decimal
    """The price move between the fills."""
    signal_usd: Decimal
    """The price move from decision to decision: what the trade was about."""
    slippage_usd: Decimal
    """Entry and exit fills against the price they were decided at; below 0 is a cost."""
    stop_gap_usd: Decimal
    """Fills of a fired stop against the stop price; below 0 is a cost."""
    unsplit_usd: Decimal
    """Price move that cannot be told apart, because a price it was decided at was not recorded; else 0."""
    fees_usd: Decimal
    """Positive is paid."""
    funding_usd: Decimal
    """Positive is received."""
    net_usd: Decimal
    """As the ledger booked it."""
    fills: tuple[MeasuredFill, ...]

    @property
    def notional_usd(self) -> Decimal:
        """Return the value at entry."""
        return self.size * self.entry_price

    @property
    def held_s(self) -> float:
        """Return how long it was held, in market seconds."""
        return self.closed_ts - self.opened_ts

    @property
    def net_bps(self) -> float:
        """Return the net P&L in bps of the notional at entry."""
        return in_bps(self.net_usd, self.notional_usd)

    @property
    def parts(self) -> dict[str, Decimal]:
        """Return the signed parts that add up to ``net_usd``."""
        return {
            "signal": self.signal_usd,
            "slippage": self.slippage_usd,
            "stop_gap": self.stop_gap_usd,
            "unsplit": self.unsplit_usd,
            "fees": self.fees_usd.copy_negate(),
            "funding": self.funding_usd,
        }


class TradeFold:
    """Makes round trips of the ledger's lines, one after the other; remembers only what is open."""

    def __init__(
        self, *, orders: Iterable[OrderEvent], mids: Mids, revisions: Mapping[str, ClosingRevised]
    ) -> None:
        """Take what was sent, where prices are looked up, and what ``newest_revisions`` found in the ledger."""
        self._revisions = revisions
        self._sent = SentOrders(event for event in orders if isinstance(event, OrderIntent))
        self._mids = mids
        self._open: dict[str, list[MeasuredFill]] = {}
        self._quantity: dict[str, Decimal] = {}
        self._ended: dict[str, list[tuple[MeasuredFill, ...]]] = {}
        self._booked: set[str] = set()

    def add(self, entry: LedgerEntry) -> RoundTrip | None:
        """Take one line of the ledger; return the round trip that it ends."""
        if isinstance(entry, FillBooked):
            self._add_fill(entry)
        elif isinstance(entry, PositionClosed):
            waiting = self._ended.get(entry.symbol)
            fills = waiting.pop(0) if waiting else ()
            revision = self._revisions.get(entry.position_id)
            closed = entry if revision is None else revision.applied_to(entry)
            return _round_trip(closed, fills, self._sent.stop_price(entry.position_id))
        return None

    def open_fills(self, symbol: str) -> tuple[MeasuredFill, ...]:
        """Return the fills of a symbol's open position; none where it is flat."""
        return tuple(self._open.get(symbol, ()))

    def _add_fill(self, fill: FillBooked) -> None:
        """Count a fill; one that turns a position round ends it with one part and opens another with the rest."""
        if fill.fill_id in self._booked:
            return
        self._booked.add(fill.fill_id)
        before = self._quantity.get(fill.symbol, _ZERO)
        closing = min(fill.size, abs(before)) if before * fill.side.sign < 0 else _ZERO
        if closing > 0:
            self._take(fill, closing, opening=False)
            if closing == abs(before):
                self._ended.setdefault(fill.symbol, []).append(tuple(self._open.pop(fill.symbol, ())))
        if closing < fill.size:
            self._take(fill, fill.size - closing, opening=True)
        self._quantity[fill.symbol] = before + fill.side.sign * fill.size

    def _take(self, fill: FillBooked, size: Decimal, *, opening: bool) -> None:
        part = measured(fill, size=size, opening=opening, sent=self._sent, mids=self._mids)
        self._open.setdefault(fill.symbol, []).append(part)


def newest_revisions(ledger: Iterable[LedgerEntry]) -> dict[str, ClosingRevised]:
    """Return the newest line of each position whose fees or funding became known after its closing."""
    return {entry.position_id: entry for entry in ledger if isinstance(entry, ClosingRevised)}


def round_trips(
    ledger: Iterable[LedgerEntry], *, orders: Iterable[OrderEvent], mids: Mids
) -> Iterator[RoundTrip]:
    """Return every closed position of a ledger as it is known in the end, in the order of closing."""
    entries = tuple(ledger)
    fold = TradeFold(orders=orders, mids=mids, revisions=newest_revisions(entries))
    for entry in entries:
        trip = fold.add(entry)
        if trip is not None:
            yield trip


def _round_trip(
    closed: PositionClosed, fills: tuple[MeasuredFill, ...], stop_price: Decimal | None
) -> RoundTrip:
    with localcontext() as context:
        context.prec = _DIGITS
        slips = [f.slippage_usd for f in fills if f.role is not FillRole.STOP]
        gaps = [f.slippage_usd for f in fills if f.role is FillRole.STOP]
        slippage = sum((slip for slip in slips if slip is not None), _ZERO)
        gap = sum((slip for slip in gaps if slip is not None), _ZERO)
        whole = bool(fills) and None not in slips and None not in gaps
        rest = closed.net_pnl_usd + closed.fees_usd - closed.funding_usd - slippage - gap
    return RoundTrip(
        position_id=closed.position_id,
        signal_id=closed.signal_id,
        symbol=closed.symbol,
        strategy=closed.strategy,
        direction=closed.direction,
        decided_ts=_decided_ts(fills),
        opened_ts=closed.opened_ts,
        closed_ts=closed.ts,
        size=closed.size,
        entry_price=closed.entry_price,
        exit_price=closed.exit_price,
        stop_price=stop_price,
        exit_reason=closed.exit_reason,
        gross_usd=closed.gross_pnl_usd,
        signal_usd=rest if whole else _ZERO,
        slippage_usd=slippage,
        stop_gap_usd=gap,
        unsplit_usd=_ZERO if whole else rest,
        fees_usd=closed.fees_usd,
        funding_usd=closed.funding_usd,
        net_usd=closed.net_pnl_usd,
        fills=fills,
    )


def _decided_ts(fills: tuple[MeasuredFill, ...]) -> float | None:
    entries = (fill.decided_ts for fill in fills if fill.role is FillRole.ENTRY)
    return next(entries, None)
