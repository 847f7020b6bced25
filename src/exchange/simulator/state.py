"""The participants' state as a fold over effects: a request and a replay change it by the same code."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from src.exchange.simulator.account import Account, Trade
from src.exchange.simulator.fee_schedule import Volume
from src.exchange.simulator.order_history import OrderHistory
from src.records.exchange_effects import (
    Armed,
    Effect,
    Ended,
    Executed,
    OrderTerms,
    Placed,
    Preferred,
    Rejected,
    Resized,
)
from src.records.exchange_journal import ExchangeFill, ExchangeOrder, ExchangeSnapshot, JournalEntry

KEEP_FILLS = 2000
KEEP_ROWS = 5000
_INFO = {
    "liquidation": "futures liquidation",
    "partialLiquidation": "futures liquidation",
    "assignor": "futures assignor",
}
"""The log's word for a trade of each kind, where it is not the usual one."""


class ExchangeState:
    """Orders, triggers, account, fills and preferences of the one participant."""

    def __init__(self, *, memory_s: float) -> None:
        self.number = 0
        self.issued = 0
        self.account = Account(keep_rows=KEEP_ROWS)
        self.open: dict[str, ExchangeOrder] = {}
        self.ended: dict[str, ExchangeOrder] = {}
        self.fills: list[ExchangeFill] = []
        self.preferences: dict[str, Decimal] = {}
        self.volume = Volume()
        self.history = OrderHistory()
        self.switch_at: float | None = None
        """When the dead man's switch cancels every order."""
        self.changes = 0
        """Effects folded so far: while it stands, so does everything here."""
        self._memory_s = memory_s

    @property
    def is_open(self) -> bool:
        """Return whether the account was ever opened."""
        return self.number > 0 or self.account.rows_written > 0

    def replay(self, entries: Iterable[JournalEntry]) -> None:
        """Fold entries of the journal that came after what is known; the caller checks their numbers."""
        for entry in entries:
            for effect in entry.effects:
                self.apply(effect, entry.ts)
            self.number = entry.number

    def apply(self, effect: Effect, ts: float) -> None:
        """Fold one effect."""
        self.changes += 1
        match effect:
            case Placed():
                self._place(effect, ts)
            case Executed():
                self._execute(effect, ts)
            case Resized():
                self._resize(effect, ts)
            case Ended():
                self._end(effect, ts)
            case Preferred():
                self._prefer(effect)
            case Rejected():
                self.issued += 1
                self.history.rejected(_as_placed(effect.order, ts), error=effect.error, ts=ts)
            case Armed():
                self.switch_at = effect.until
            case _:
                self.account.apply(effect, ts)

    def remembered(self, now: float) -> list[ExchangeOrder]:
        """Return the orders that ended within the exchange's short memory."""
        return [order for order in self.ended.values() if _age(order, now) <= self._memory_s]

    def by_client_id(self, cli_ord_id: str) -> ExchangeOrder | None:
        """Return the open order with this client id."""
        return next((o for o in self.open.values() if o.terms.cli_ord_id == cli_ord_id), None)

    def snapshot(self, ts: float) -> ExchangeSnapshot:
        """Return everything as one document."""
        return ExchangeSnapshot(
            ts=ts,
            number=self.number,
            issued=self.issued,
            rows_written=self.account.rows_written,
            balance_usd=self.account.balance_usd,
            positions=tuple(self.account.positions.values()),
            open_orders=tuple(self.open.values()),
            ended_orders=tuple(self.ended.values()),
            fills=tuple(self.fills[-KEEP_FILLS:]),
            rows=tuple(self.account.rows[-KEEP_ROWS:]),
            preferences=dict(self.preferences),
            cash_usd=self.account.cash_usd,
            switch_at=self.switch_at,
            order_events=tuple(self.history.events),
            order_events_written=self.history.written,
            currencies=dict(self.account.currencies),
            wallet=dict(self.account.wallet),
            volumes_usd=self.volume.by_day(),
        )

    def restore(self, snapshot: ExchangeSnapshot) -> None:
        """Take over everything from a document."""
        self.changes += 1
        self.number = snapshot.number
        self.issued = snapshot.issued
        self.account.rows_written = snapshot.rows_written
        self.account.balance_usd = snapshot.balance_usd
        self.account.positions = {p.symbol: p for p in snapshot.positions}
        self.account.rows = list(snapshot.rows)
        self.open = {o.terms.order_id: o for o in snapshot.open_orders}
        self.ended = {o.terms.order_id: o for o in snapshot.ended_orders}
        self.fills = list(snapshot.fills)
        self.preferences = dict(snapshot.preferences)
        self.account.cash_usd = snapshot.cash_usd
        self.account.currencies = dict(snapshot.currencies)
        self.account.wallet = dict(snapshot.wallet)
        self.volume.restore(snapshot.volumes_usd)
        self.switch_at = snapshot.switch_at
        self.history.restore(snapshot.order_events, written=snapshot.order_events_written)

    def _place(self, effect: Placed, ts: float) -> None:
        self.issued += 1
        terms = effect.order
        self.open[terms.order_id] = _as_placed(terms, ts)
        self.history.placed(self.open[terms.order_id], reason=effect.reason, ts=ts)

    def _execute(self, effect: Executed, ts: float) -> None:
        self.issued += 1
        before = self.open[effect.order_id]
        terms = before.terms
        if not 0 < effect.size <= before.open_size:
            raise ValueError(f"order {effect.order_id} cannot trade {effect.size} of {before.open_size}")
        after = msgspec.structs.replace(
            before,
            open_size=before.open_size - effect.size,
            filled=before.filled + effect.size,
            updated_ts=ts,
        )
        self.open[effect.order_id] = after
        self.history.executed(before, after, maker=effect.fill_type == "maker", ts=ts)
        self.volume.add(effect.price * effect.size, ts=ts)
        realised = self.account.trade(_trade(effect, terms), ts=ts)
        self.fills.append(
            ExchangeFill(
                fill_id=effect.fill_id,
                ts=ts,
                order_id=effect.order_id,
                cli_ord_id=terms.cli_ord_id,
                symbol=terms.symbol,
                side=terms.side,
                size=effect.size,
                price=effect.price,
                fill_type=effect.fill_type,
                order_type=terms.order_type,
                remaining=after.open_size,
                fee_usd=effect.fee_usd,
                realised_pnl_usd=realised,
            )
        )
        if len(self.fills) > 2 * KEEP_FILLS:
            del self.fills[:-KEEP_FILLS]

    def _resize(self, effect: Resized, ts: float) -> None:
        before = self.open[effect.order_id]
        terms = msgspec.structs.replace(
            before.terms, limit_price=effect.limit_price, stop_price=effect.stop_price
        )
        after = msgspec.structs.replace(before, terms=terms, open_size=effect.open_size, updated_ts=ts)
        if effect.limit_price != before.terms.limit_price or effect.open_size > before.open_size:
            del self.open[effect.order_id]  # its place in the queue is lost: it stands behind all others
        self.open[effect.order_id] = after
        self.history.resized(before, after, reason=effect.reason, ts=ts)

    def _end(self, effect: Ended, ts: float) -> None:
        order = self.open.pop(effect.order_id)
        gone = msgspec.structs.replace(order, ended_ts=ts, updated_ts=ts, reason=effect.reason)
        self.ended[effect.order_id] = gone
        self.history.ended(gone, reason=effect.reason, ts=ts)
        self._forget_oldest(ts)

    def _forget_oldest(self, now: float) -> None:
        """Forget what ended too long ago; orders stand here in the order in which they ended."""
        while self.ended:
            oldest = next(iter(self.ended))
            if _age(self.ended[oldest], now) <= self._memory_s:
                return
            del self.ended[oldest]

    def _prefer(self, effect: Preferred) -> None:
        if effect.max_leverage is None:
            self.preferences.pop(effect.symbol, None)
        else:
            self.preferences[effect.symbol] = effect.max_leverage


def _trade(effect: Executed, terms: OrderTerms) -> Trade:
    return Trade(
        execution=effect.fill_id,
        symbol=terms.symbol,
        signed_size=terms.side.sign * effect.size,
        price=effect.price,
        fee_usd=effect.fee_usd,
        funding_usd=effect.funding_usd,
        funding_rate=effect.funding_rate,
        mark_price=effect.mark_price,
        info=_INFO.get(effect.fill_type, "futures trade"),
        liquidation_fee_usd=effect.liquidation_fee_usd,
    )


def _as_placed(terms: OrderTerms, ts: float) -> ExchangeOrder:
    return ExchangeOrder(
        terms=terms,
        open_size=terms.size,
        filled=Decimal(0),
        placed_ts=ts,
        updated_ts=ts,
        ended_ts=None,
        reason=None,
    )


def _age(order: ExchangeOrder, now: float) -> float:
    return now - (order.ended_ts if order.ended_ts is not None else now)
