"""Liquidation, as the venue's equity protection goes: orders first, then positions in steps, then all of them.

Below initial margin orders that would add to the risk are cancelled, below maintenance margin every order is. While
equity is still half of it or more, a quarter of the position that demands most is sold to the book at a time, until
equity is enough; below that, everything. What the book cannot take within the 1 % protection is tried again at the
next reference price, unless nothing is left of the equity: then others take the positions over at the mark, and what
is still owed is the venue's loss.
"""

from decimal import ROUND_UP, Decimal

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.execution import Execution
from src.exchange.simulator.headroom import Headroom
from src.exchange.simulator.margin import Exposure, Margins, adds, maintenance
from src.records.enums import Side
from src.records.exchange_effects import OrderTerms

LIQUIDATION_MARGIN = Decimal("0.5")
"""Share of the maintenance margin below which positions are closed whole."""
STEP = Decimal("0.25")
"""Share of a position that one step closes."""
MOST_STEPS = 64
FEE_SHARE = Decimal("0.2")
"""What a step costs beyond the taker fee: this share of the maintenance margin that it sets free."""


class Liquidation:
    """Closes an account that no longer carries its positions."""

    def __init__(self, core: Core, execution: Execution) -> None:
        self._core = core
        self._execution = execution
        self._headroom = Headroom(core)

    def check(self, contract: Contract) -> bool:
        """Liquidate if equity is below maintenance margin; return whether it was.

        It is told of every new mark of a contract with a position, and of every index that values collateral.
        """
        if not self._core.state.account.positions:
            return False
        if any(adds(order) for order in self._core.state.open.values()):
            self._withdraw_orders()
        if self._headroom.lasts(contract):
            return False
        margins = self._core.margins()
        if margins.equity >= margins.maintenance:
            self._headroom.measure(margins)
            return False
        if not self._core.is_priced:
            return False
        self._cancel_orders()
        self._reduce()
        if self._is_worse(LIQUIDATION_MARGIN):
            self._close_all()
            self._give_away()
        return True

    def close_out(self) -> None:
        """Cancel every order and close every position, as far as the books allow."""
        self._cancel_orders()
        self._close_all()

    def _withdraw_orders(self) -> None:
        """Cancel what would add to the risk of an account that is below its initial margin."""
        margins = self._core.margins()
        if margins.equity >= margins.initial or not self._core.is_priced:
            return
        for order in tuple(self._core.state.open.values()):
            if adds(order):
                self._core.end(order.terms.order_id, "not_enough_margin")

    def _cancel_orders(self) -> None:
        for order_id in tuple(self._core.state.open):
            self._core.end(order_id, "liquidation")

    def _is_worse(self, share: Decimal) -> bool:
        margins = self._core.margins()
        return bool(self._core.state.account.positions) and margins.equity < margins.maintenance * share

    def _reduce(self) -> None:
        """Sell in steps while that may still help; each step goes where most margin is demanded."""
        for _ in range(MOST_STEPS):
            if not self._is_worse(Decimal(1)) or self._is_worse(LIQUIDATION_MARGIN):
                return
            demanding = sorted(self._core.exposures(), key=_demand, reverse=True)
            if not any(self._sell_a_part(exposure) for exposure in demanding if exposure.size):
                return

    def _sell_a_part(self, exposure: Exposure) -> bool:
        contract = self._core.contracts[exposure.spec.symbol]
        step = contract.grid.size(1)
        size = abs(exposure.size)
        part = min(size, (size * STEP / step).to_integral_value(ROUND_UP) * step)
        notional = size * exposure.mark
        rate = _demand(exposure) / notional * FEE_SHARE if notional else Decimal(0)
        return self._sell(contract, part, fill_type="partialLiquidation", fee_rate=rate)

    def _close_all(self) -> None:
        for symbol in tuple(self._core.state.account.positions):
            size = abs(self._core.state.account.size_of(symbol))
            self._sell(self._core.contracts[symbol], size, fill_type="liquidation")

    def _sell(
        self, contract: Contract, size: Decimal, *, fill_type: str, fee_rate: Decimal = Decimal(0)
    ) -> bool:
        """Close so much of a position against the book; return whether anything was traded."""
        symbol = contract.spec.symbol
        side = self._closing_side(symbol)
        limit = self._execution.protected_limit(contract, side)
        step = contract.grid.size(1)
        size = size // step * step  # a position may be older than the contract's step
        if limit is None or contract.halted or not size:
            return False
        plan = self._execution.plan(contract, side=side, limit_ticks=limit, size=size)
        if not plan.matches:
            return False
        terms = self._terms(symbol, size=size, limit=contract.grid.price(limit))
        order = self._core.place(terms, reason="liquidation")
        self._execution.take(order, plan.matches, fill_type=fill_type, liquidation_fee_rate=fee_rate)
        self._core.end(terms.order_id, "liquidation")
        return True

    def _give_away(self) -> None:
        """Let others take over at the mark what could not be sold while something was left."""
        core = self._core
        if not self._is_bankrupt(core.margins()):
            return
        for symbol in tuple(core.state.account.positions):
            contract = core.contracts[symbol]
            mark = contract.valuation()
            if mark is None or contract.halted:
                continue
            size = abs(core.state.account.size_of(symbol))
            terms = self._terms(symbol, size=size, limit=mark)
            core.place(terms, reason="liquidation")
            core.execute(terms.order_id, price=mark, size=size, fill_type="assignor")
            core.end(terms.order_id, "liquidation")

    def _is_bankrupt(self, margins: Margins) -> bool:
        return bool(self._core.state.account.positions) and margins.equity <= 0

    def _closing_side(self, symbol: str) -> Side:
        return Side.SELL if self._core.state.account.size_of(symbol) > 0 else Side.BUY

    def _terms(self, symbol: str, *, size: Decimal, limit: Decimal) -> OrderTerms:
        return OrderTerms(
            order_id=self._core.next_id("order"),
            cli_ord_id=None,
            symbol=symbol,
            side=self._closing_side(symbol),
            order_type="ioc",
            size=size,
            limit_price=limit,
            stop_price=None,
            trigger_signal=None,
            reduce_only=True,
        )


def _demand(exposure: Exposure) -> Decimal:
    """Return the maintenance margin that a position demands, in USD."""
    return maintenance(exposure.spec, abs(exposure.size) * exposure.mark)
