"""The order desk: sendorder, editorder and the cancels, each a request that is granted or refused by a word."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from src.exchange.simulator.account import ZERO
from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.errors import BadCall, Refused
from src.exchange.simulator.execution import Execution
from src.exchange.simulator.margin import initial_rate, maintenance
from src.exchange.simulator.matching import TakerPlan
from src.exchange.simulator.order_form import TRIGGER_TYPES, OrderForm, read_order
from src.exchange.simulator.triggers import Triggers
from src.records.exchange_effects import Executed, OrderTerms, Rejected
from src.records.exchange_journal import ExchangeOrder

COLLAR = Decimal("0.1")
"""How far through the mark price a limit may lie."""
MAX_OPEN_ORDERS = 1000
ACCEPTED_POST_ONLY = TRIGGER_TYPES | {"post"}
"""Order types that a post-only market takes; a trigger waits until it may execute."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of a new order."""

    accepted: OrderTerms
    executions: tuple[Executed, ...]
    rests: ExchangeOrder | None
    """What stays open: the order, or the trigger."""
    reduced_by: Decimal | None
    """Size cut off a reduce-only order, in contracts."""


class Desk:
    """Takes new orders."""

    def __init__(self, core: Core, execution: Execution, triggers: Triggers) -> None:
        self._core = core
        self._execution = execution
        self._triggers = triggers

    def send(self, params: Mapping[str, str]) -> SendResult:
        """Place an order; Refused with the venue's word, BadCall for what cannot be understood."""
        form = read_order(params)
        contract = self._core.contracts.get(form.symbol)
        if contract is None:
            raise BadCall("invalidArgument: symbol")
        self._admit(form, contract)
        if form.stop_price is not None:
            return self._place_trigger(form, contract)
        return self._place_order(form, contract)

    def rejected(self, params: Mapping[str, str], order_id: str, error: str) -> Rejected:
        """Return what the books keep of an order that the book refused; ``params`` are well-formed."""
        form = read_order(params)
        terms = self._terms(form, size=form.size, limit=form.limit_price)
        return Rejected(order=msgspec.structs.replace(terms, order_id=order_id), error=error)

    def _admit(self, form: OrderForm, contract: Contract) -> None:
        core = self._core
        if form.process_before is not None and core.now + core.rules.clock_skew_s > form.process_before:
            raise Refused("wouldProcessAfterSpecifiedTime")
        if form.cli_ord_id is not None and self._is_taken(form.cli_ord_id):
            raise Refused("clientOrderIdAlreadyExist")
        if contract.suspended:
            raise Refused("marketSuspended")
        if contract.post_only and form.order_type not in ACCEPTED_POST_ONLY:
            raise Refused("marketIsPostOnly")
        if contract.grid.whole_steps(form.size) is None:
            raise Refused("invalidSize")
        for price in (form.limit_price, form.stop_price):
            if price is not None and contract.grid.whole_ticks(price) is None:
                raise Refused("invalidPrice")
        if len(core.state.open) >= MAX_OPEN_ORDERS:
            raise Refused("tooManyOrders")

    def _is_taken(self, cli_ord_id: str) -> bool:
        state = self._core.state
        if state.by_client_id(cli_ord_id) is not None:
            return True
        if not self._core.rules.client_ids_stay_taken:
            return False
        ended = any(order.terms.cli_ord_id == cli_ord_id for order in state.ended.values())
        return ended or any(fill.cli_ord_id == cli_ord_id for fill in state.fills)

    def _place_trigger(self, form: OrderForm, contract: Contract) -> SendResult:
        terms = self._terms(form, size=form.size, limit=form.limit_price)
        order = self._core.place(terms, reason="new_placed_order_by_user")
        self._triggers.check(contract)
        return SendResult(accepted=terms, executions=(), rests=order, reduced_by=None)

    def _place_order(self, form: OrderForm, contract: Contract) -> SendResult:
        size = self._clipped(form)
        limit = self._limit_ticks(form, contract)
        terms = self._terms(form, size=size, limit=contract.grid.price(limit))
        plan = self._execution.plan(contract, side=form.side, limit_ticks=limit, size=size)
        check_style(terms, plan, wanted=contract.grid.whole_steps(size) or 0)
        self.check_funds(terms, plan, contract)
        order = self._core.place(terms, reason="new_placed_order_by_user")
        executed = self._execution.take(order, plan.matches)
        rests = self._settle(terms)
        self._triggers.check(contract)
        return SendResult(
            accepted=terms,
            executions=tuple(executed),
            rests=rests,
            reduced_by=form.size - size if size < form.size else None,
        )

    def _settle(self, terms: OrderTerms) -> ExchangeOrder | None:
        order = self._core.state.open[terms.order_id]
        if order.open_size == 0:
            self._core.end(terms.order_id, "full_fill")
            return None
        if terms.order_type in {"lmt", "post"}:
            self._execution.rest(order)
            self._execution.cut_reducers(terms.symbol)
            return self._core.state.open.get(terms.order_id)
        self._core.end(terms.order_id, "ioc_order_failed_because_it_would_not_be_executed")
        return None

    def _clipped(self, form: OrderForm) -> Decimal:
        if not form.reduce_only:
            return form.size
        room = self._execution.reducible(form.symbol, form.side)
        if room == 0:
            raise Refused("wouldNotReducePosition")
        return min(form.size, room)

    def _limit_ticks(self, form: OrderForm, contract: Contract) -> int:
        if form.limit_price is None:
            protected = self._execution.protected_limit(contract, form.side)
            if protected is None:
                raise Refused("iocWouldNotExecute")
            return protected
        mark = contract.valuation()
        if mark is not None and form.side.sign * (form.limit_price - mark) > COLLAR * mark:
            raise Refused("outsidePriceCollar")
        ticks = contract.grid.whole_ticks(form.limit_price)
        if ticks is None:
            raise Refused("invalidPrice")
        return ticks

    def _terms(self, form: OrderForm, *, size: Decimal, limit: Decimal | None) -> OrderTerms:
        return OrderTerms(
            order_id=self._core.next_id("order"),
            cli_ord_id=form.cli_ord_id,
            symbol=form.symbol,
            side=form.side,
            order_type=form.order_type,
            size=size,
            limit_price=limit,
            stop_price=form.stop_price,
            trigger_signal=form.trigger_signal,
            reduce_only=form.reduce_only,
        )

    def check_funds(self, terms: OrderTerms, plan: TakerPlan, contract: Contract) -> None:
        """Refuse what the collateral does not carry, or what exceeds the largest position."""
        core = self._core
        if terms.reduce_only:
            return
        size = core.state.account.size_of(terms.symbol)
        after = abs(size + terms.side.sign * terms.size)
        if after > contract.spec.max_position:
            raise Refused("maxPositionViolation")
        if after > abs(size) and self._is_too_high(contract, after):
            raise Refused("fixedLeverageTooHigh")
        before = core.margins()
        then = core.margins((as_open(terms, core.now),))
        left = before.equity - _cost(terms, plan, contract, fee=core.fee_rate("taker"))
        if before.with_orders < then.with_orders > left:
            raise Refused("insufficientAvailableFunds")
        if plan.matches and left < before.maintenance + self._maintenance_change(terms, plan, contract):
            raise Refused("wouldCauseLiquidation")

    def _is_too_high(self, contract: Contract, size: Decimal) -> bool:
        """Return whether the preferred leverage of a contract is more than its tier allows for this size."""
        wish = self._core.state.preferences.get(contract.spec.symbol)
        mark = contract.valuation()
        if wish is None or mark is None:
            return False
        return wish * initial_rate(contract.spec, size * mark, None) > 1

    def _maintenance_change(self, terms: OrderTerms, plan: TakerPlan, contract: Contract) -> Decimal:
        mark = contract.valuation()
        if mark is None:
            return ZERO
        size = self._core.state.account.size_of(terms.symbol)
        after = size + terms.side.sign * contract.grid.size(plan.steps)
        return maintenance(contract.spec, abs(after) * mark) - maintenance(contract.spec, abs(size) * mark)


