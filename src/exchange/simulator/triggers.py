"""Stops and take-profits: when they fire, and what they become."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.execution import Execution
from src.records.enums import Side
from src.records.exchange_effects import OrderTerms
from src.records.exchange_journal import ExchangeOrder


@dataclass(slots=True)
class _Watch:
    """The nearest trigger prices of one signal of one contract."""

    above: float = math.inf
    """The lowest price that one fires at when the signal rises to it."""
    below: float = -math.inf


_NONE: Mapping[str, _Watch] = {}


class Triggers:
    """Watches the reference prices for the open triggers of a contract."""

    def __init__(self, core: Core, execution: Execution) -> None:
        self._core = core
        self._execution = execution
        self._watches: dict[str, dict[str, _Watch]] = {}
        self._watched_changes = -1

    def check(self, contract: Contract) -> None:
        """Fire every trigger of a contract whose signal has reached its price; a fire may set off another."""
        fired = self._any_reached(contract)
        while fired and not contract.halted:
            fired = False
            for order in self._core.orders(contract.spec.symbol):
                if order.terms.stop_price is not None and _reached(order, contract):
                    self._fire(order, contract)
                    fired = True

    def _any_reached(self, contract: Contract) -> bool:
        if self._watched_changes != self._core.state.changes:
            self._watch_again()
        for name, watch in self._watches.get(contract.spec.symbol, _NONE).items():
            signal = contract.signal(name)
            if signal is not None and (signal >= watch.above or signal <= watch.below):
                return True
        return False

    def _watch_again(self) -> None:
        self._watches = {}
        for order in self._core.state.open.values():
            terms = order.terms
            if terms.stop_price is None:
                continue
            of_contract = self._watches.setdefault(terms.symbol, {})
            watch = of_contract.setdefault(terms.trigger_signal or "last", _Watch())
            if fires_above(terms):
                watch.above = min(watch.above, float(terms.stop_price))
            else:
                watch.below = max(watch.below, float(terms.stop_price))
        self._watched_changes = self._core.state.changes

    def _fire(self, order: ExchangeOrder, contract: Contract) -> None:
        core, terms = self._core, order.terms
        core.end(terms.order_id, "stop_order_triggered")
        size = order.open_size
        if terms.reduce_only:
            size = min(size, self._execution.reducible(terms.symbol, terms.side))
        limit = self._limit_ticks(order, contract)
        if size <= 0 or limit is None:
            return
        becomes = OrderTerms(
            order_id=core.next_id("order"),
            cli_ord_id=terms.cli_ord_id,
            symbol=terms.symbol,
            side=terms.side,
            order_type="lmt" if terms.limit_price is not None else "ioc",
            size=size,
            limit_price=contract.grid.price(limit),
            stop_price=None,
            trigger_signal=None,
            reduce_only=terms.reduce_only,
        )
        rests = terms.limit_price is not None
        placed = core.place(becomes, reason="limit_order_from_stop" if rests else "stop_order_triggered")
        self._trade(placed, contract, limit_ticks=limit, rests=rests)

    def _limit_ticks(self, order: ExchangeOrder, contract: Contract) -> int | None:
        limit = order.terms.limit_price
        if limit is not None:
            return contract.grid.whole_ticks(limit)
        return self._execution.protected_limit(contract, order.terms.side)

    def _trade(self, order: ExchangeOrder, contract: Contract, *, limit_ticks: int, rests: bool) -> None:
        core, terms = self._core, order.terms
        plan = self._execution.plan(contract, side=terms.side, limit_ticks=limit_ticks, size=terms.size)
        self._execution.take(order, plan.matches)
        left = core.state.open[terms.order_id]
        if left.open_size == 0:
            core.end(terms.order_id, "full_fill")
        elif plan.meets_itself:
            core.end(terms.order_id, "would_execute_self")
        elif rests:
            self._execution.rest(left)
        else:
            core.end(terms.order_id, "ioc_order_failed_because_it_would_not_be_executed")


def fires_above(terms: OrderTerms) -> bool:
    """Return whether a trigger fires when its signal rises to its price, rather than falls."""
    return (terms.side is Side.BUY) == (terms.order_type == "stp")


def _reached(order: ExchangeOrder, contract: Contract) -> bool:
    terms = order.terms
    signal = contract.signal(terms.trigger_signal or "last")
    if signal is None or terms.stop_price is None:
        return False
    stop = float(terms.stop_price)
    return signal >= stop if fires_above(terms) else signal <= stop
