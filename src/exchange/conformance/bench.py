"""The bench on which a venue is tried: smallest orders, sent raw, and the account left as it was found."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from src.clock import Clock
from src.exchange import kraken_verdicts as verdicts
from src.exchange.base import Answer, Instrument, Outcome, Quote
from src.exchange.errors import ExchangeFault, NoAnswer
from src.exchange.kraken_probe import KrakenProbe
from src.exchange.session import ExchangeSession

PREFIX = "cf"
"""What the names of these orders begin with: the bot takes them for nobody's it knows."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_TIDY_ROUNDS = 8


class NotClean(ExchangeFault):
    """The account holds positions or orders: nothing is tried on it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one order."""

    answer: Answer
    """As the bot reads it."""
    events: tuple[Mapping[str, object], ...]
    has_events: bool
    """Whether there was a list of events at all."""

    @property
    def accepted(self) -> bool:
        """Return whether the answer is a known yes."""
        return self.answer.outcome is Outcome.YES

    def kinds(self) -> str:
        """Return the kinds of its events in order, e.g. ``EXECUTION, CANCEL``."""
        return ", ".join(str(event.get("type")) for event in self.events) or "none"


class Bench:
    """One contract of one venue, and what is tried with it."""

    def __init__(
        self,
        probe: KrakenProbe,
        *,
        symbol: str,
        clock: Clock,
        pause: Callable[[float], None],
        rng: random.Random,
        budget_usd: Decimal,
    ) -> None:
        """Take the venue; ``pause`` waits so many of its seconds, ``budget_usd`` bounds what more than a minimum costs.

        Raises:
            ExchangeFault: the contract is not listed, or the venue does not answer.
        """
        self.probe = probe
        self.session = ExchangeSession(probe, clock=clock)
        self.symbol = symbol
        self.clock = clock
        self.pause = pause
        self.budget_usd = budget_usd
        self._rng = rng
        listed = self.session.instruments().get(symbol)
        if listed is None:
            raise ExchangeFault(f"{symbol} is not listed")
        self.instrument: Instrument = listed

    @property
    def minimum(self) -> Decimal:
        """Return the smallest size, in contracts."""
        return self.instrument.size_step

    def require_clean(self) -> None:
        """Raise NotClean unless the account has no position and no order."""
        positions, orders = self.session.positions(), self.session.open_orders()
        if positions or orders:
            raise NotClean(
                f"the account has {len(positions)} positions and {len(orders)} orders; it must have none"
            )

    def name(self) -> str:
        """Return a new client order id."""
        return PREFIX + "".join(self._rng.choice(_LETTERS) for _ in range(16))

    def quote(self) -> Quote:
        """Return the best prices now."""
        return self.session.quote(self.symbol)

    def bid(self) -> Decimal:
        """Return the best bid; NoAnswer where there is none."""
        return _there(self.quote().bid)

    def ask(self) -> Decimal:
        """Return the best ask; NoAnswer where there is none."""
        return _there(self.quote().ask)

    def mark(self) -> Decimal:
        """Return the mark price; NoAnswer where there is none."""
        return _there(self.quote().mark)

    def priced(self, price: Decimal, times: str = "1") -> str:
        """Return a price times a factor, on the venue's tick."""
        tick = self.instrument.tick_size
        steps = (price * Decimal(times) / tick).to_integral_value(rounding=ROUND_FLOOR)
        return f"{steps * tick:f}"

    def order(self, kind: str, side: str, *, size: Decimal | None = None, **more: str) -> Reply:
        """Send one order, of the smallest size unless told; ``more`` are further words of the wire."""
        params = {
            "orderType": kind,
            "symbol": self.symbol,
            "side": side,
            "size": f"{self.minimum if size is None else size:f}",
            "cliOrdId": self.name(),
            **more,
        }
        try:
            raw = self.probe.call("sendorder", params)
        except NoAnswer as fault:
            word = verdicts.refusal(self.probe.refusal())
            outcome = Outcome.UNKNOWN if word is None else Outcome.NO
            return Reply(Answer(outcome, None, word or str(fault)), (), has_events=False)
        events = _events(raw)
        return Reply(verdicts.order_answer(raw), events or (), has_events=events is not None)

    def resting(self) -> tuple[Mapping[str, object], ...]:
        """Return the open orders as the venue tells them."""
        raw = self.probe.call("openorders", {})
        listed = raw.get("openOrders") if isinstance(raw, Mapping) else None
        if not isinstance(listed, list):
            raise NoAnswer("no list of open orders")
        return tuple(row for row in listed if isinstance(row, Mapping))

    def until(self, true: Callable[[], bool], *, within_s: float, every_s: float = 0.5) -> float | None:
        """Return after how many of the venue's seconds something came true; None where it did not."""
        began = self.clock.now()
        while True:
            if true():
                return self.clock.now() - began
            if self.clock.now() - began > within_s:
                return None
            self.pause(every_s)

    def tidy(self) -> bool:
        """Cancel every order and leave every position; return whether the account is clean."""
        for _ in range(_TIDY_ROUNDS):
            try:
                orders, positions = self.session.open_orders(), self.session.positions()
                if not orders and not positions:
                    return True
                for order in orders:
                    self.session.cancel(order.order_id)
                for position in positions:
                    side = "sell" if position.quantity > 0 else "buy"
                    self.order(
                        "mkt", side, size=abs(position.quantity), reduceOnly="true", symbol=position.symbol
                    )
            except NoAnswer:
                pass  # asked again after a pause; the caller hears of it at the end
            self.pause(2.0)
        return False


def _there(price: Decimal | None) -> Decimal:
    if price is None:
        raise NoAnswer("the venue shows no price")
    return price


def _events(raw: object) -> tuple[Mapping[str, object], ...] | None:
    status = raw.get("sendStatus") if isinstance(raw, Mapping) else None
    events = status.get("orderEvents") if isinstance(status, Mapping) else None
    return (
        tuple(event for event in events if isinstance(event, Mapping)) if isinstance(events, list) else None
    )
