"""How orders trade: taking displayed size, resting, being met, being cut to the position they may reduce."""

from decimal import Decimal
from typing import Literal

from src.exchange.simulator.account import ZERO
from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.feed import Print
from src.exchange.simulator.matching import Match, TakerPlan, plan_crossed, plan_print, plan_taker
from src.exchange.simulator.resting import Resting
from src.records.enums import Side
from src.records.exchange_effects import Executed, Resized
from src.records.exchange_journal import ExchangeOrder

PROTECTION = Decimal("0.01")
"""How far from the best opposite price a market order may trade."""


class Execution:
    """Moves contracts between the displayed market and our participants."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def plan(self, contract: Contract, *, side: Side, limit_ticks: int, size: Decimal) -> TakerPlan:
        """Return what an order would trade right now."""
        steps = contract.grid.whole_steps(size)
        if steps is None:
            raise ValueError(f"{size} is no whole number of steps")
        half = contract.book.against(side)
        return plan_taker(half, contract.queue, side=side, limit_ticks=limit_ticks, steps=steps)

    def take(
        self,
        order: ExchangeOrder,
        matches: tuple[Match, ...],
        *,
        fill_type: str = "taker",
        liquidation_fee_rate: Decimal = ZERO,
    ) -> list[Executed]:
        """Trade an order against the displayed book, level by level.

        A liquidation may cost more than the usual fee: this part of the value traded.
        """
        terms = order.terms
        contract = self._core.contracts[terms.symbol]
        executed = []
        for match in matches:
            contract.book.against(terms.side).take(match.ticks, match.steps)
            price, size = contract.grid.price(match.ticks), contract.grid.size(match.steps)
            executed.append(
                self._core.execute(
                    terms.order_id,
                    price=price,
                    size=size,
                    fill_type=fill_type,
                    liquidation_fee=price * size * liquidation_fee_rate,
                )
            )
            self._announce(contract, terms.side, match, fill_type=fill_type)
        if executed:
            self.cut_reducers(terms.symbol)
        return executed

    def rest(self, order: ExchangeOrder) -> None:
        """Put what is open of a limit order at the end of its level."""
        terms = order.terms
        contract = self._core.contracts[terms.symbol]
        ticks, steps = _whole(contract, order)
        ahead = contract.book.half(terms.side).available(ticks)
        contract.queue.add(Resting(terms.order_id, terms.side, ticks, steps, ahead))
        self._core.publish_level(terms.symbol, terms.side, ticks)

    def rest_again(self) -> None:
        """Put every open limit order back after a restart, behind whatever the market will show.

        What does not fit the contract any more, because its tick or step has changed, is cancelled.
        """
        for order in tuple(self._core.state.open.values()):
            if order.terms.stop_price is None:
                contract = self._core.contracts[order.terms.symbol]
                if _misfits(contract, order):
                    self._core.end(order.terms.order_id, "cancelled_by_admin")
                    continue
                ticks, steps = _whole(contract, order)
                contract.queue.add(Resting(order.terms.order_id, order.terms.side, ticks, steps, None))

    def met_by_print(self, contract: Contract, *, taker: Side, ticks: int, steps: int) -> None:
        """Fill our resting orders from a trade between others."""
        if contract.halted:
            return
        for resting, filled in plan_print(contract.queue, taker=taker, ticks=ticks, steps=steps):
            self._fill_resting(contract, resting, filled)

    def met_by_book(self, contract: Contract) -> None:
        """Fill our resting orders that the displayed book has come to cross."""
        if contract.halted:
            return
        for side in Side:
            while self._meet(contract, side):
                pass

    def cut_reducers(self, symbol: str) -> None:
        """Cut resting reduce-only orders to the position, and cancel those that could not reduce it."""
        core, queue = self._core, self._core.contracts[symbol].queue
        for order in core.orders(symbol):
            if not order.terms.reduce_only or queue.get(order.terms.order_id) is None:
                continue
            room = self.reducible(symbol, order.terms.side)
            if room == 0:
                core.end(order.terms.order_id, "would_not_reduce_position")
            elif room < order.open_size:
                self._cut(order, room)

    def reducible(self, symbol: str, side: Side) -> Decimal:
        """Return how much an order of this side may trade without opening anything, in contracts."""
        size = self._core.state.account.size_of(symbol)
        return max(Decimal(0), -side.sign * size)

    def protected_limit(self, contract: Contract, side: Side) -> int | None:
        """Return the worst ticks of a market order, 1 % from the best opposite price; None without one."""
        best = next(contract.book.against(side).walk(), None)
        if best is None:
            return None
        price = contract.grid.price(best[0])
        return contract.grid.floor_ticks(price * (1 + side.sign * PROTECTION))

    def _meet(self, contract: Contract, side: Side) -> bool:
        """Fill what is crossed; return whether an order was cut meanwhile, so that others stand for its share."""
        half, cut = contract.book.against(side), False
        for resting, match in plan_crossed(contract.queue, side=side, against=half):
            take = min(match.steps, half.available(match.ticks))
            filled = self._fill_resting(contract, resting, take) if take > 0 else 0
            cut |= filled < take
            if filled:
                half.take(match.ticks, filled)
                self._core.publish_level(contract.spec.symbol, half.side, match.ticks)
        return cut

    def _fill_resting(self, contract: Contract, resting: Resting, steps: int) -> int:
        """Fill a resting order as far as it still stands; return how many steps that was."""
        if contract.queue.get(resting.order_id) is None:
            return 0
        steps = min(steps, resting.steps)
        core = self._core
        core.execute(
            resting.order_id,
            price=contract.grid.price(resting.ticks),
            size=contract.grid.size(steps),
            fill_type="maker",
        )
        resting.steps -= steps
        if resting.steps == 0:
            core.end(resting.order_id, "full_fill")
        else:
            core.publish_level(contract.spec.symbol, resting.side, resting.ticks)
        self.cut_reducers(contract.spec.symbol)
        return steps

    def _cut(self, order: ExchangeOrder, room: Decimal) -> None:
        terms = order.terms
        contract = self._core.contracts[terms.symbol]
        self._core.resize(
            Resized(
                order_id=terms.order_id,
                open_size=room,
                limit_price=terms.limit_price,
                stop_price=None,
                reason="would_not_reduce_position",
            )
        )
        resting = contract.queue.get(terms.order_id)
        if resting is not None:
            resting.steps = contract.grid.steps(float(room))
            self._core.publish_level(terms.symbol, terms.side, resting.ticks)

    def _announce(self, contract: Contract, side: Side, match: Match, *, fill_type: str) -> None:
        core = self._core
        price, size = contract.grid.price_float(match.ticks), contract.grid.size_float(match.steps)
        core.taken(contract.spec.symbol, side.value, price=price, size=size)
        if not contract.footprint:
            return
        resting_side = Side.SELL if side is Side.BUY else Side.BUY
        core.publish_level(contract.spec.symbol, resting_side, match.ticks)
        contract.trade_seq += 1
        kind: Literal["fill", "liquidation"] = "fill" if fill_type == "taker" else "liquidation"
        printed = Print(contract.spec.symbol, side.value, price, size, kind, contract.trade_seq, core.now)
        contract.prints.append(printed)
        contract.last = price
        contract.day.add(core.now, price, size)
        core.feed.append(printed)


def _misfits(contract: Contract, order: ExchangeOrder) -> bool:
    limit = order.terms.limit_price
    grid = contract.grid
    return grid.whole_steps(order.open_size) is None or (
        limit is not None and grid.whole_ticks(limit) is None
    )


def _whole(contract: Contract, order: ExchangeOrder) -> tuple[int, int]:
    limit = order.terms.limit_price
    ticks = None if limit is None else contract.grid.whole_ticks(limit)
    steps = contract.grid.whole_steps(order.open_size)
    if ticks is None or steps is None:
        raise ValueError(f"order {order.terms.order_id} does not lie on the contract's grid")
    return ticks, steps
