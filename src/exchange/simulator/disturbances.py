"""What is wrong with the markets on demand: halts, and prices that have jumped with little behind them.

The market itself goes on as if nothing were; what it tells is changed on its way to the engine, and what our
participants take is told to it at its own prices.
"""

from collections.abc import Iterator, Mapping, Sequence

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    Condition,
    MarketEnded,
    MarketEvent,
    MarketTrade,
    Reference,
    WireSide,
)
from src.exchange.simulator.fault_plan import MarketFault
from src.exchange.simulator.feed import TickerDue
from src.exchange.simulator.grid import Grid

_BPS = 10_000
_NOTHING = MarketFault()
Levels = tuple[tuple[float, float], ...]


class Disturbances:
    """Stands between a market and its engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._contracts = engine.core.contracts
        self._faults: Mapping[str, MarketFault] = {}
        self._jumps = dict.fromkeys(self._contracts, 0)
        """In ticks."""
        self._taken = engine.core.taken
        engine.core.taken = self._tell_taken

    @property
    def active(self) -> bool:
        """Return whether any market is disturbed."""
        return bool(self._faults)

    def change(
        self, faults: Mapping[str, MarketFault], undisturbed: Sequence[MarketEvent]
    ) -> list[MarketEvent]:
        """Follow other faults; return the state of the markets that changed, made of their undisturbed state."""
        before, self._faults = self._faults, {s: fault for s, fault in faults.items() if fault != _NOTHING}
        changed = {s for s in self._contracts if self._of(s) != before.get(s, _NOTHING)}
        for symbol in changed:
            contract, fault = self._contracts[symbol], self._of(symbol)
            said = _condition(symbol, undisturbed)
            contract.suspended = fault.suspended or self._engine.ended or said.suspended
            contract.post_only = fault.post_only or said.post_only
            if fault.gap_bps != before.get(symbol, _NOTHING).gap_bps:
                self._jumps[symbol] = _jump(contract, fault, undisturbed)
            self._engine.core.feed.append(TickerDue(symbol, self._engine.core.now))
        state = [e for e in undisturbed if isinstance(e, BookSnapshot | Reference) and e.symbol in changed]
        strays = (self._stray(s, undisturbed) for s in sorted(changed) if self._is_new_stray(s, before))
        return [*map(self._disturbed, state), *(stray for stray in strays if stray is not None)]

    def seen(self, events: Sequence[MarketEvent]) -> list[MarketEvent]:
        """Return what the engine gets to see of the market's events."""
        return list(self._seen(events))

    def _seen(self, events: Sequence[MarketEvent]) -> Iterator[MarketEvent]:
        for event in events:
            if isinstance(event, MarketEnded) or event.symbol not in self._faults:
                yield event
            elif isinstance(event, Condition):
                yield self._halted(event)
            elif self._is_seen(event):
                yield self._disturbed(event)

    def _is_seen(self, event: BookSnapshot | BookDelta | MarketTrade | Reference) -> bool:
        halted = self._contracts[event.symbol].halted
        return not (self._of(event.symbol).frozen or (halted and isinstance(event, MarketTrade)))

    def _is_new_stray(self, symbol: str, before: Mapping[str, MarketFault]) -> bool:
        asked = self._of(symbol).stray_print_bps
        known = before.get(symbol, _NOTHING).stray_print_bps
        return asked not in {0.0, known} and not self._contracts[symbol].halted

    def _stray(self, symbol: str, undisturbed: Sequence[MarketEvent]) -> MarketTrade | None:
        contract, bps = self._contracts[symbol], self._of(symbol).stray_print_bps
        middle = _middle(symbol, undisturbed)
        if middle is None:
            return None
        ticks = contract.grid.ticks(middle * (1 + bps / _BPS)) + self._jumps[symbol]
        side: WireSide = "buy" if bps > 0 else "sell"
        price, size = contract.grid.price_float(ticks), contract.grid.size_float(1)
        return MarketTrade(self._engine.core.now, symbol, side, price, size, "fill")

    def _disturbed(
        self, event: BookSnapshot | BookDelta | MarketTrade | Reference
    ) -> BookSnapshot | BookDelta | MarketTrade | Reference:
        symbol, ts = event.symbol, event.ts
        match event:
            case BookSnapshot():
                return BookSnapshot(
                    ts, symbol, self._levels(symbol, event.bids), self._levels(symbol, event.asks)
                )
            case BookDelta():
                ((price, size),) = self._levels(symbol, ((event.price, event.size),))
                return BookDelta(ts, symbol, event.side, price, size)
            case MarketTrade():
                price = self._moved(symbol, event.price)
                return MarketTrade(ts, symbol, event.side, price, event.size, event.kind)
            case Reference():
                jump = float(self._contracts[symbol].grid.price(self._jumps[symbol]))
                return Reference(
                    ts,
                    symbol,
                    event.mark + jump,
                    event.index + jump,
                    event.funding_rate,
                    event.funding_rate_prediction,
                    event.open_interest,
                )

    def _halted(self, said: Condition) -> Condition:
        fault = self._of(said.symbol)
        suspended, post_only = said.suspended or fault.suspended, said.post_only or fault.post_only
        return Condition(said.ts, said.symbol, suspended=suspended, post_only=post_only)

    def _levels(self, symbol: str, levels: Levels) -> Levels:
        grid, thin = self._contracts[symbol].grid, self._of(symbol).thin
        return tuple(
            (self._moved(symbol, price), size if thin == 1.0 else _thinned(size, thin, grid))
            for price, size in levels
        )

    def _moved(self, symbol: str, price: float) -> float:
        grid = self._contracts[symbol].grid
        return grid.price_float(grid.ticks(price) + self._jumps[symbol])

    def _tell_taken(self, symbol: str, side: WireSide, *, price: float, size: float) -> None:
        if self._jumps[symbol]:
            grid = self._contracts[symbol].grid
            price = grid.price_float(grid.ticks(price) - self._jumps[symbol])
        self._taken(symbol, side, price=price, size=size)

    def _of(self, symbol: str) -> MarketFault:
        return self._faults.get(symbol, _NOTHING)


def _jump(contract: Contract, fault: MarketFault, undisturbed: Sequence[MarketEvent]) -> int:
    """Return how many ticks all prices jump: the asked part of the undisturbed middle."""
    middle = _middle(contract.spec.symbol, undisturbed)
    return 0 if middle is None else contract.grid.ticks(middle * fault.gap_bps / _BPS)


def _condition(symbol: str, events: Sequence[MarketEvent]) -> Condition:
    """Return what a market says of its own standing; one that says nothing trades."""
    for event in events:
        if isinstance(event, Condition) and event.symbol == symbol:
            return event
    return Condition(0.0, symbol, suspended=False, post_only=False)


def _middle(symbol: str, events: Sequence[MarketEvent]) -> float | None:
    """Return the middle of a displayed book, or its only side's best; None where nothing is displayed."""
    for event in events:
        if isinstance(event, BookSnapshot) and event.symbol == symbol:
            best = [side[0][0] for side in (event.bids, event.asks) if side]
            return sum(best) / len(best) if best else None
    return None


def _thinned(size: float, thin: float, grid: Grid) -> float:
    """Return the part of a size that is left: at least a step of what is not nothing."""
    steps = grid.steps(size)
    return grid.size_float(max(1, int(steps * thin)) if steps > 0 else 0)
