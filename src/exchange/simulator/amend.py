"""Changing what rests: edits and cancels."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.desk import Desk, check_style, resized_terms
from src.exchange.simulator.errors import Refused
from src.exchange.simulator.execution import Execution
from src.exchange.simulator.matching import TakerPlan
from src.exchange.simulator.order_form import deadline, decimal, price
from src.exchange.simulator.triggers import Triggers
from src.records.exchange_effects import Executed, Resized
from src.records.exchange_journal import ExchangeOrder


@dataclass(frozen=True, slots=True)
class EditResult:
    """An edited order, and what it traded because its new price crosses the book."""

    before: ExchangeOrder
    after: ExchangeOrder
    executions: tuple[Executed, ...]


class Amendments:
    """Edits and cancels by the exchange's or the participant's own id."""

    def __init__(self, core: Core, desk: Desk, execution: Execution, triggers: Triggers) -> None:
        self._core = core
        self._desk = desk
        self._execution = execution
        self._triggers = triggers

    def cancel(self, params: Mapping[str, str]) -> ExchangeOrder:
        """Cancel one order; Refused with ``notFound`` or, if it was executed, ``filled``."""
        self._in_time(params)
        order = self._find(params, "order_id")
        if order is not None:
            return self._core.end(order.terms.order_id, "cancelled_by_user")
        raise Refused("filled" if self._was_filled(params, "order_id") else "notFound")

    def cancel_all(self, symbol: str | None, *, reason: str = "cancelled_by_user") -> list[ExchangeOrder]:
        """Cancel every order, triggers too, of one contract or of all."""
        doomed = [o for o in self._core.state.open.values() if symbol in {None, o.terms.symbol}]
        return [self._core.end(o.terms.order_id, reason) for o in doomed]

    def edit(self, params: Mapping[str, str]) -> EditResult:
        """Change size or prices of one order; it keeps its place only where it shrinks at its price."""
        self._in_time(params)
        order = self._find(params, "orderId")
        if order is None:
            raise Refused("filled" if self._was_filled(params, "orderId") else "orderForEditNotFound")
        contract = self._core.contracts[order.terms.symbol]
        change = self._change(order, params, contract)
        if order.terms.stop_price is not None:
            after = self._core.resize(change)
            self._triggers.check(contract)
            return EditResult(before=order, after=after, executions=())
        return self._edit_resting(order, change, contract)

    def _edit_resting(self, order: ExchangeOrder, change: Resized, contract: Contract) -> EditResult:
        same_price = change.limit_price == order.terms.limit_price
        resting = contract.queue.get(order.terms.order_id)
        if same_price and resting is not None and change.open_size <= order.open_size:
            after = self._core.resize(change)
            resting.steps = contract.grid.whole_steps(change.open_size) or 0
            self._core.publish_level(order.terms.symbol, resting.side, resting.ticks)
            return EditResult(before=order, after=after, executions=())
        return self._move(order, change, contract)

    def _move(self, order: ExchangeOrder, change: Resized, contract: Contract) -> EditResult:
        core, terms = self._core, resized_terms(order, change.open_size, change.limit_price)
        limit = contract.grid.whole_ticks(change.limit_price or Decimal(0)) or 0
        plan = self._execution.plan(contract, side=terms.side, limit_ticks=limit, size=terms.size)
        check_style(terms, plan, wanted=0)
        _check_halt(plan, contract)
        if change.open_size > order.open_size:
            self._desk.check_funds(terms, plan, contract)
        resting = contract.queue.get(terms.order_id)
        if resting is not None:
            contract.queue.drop(terms.order_id)
            core.publish_level(terms.symbol, resting.side, resting.ticks)
        after = core.resize(change)
        executed = self._execution.take(after, plan.matches)
        left = core.state.open[terms.order_id]
        if left.open_size == 0:
            left = core.end(terms.order_id, "full_fill")
        else:
            self._execution.rest(left)
            self._execution.cut_reducers(terms.symbol)
        return EditResult(before=order, after=left, executions=tuple(executed))

    def _change(self, order: ExchangeOrder, params: Mapping[str, str], contract: Contract) -> Resized:
        size = decimal(params["size"], "size") if params.get("size") else order.open_size
        if params.get("size") and params.get("qtyMode", "RELATIVE") == "ABSOLUTE":
            size -= order.filled
        if size <= 0 or contract.grid.whole_steps(size) is None:
            raise Refused("invalidSize")
        limit = price(params, "limitPrice") or order.terms.limit_price
        stop = price(params, "stopPrice") or order.terms.stop_price
        if order.terms.stop_price is None and params.get("stopPrice"):
            raise Refused("orderForEditNotAStop")
        for wish in (limit, stop):
            if wish is not None and contract.grid.whole_ticks(wish) is None:
                raise Refused("invalidPrice")
        return Resized(
            order_id=order.terms.order_id,
            open_size=size,
            limit_price=limit,
            stop_price=stop,
            reason="edited_by_user",
        )

    def _find(self, params: Mapping[str, str], id_name: str) -> ExchangeOrder | None:
        order = self._core.state.open.get(params.get(id_name, ""))
        if order is not None:
            return order
        mine = params.get("cliOrdId", "")
        return self._core.state.by_client_id(mine) if mine else None

    def _was_filled(self, params: Mapping[str, str], id_name: str) -> bool:
        wanted = {params.get(id_name), params.get("cliOrdId")} - {None, ""}
        return any(
            gone.reason == "full_fill" and {gone.terms.order_id, gone.terms.cli_ord_id} & wanted
            for gone in self._core.state.remembered(self._core.now)
        )

    def _in_time(self, params: Mapping[str, str]) -> None:
        before = deadline(params)
        if before is not None and self._core.now + self._core.rules.clock_skew_s > before:
            raise Refused("wouldProcessAfterSpecifiedTime")


def _check_halt(plan: TakerPlan, contract: Contract) -> None:
    if plan.matches and contract.halted:
        raise Refused("marketSuspended" if contract.suspended else "marketIsPostOnly")