def check_style(terms: OrderTerms, plan: TakerPlan, *, wanted: int) -> None:
    """Refuse what contradicts the order's own type, and what would trade with its own owner."""
    if terms.order_type == "post":
        if plan.matches or plan.meets_itself:
            raise Refused("postWouldExecute", reject="POST_WOULD_EXECUTE")
        return
    if plan.meets_itself:
        raise Refused("selfFill")
    too_little = plan.steps < wanted if terms.order_type == "fok" else not plan.matches
    if terms.order_type in {"ioc", "fok", "mkt"} and too_little:
        raise Refused("iocWouldNotExecute", reject="IOC_WOULD_NOT_EXECUTE")


def as_open(terms: OrderTerms, now: float) -> ExchangeOrder:
    """Return an order as it would stand if nothing of it traded."""
    return ExchangeOrder(
        terms=terms,
        open_size=terms.size,
        filled=ZERO,
        placed_ts=now,
        updated_ts=now,
        ended_ts=None,
        reason=None,
    )


def resized_terms(order: ExchangeOrder, size: Decimal, limit: Decimal | None) -> OrderTerms:
    """Return the terms of an order whose open size and limit change."""
    return msgspec.structs.replace(order.terms, size=size, limit_price=limit)


def _cost(terms: OrderTerms, plan: TakerPlan, contract: Contract, *, fee: Decimal) -> Decimal:
    mark = contract.valuation()
    cost = ZERO
    for match in plan.matches:
        price, size = contract.grid.price(match.ticks), contract.grid.size(match.steps)
        cost += price * size * fee
        if mark is not None:
            cost += max(ZERO, terms.side.sign * (price - mark) * size)
    return cost
