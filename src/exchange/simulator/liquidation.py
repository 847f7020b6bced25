"""Liquidation: when equity falls below maintenance margin, orders go first and positions are sold to the book."""

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.execution import Execution
from src.exchange.simulator.headroom import Headroom
from src.records.enums import Side
from src.records.exchange_journal import OrderTerms


class Liquidation:
    """Closes an account that no longer carries its positions, as far as the displayed book allows.

    What the book cannot take within the 1 % protection is tried again at the next reference price.
    """

    def __init__(self, core: Core, execution: Execution) -> None:
        self._core = core
        self._execution = execution
        self._headroom = Headroom(core)

    def check(self, contract: Contract) -> bool:
        """Liquidate if equity is below maintenance margin; return whether it was.

        It is told of every new mark of a contract with a position.
        """
        if not self._core.state.account.positions or self._headroom.lasts(contract):
            return False
        margins = self._core.margins()
        if margins.equity >= margins.maintenance:
            self._headroom.measure(margins)
            return False
        self.close_out()
        return True

    def close_out(self) -> None:
        """Cancel every order and close every position, as far as the books allow."""
        for order_id in tuple(self._core.state.open):
            self._core.end(order_id, "liquidation")
        for symbol in tuple(self._core.state.account.positions):
            self._close(symbol)

    def _close(self, symbol: str) -> None:
        core = self._core
        contract = core.contracts[symbol]
        size = core.state.account.size_of(symbol)
        side = Side.SELL if size > 0 else Side.BUY
        limit = self._execution.protected_limit(contract, side)
        if limit is None or contract.halted:
            return
        plan = self._execution.plan(contract, side=side, limit_ticks=limit, size=abs(size))
        if not plan.matches:
            return
        terms = OrderTerms(
            order_id=core.next_id("order"),
            cli_ord_id=None,
            symbol=symbol,
            side=side,
            order_type="ioc",
            size=abs(size),
            limit_price=contract.grid.price(limit),
            stop_price=None,
            trigger_signal=None,
            reduce_only=True,
        )
        order = core.place(terms, reason="liquidation")
        self._execution.take(order, plan.matches, fill_type="liquidation")
        core.end(terms.order_id, "liquidation")
