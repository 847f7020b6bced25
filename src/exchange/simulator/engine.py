"""The paper exchange's engine: market events and requests in, answers and a feed out.

It reads no clock and opens no socket: time comes with every call, and nothing is answered before the
journal holds what the answer tells.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial

from src.exchange.simulator.amend import Amendments
from src.exchange.simulator.batch import Batch
from src.exchange.simulator.collateral import unpriced
from src.exchange.simulator.contract import side_of
from src.exchange.simulator.core import Core, EntryWriter, Taken
from src.exchange.simulator.desk import Desk
from src.exchange.simulator.errors import BadCall, Refused, Unlisted
from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    Condition,
    FundingPoint,
    InstrumentSpec,
    MarketEvent,
    MarketTrade,
    Reference,
)
from src.exchange.simulator.execution import Execution
from src.exchange.simulator.feed import BookChange, BookReset, FeedMessage, Print, RejectNews, TickerDue
from src.exchange.simulator.funding import HOUR_S
from src.exchange.simulator.liquidation import Liquidation
from src.exchange.simulator.settlement import Settlement
from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.switch import DeadMansSwitch
from src.exchange.simulator.treasury import Treasury
from src.exchange.simulator.triggers import Triggers
from src.exchange.simulator.wire import account, answers, orders, public
from src.exchange.simulator.wire.histories import history_requests
from src.exchange.simulator.wire.standing import standing_requests
from src.records.enums import Side
from src.records.exchange_effects import Opened, Preferred

_NOTHING: Mapping[str, Decimal] = {}


class Engine:
    """One exchange with one participant."""

    def __init__(
        self,
        specs: Sequence[InstrumentSpec],
        *,
        state: ExchangeState,
        journal: EntryWriter,
        seed: str,
        taken: Taken,
        footprint: bool = True,
    ) -> None:
        self.core = Core(specs, state=state, journal=journal, seed=seed, taken=taken, footprint=footprint)
        execution = Execution(self.core)
        self._execution = execution
        self._triggers = Triggers(self.core, execution)
        self._desk = Desk(self.core, execution, self._triggers)
        self._amendments = Amendments(self.core, self._desk, execution, self._triggers)
        self._liquidation = Liquidation(self.core, execution)
        self._settlement = Settlement(self.core)
        self._switch = DeadMansSwitch(self.core, self._amendments)
        treasury = Treasury(self.core)
        open_orders = orders.OpenOrders(state)
        self._next_hour = float("inf")
        self.ended = False
        self._requests: dict[str, Callable[[Mapping[str, str]], dict[str, object]]] = {
            "sendorder": self._send,
            "editorder": self._edit,
            "cancelorder": self._cancel,
            "cancelallorders": self._cancel_all,
            "batchorder": Batch(self.core, send=self._send, edit=self._edit, cancel=self._cancel).answer,
            "cancelallordersafter": self._switch.answer,
            "transfer": treasury.transfer,
            "withdrawal": treasury.withdraw,
            "setleverage": self._set_leverage,
            "accounts": lambda _: account.accounts(self.core),
            "openpositions": lambda _: account.open_positions(self.core),
            "openorders": lambda _: open_orders.answer(),
            "orders/status": lambda params: orders.order_statuses(self.core.state, params, self.core.now),
            "fills": account.FillPages(state).answer,
            "leveragepreferences": lambda _: account.leverage_preferences(self.core.state),
            "instruments": lambda _: public.instruments(self.core),
            "instruments/status": lambda _: public.instrument_statuses(self.core),
            "instrument/status": lambda params: public.instrument_status(self.core, params),
            "feeschedules": lambda _: public.fee_schedules(),
            "feeschedules/volumes": lambda _: account.fee_volumes(self.core),
            "tickers": lambda _: public.tickers(self.core),
            "ticker": lambda params: public.one_ticker(self.core, params),
            "orderbook": lambda params: public.orderbook(self.core, params),
            "history": lambda params: public.history(self.core, params),
            **history_requests(self.core),
            **standing_requests(self.core.contracts),
        }

    # life
    def open(self, now: float, *, balance_usd: Decimal, currencies: Mapping[str, Decimal] = _NOTHING) -> None:
        """Begin at ``now``: a new account receives its collateral, an old one its resting orders.

        Raises Unlisted where the account holds a contract that does not trade here, or collateral whose index
        nothing here tells.
        """
        held = set(self.core.state.account.positions) | {
            order.terms.symbol for order in self.core.state.open.values()
        }
        if missing := sorted(held - set(self.core.contracts)):
            raise Unlisted(f"the paper account holds {', '.join(missing)}: add them to the symbols")
        held_too = self.core.state.account.currencies if self.core.state.is_open else currencies
        if missing := unpriced(held_too, self.core.contracts):
            raise Unlisted(
                f"the collateral is valued by the index of {', '.join(missing)}: add to the symbols"
            )
        self.core.now = now
        self._switch.look()
        self._next_hour = (now // HOUR_S + 1) * HOUR_S
        if not self.core.state.is_open:
            self.core.apply(Opened(balance_usd=balance_usd, currencies=dict(currencies)))
            self.core.commit("open")
        self._execution.rest_again()
        self.core.commit("open")

    def settle_missed(self, symbol: str, points: Sequence[FundingPoint]) -> None:
        """Realise the hours that passed while the exchange was down, at the rates that the market tells."""
        self._settlement.missed(symbol, points)

    def drain(self) -> list[FeedMessage]:
        """Return what there is to tell since the last call."""
        feed, self.core.feed = self.core.feed, []
        return feed

    # the market
    def on_event(self, event: MarketEvent) -> None:
        """Take one event of the market."""
        core, ts = self.core, event.ts
        if ts >= self._next_hour or ts >= self._switch.due:
            self.advance(ts)
        elif ts > core.now:
            core.now = ts
        if isinstance(event, BookDelta):
            self._on_delta(event)
        elif isinstance(event, MarketTrade):
            self._on_trade(event)
        elif isinstance(event, Reference):
            self._on_reference(event)
        elif isinstance(event, BookSnapshot):
            self._on_snapshot(event)
        elif isinstance(event, Condition):
            self._on_condition(event)
        else:
            self._on_end()
        if core.uncommitted:
            core.commit(type(event).__name__)

    def advance(self, now: float) -> None:
        """Let time pass: funding is realised on each full hour, and the dead man's switch may fire."""
        while now >= (due := min(self._next_hour, self._switch.due)):
            self.core.now = max(self.core.now, due)
            if due == self._switch.due:
                self._switch.fire()
            else:
                self._settlement.hour()
                self._next_hour += HOUR_S
        self.core.now = max(self.core.now, now)

    def request(self, now: float, method: str, params: Mapping[str, str]) -> dict[str, object]:
        """Answer one request; BadCall where it cannot be understood."""
        self.advance(now)
        answer = self._requests[method](params)
        self.core.commit(method)
        return answer

    def _on_delta(self, event: BookDelta) -> None:
        symbol, word, price, size = event.symbol, event.side, event.price, event.size
        contract = self.core.contracts[symbol]
        grid, book = contract.grid, contract.book
        ticks, steps = grid.ticks(price), grid.steps(size)
        (book.bids if word == "buy" else book.asks).show(ticks, steps)
        contract.book_ts = event.ts
        if contract.queue:
            side = side_of(word)
            contract.queue.level_shown(side, ticks, steps)
            size = contract.published_at(side, ticks)
        self.core.feed.append(BookChange(symbol, word, price, size, contract.next_book_seq(), event.ts))
        if contract.queue:
            self._execution.met_by_book(contract)

    def _on_trade(self, event: MarketTrade) -> None:
        ts, symbol, price, size = event.ts, event.symbol, event.price, event.size
        contract = self.core.contracts[symbol]
        contract.trade_seq += 1
        printed = Print(symbol, event.side, price, size, event.kind, contract.trade_seq, ts)
        contract.prints.append(printed)
        contract.last = price
        contract.day.add(ts, price, size)
        self.core.feed.append(printed)
        if contract.queue:
            grid = contract.grid
            self._execution.met_by_print(
                contract, taker=side_of(event.side), ticks=grid.ticks(price), steps=grid.steps(size)
            )
        if self.core.state.open:
            self._triggers.check(contract)

    def _on_reference(self, event: Reference) -> None:
        symbol, rate = event.symbol, event.funding_rate
        core, contract = self.core, self.core.contracts[symbol]
        position = core.state.account.positions.get(symbol)
        if rate != contract.funding_rate:
            exact = None if rate is None else Decimal(str(rate))
            core.funding.change(symbol, exact, position=position, now=event.ts)
        contract.mark, contract.index = event.mark, event.index
        contract.funding_rate = rate
        contract.funding_rate_prediction = event.funding_rate_prediction
        contract.open_interest = event.open_interest
        core.feed.append(TickerDue(symbol, event.ts))
        if core.state.open:
            self._triggers.check(contract)
        if position is not None or core.state.account.currencies:
            self._liquidation.check(contract)

    def _on_snapshot(self, event: BookSnapshot) -> None:
        contract = self.core.contracts[event.symbol]
        for side, levels in ((Side.BUY, event.bids), (Side.SELL, event.asks)):
            half = contract.book.half(side)
            half.replace_unread(partial(contract.grid.levels, levels))
            if contract.queue:
                for resting in contract.queue.side(side):
                    contract.queue.level_shown(side, resting.ticks, half.shown(resting.ticks))
        contract.book_ts = event.ts
        contract.next_book_seq()
        self.core.feed.append(BookReset(event.symbol, event.ts))
        if contract.queue:
            self._execution.met_by_book(contract)

    def _on_condition(self, event: Condition) -> None:
        contract = self.core.contracts[event.symbol]
        contract.suspended, contract.post_only = event.suspended, event.post_only
        self.core.feed.append(TickerDue(event.symbol, event.ts))

    def _on_end(self) -> None:
        self.ended = True
        for contract in self.core.contracts.values():
            contract.suspended = True
            self.core.feed.append(TickerDue(contract.spec.symbol, self.core.now))

    # requests that change something
    def _send(self, params: Mapping[str, str]) -> dict[str, object]:
        try:
            result = self._desk.send(params)
        except Refused as refused:
            order_id = self._refused_id(refused)
            if order_id is not None and refused.reject is not None:
                mine = params.get("cliOrdId") or None
                self.core.feed.append(RejectNews(order_id, mine, refused.reject, self.core.now))
                self.core.apply(self._desk.rejected(params, order_id, refused.reject))
            return answers.send_refused(refused, params, order_id, self.core.now)
        return answers.sent(result, self.core.now)

    def _edit(self, params: Mapping[str, str]) -> dict[str, object]:
        try:
            return answers.edited(self._amendments.edit(params), self.core.now)
        except Refused as refused:
            return answers.edit_refused(refused, params, self.core.now)

    def _cancel(self, params: Mapping[str, str]) -> dict[str, object]:
        try:
            return answers.cancelled(self._amendments.cancel(params), self.core.now)
        except Refused as refused:
            return answers.cancel_refused(refused, self.core.now)

    def _cancel_all(self, params: Mapping[str, str]) -> dict[str, object]:
        symbol = params.get("symbol", "").upper()
        ended = self._amendments.cancel_all(symbol or None)
        return answers.all_cancelled(ended, symbol or "all", self.core.now)

    def _set_leverage(self, params: Mapping[str, str]) -> dict[str, object]:
        symbol = params.get("symbol", "").upper()
        if symbol not in self.core.contracts:
            raise BadCall("invalidArgument: symbol")
        self.core.apply(Preferred(symbol=symbol, max_leverage=account.leverage_wish(params)))
        return {}

    def _refused_id(self, refused: Refused) -> str | None:
        told = refused.reject is not None or self.core.rules.refusals_with_events
        return self.core.next_refused_id() if told else None
