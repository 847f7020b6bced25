"""The money once more, by other arithmetic than the ledger's: what came in less what went out.

The gain of a position that is closed is what its sales brought less what its purchases cost, whatever came in
which order; average costs are needed for what is still open alone.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from src.records.enums import Direction, Strategy
from src.records.ledger import CashBooked, FillBooked, FillSettled, FundingBooked, LedgerOpened

USD = "USD"
_ZERO = Decimal(0)
_KEPT_ENDED = 2_000
"""Closed positions whose late fees and funding are still told apart."""


@dataclass(slots=True)
class Held:
    """A position from its first fill on."""

    position_id: str
    signal_id: str | None
    symbol: str
    strategy: Strategy | None
    direction: Direction
    opened_ts: float
    quantity: Decimal = _ZERO
    """Signed contracts."""
    cost: Decimal = _ZERO
    """Signed: what the contracts that are still open were bought or sold for."""
    opened: Decimal = _ZERO
    """Contracts."""
    opened_usd: Decimal = _ZERO
    closed: Decimal = _ZERO
    closed_usd: Decimal = _ZERO
    fees: Decimal = _ZERO
    funding: Decimal = _ZERO
    ended_ts: float | None = None
    reason: str = ""
    """Of the newest fill that made it smaller."""

    @property
    def gross(self) -> Decimal:
        """Return what a closed position brought before fees: sales less purchases."""
        return self.direction.sign * (self.closed_usd - self.opened_usd)

    @property
    def net(self) -> Decimal:
        """Return the same less fees, plus funding."""
        return self.gross - self.fees + self.funding


@dataclass(slots=True)
class Estimate:
    """A fill whose fee was not told yet, and the positions it is a part of."""

    fee: Decimal
    shares: list[tuple[Held, Decimal]]


@dataclass(slots=True)
class Money:
    """Cash and positions as the entries make them."""

    on_end: Callable[[Held], None]
    """Told each position that has come back to zero."""
    opening: Decimal = _ZERO
    opening_usd: Decimal = _ZERO
    """Of it what was in USD."""
    flow: Decimal = _ZERO
    """What sales brought less what purchases cost, of everything."""
    fees: Decimal = _ZERO
    funding: Decimal = _ZERO
    other: Decimal = _ZERO
    """Roundings of the venue, and rows of the account log in USD that are neither fills nor funding."""
    positions: dict[str, Held] = field(default_factory=dict)
    ended: OrderedDict[str, Held] = field(default_factory=OrderedDict)
    _estimates: dict[str, Estimate] = field(default_factory=dict)

    @property
    def realised(self) -> Decimal:
        """Return the gains of all closed quantity before fees: the flow, but for what is still invested."""
        return self.flow + sum((held.cost for held in self.positions.values()), _ZERO)

    @property
    def cash(self) -> Decimal:
        """Return what the account holds in USD."""
        return self.opening_usd + self.realised - self.fees + self.funding + self.other

    def open(self, entry: LedgerOpened) -> None:
        """Take what the account began with."""
        self.opening = entry.balance_usd
        self.opening_usd = entry.balance_usd - entry.holdings_usd

    def fill(self, fill: FillBooked) -> None:
        """Take an execution, split where it turns a position round."""
        self.flow -= fill.side.sign * fill.size * fill.price
        self.fees += fill.fee_usd
        self.other += fill.rounding_usd
        held = self.positions.get(fill.symbol)
        shares: list[tuple[Held, Decimal]] = []
        left = fill.size
        if held is not None and held.direction.sign != fill.side.sign:
            part = min(left, abs(held.quantity))
            shares.append((held, fill.fee_usd * part / fill.size))
            _reduce(held, fill, part)
            left -= part
            if not held.quantity:
                self._end(held, fill)
        if left:
            held = self.positions.get(fill.symbol) or self._begin(fill, flipped=bool(shares))
            shares.append((held, fill.fee_usd * left / fill.size))
            _enlarge(held, fill, left)
        for each, fee in shares:
            each.fees += fee
        if fill.fee_estimated:
            self._estimates[fill.fill_id] = Estimate(fill.fee_usd, shares)
        for each in (each for each, _ in shares if each.ended_ts is not None):
            self.on_end(each)

    def settle(self, entry: FillSettled) -> bool:
        """Take a fee in place of its estimate; return False where there was none."""
        known = self._estimates.pop(entry.fill_id, None)
        if known is None:
            return False
        more = entry.fee_usd - known.fee
        self.fees += more
        self.other += entry.rounding_usd
        for held, share in known.shares:
            held.fees += more * share / known.fee if known.fee else more / len(known.shares)
        return True

    def fund(self, entry: FundingBooked) -> None:
        """Take funding, and give it to the position that was open at its time."""
        self.funding += entry.amount_usd
        held = self.positions.get(entry.symbol)
        if held is None or held.opened_ts >= entry.ts:
            held = self._ended_at(entry.symbol, entry.ts)
        if held is not None:
            held.funding += entry.amount_usd

    def move(self, entry: CashBooked) -> None:
        """Take a movement of collateral."""
        if entry.asset == USD:
            self.other += entry.amount

    def _begin(self, fill: FillBooked, *, flipped: bool) -> Held:
        ours = fill.position_id is not None and not flipped
        held = Held(
            position_id=fill.position_id if ours and fill.position_id else f"external-{fill.fill_id}",
            signal_id=fill.signal_id if ours else None,
            symbol=fill.symbol,
            strategy=fill.strategy if ours else None,
            direction=Direction.LONG if fill.side.sign > 0 else Direction.SHORT,
            opened_ts=fill.ts,
        )
        self.positions[fill.symbol] = held
        return held

    def _end(self, held: Held, fill: FillBooked) -> None:
        del self.positions[fill.symbol]
        held.ended_ts = fill.ts
        self.ended[held.position_id] = held
        if len(self.ended) > _KEPT_ENDED:
            self.ended.popitem(last=False)

    def _ended_at(self, symbol: str, ts: float) -> Held | None:
        for held in reversed(self.ended.values()):
            if held.symbol == symbol and held.ended_ts is not None and held.opened_ts < ts <= held.ended_ts:
                return held
        return None


def _reduce(held: Held, fill: FillBooked, size: Decimal) -> None:
    left = abs(held.quantity) - size
    held.cost = held.cost * left / abs(held.quantity)
    held.quantity += fill.side.sign * size
    held.closed += size
    held.closed_usd += size * fill.price
    held.reason = fill.reason


def _enlarge(held: Held, fill: FillBooked, size: Decimal) -> None:
    held.quantity += fill.side.sign * size
    held.cost += fill.side.sign * size * fill.price
    held.opened += size
    held.opened_usd += size * fill.price
