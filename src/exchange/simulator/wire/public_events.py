"""What the history service tells anybody of a contract: its orders, and its mark price minute by minute.

Only the participant's orders have names here: the size displayed by the market is known by level.
"""

from collections.abc import Mapping, Sequence

from src.exchange.simulator.core import Core
from src.exchange.simulator.events import Candle
from src.exchange.simulator.ids import name_of
from src.exchange.simulator.wire.order_events import order_event
from src.exchange.simulator.wire.pages import Telling, page
from src.exchange.simulator.wire.public import find, price_text
from src.records.exchange_journal import OrderEvent

MINUTE_S = 60
MARKS_KEPT = 1000
"""Minutes of the mark price that are told."""
_HIDDEN = frozenset({"accountUid", "clientId", "filled", "algoId"})
_PUBLIC = frozenset({"placed", "updated", "ended"})


def orders(core: Core, params: Mapping[str, str]) -> dict[str, object]:
    """Return a page of what became of orders; a market that shows no trace of ours has none."""
    contract = find(core, params)
    symbol = contract.spec.symbol
    events = core.state.history.events if contract.footprint else ()
    shown = (e for e in events if e.order.terms.symbol == symbol and _is_public(e))
    return page(shown, _ORDERS, params)


def marks(symbol: str, bars: Sequence[Candle], *, now: float, params: Mapping[str, str]) -> dict[str, object]:
    """Return a page of the mark price at the end of each minute of ``bars``."""
    telling = Telling[Candle](
        ts=_end,
        symbol=lambda _: symbol,
        uid=lambda bar: name_of(symbol, "mark price", int(bar.ts)),
        event=lambda bar: {"MarkPriceChanged": {"price": price_text(bar.close)}},
    )
    return page([bar for bar in bars if _end(bar) <= now], telling, params)


def _end(bar: Candle) -> float:
    return bar.ts + MINUTE_S


def _is_public(event: OrderEvent) -> bool:
    return event.kind in _PUBLIC and event.order.terms.stop_price is None


def _public_event(event: OrderEvent) -> dict[str, object]:
    return {kind: _without_secrets(told) for kind, told in order_event(event).items()}


def _without_secrets(told: object) -> object:
    if not isinstance(told, Mapping):
        return told
    return {name: _without_secrets(value) for name, value in told.items() if name not in _HIDDEN}


_ORDERS = Telling[OrderEvent](
    ts=lambda told: told.ts,
    symbol=lambda told: told.order.terms.symbol,
    uid=lambda told: name_of(told.order.terms.order_id, "public event", told.number),
    event=_public_event,
)
