"""Made-up ledgers and orders whose money can be worked out by hand."""

from collections.abc import Iterable
from decimal import Decimal

from src.ledger.book import Ledger
from src.records.enums import Direction, OrderPurpose, OrderType, Side, Strategy
from src.records.ledger import FillBooked, FundingBooked, LedgerEntry
from src.records.orders import OrderIntent
from src.records.signals import signal_id

SYMBOL = "PF_ETHUSD"
DECIDED = 1_800_014_400.0
NAME = signal_id(symbol=SYMBOL, strategy=Strategy.OFI, ts=DECIDED)


def a_fill(side: Side, size: str, price: str, **changes: object) -> FillBooked:
    """Return an execution of the trade ``NAME``: a buy by its entry, a sell by its exit, unless told otherwise."""
    values: dict[str, object] = {
        "ts": DECIDED + 1 if side is Side.BUY else DECIDED + 601,
        "fill_id": f"{side.value}-{size}-{price}",
        "order_id": "order",
        "cli_ord_id": "entry" if side is Side.BUY else "exit",
        "position_id": NAME,
        "signal_id": NAME,
        "symbol": SYMBOL,
        "strategy": Strategy.OFI,
        "side": side,
        "size": Decimal(size),
        "price": Decimal(price),
        "fee_usd": Decimal(1),
        "fill_type": "taker",
        "reason": "signal" if side is Side.BUY else "target",
    }
    return FillBooked(**{**values, **changes})  # type: ignore[arg-type] # a test names what it changes


def an_intent(purpose: OrderPurpose, **changes: object) -> OrderIntent:
    """Return an order of the trade ``NAME``, a LONG: entry, stop at 95, or exit ten minutes later."""
    entry, stop = purpose is OrderPurpose.ENTRY, purpose is OrderPurpose.STOP
    types = {
        OrderPurpose.ENTRY: OrderType.IOC,
        OrderPurpose.STOP: OrderType.STOP,
        OrderPurpose.EXIT: OrderType.MARKET,
    }
    values: dict[str, object] = {
        "ts": DECIDED + (600 if purpose is OrderPurpose.EXIT else 1),
        "cli_ord_id": purpose.value.lower(),
        "position_id": NAME,
        "signal_id": NAME,
        "purpose": purpose,
        "symbol": SYMBOL,
        "strategy": Strategy.OFI,
        "direction": Direction.LONG,
        "side": Side.BUY if entry else Side.SELL,
        "order_type": types[purpose],
        "size": Decimal(2),
        "limit_price": Decimal("101.5") if entry else None,
        "stop_price": Decimal(95) if stop else None,
        "reduce_only": not entry,
        "process_before": DECIDED + 6,
        "reason": {"ENTRY": "signal", "STOP": "protect", "EXIT": "target"}[purpose.value],
        "stop_bps": 594.0 if entry else None,
    }
    return OrderIntent(**{**values, **changes})  # type: ignore[arg-type] # a test names what it changes


def some_funding(amount: str, ts: float = DECIDED + 300) -> FundingBooked:
    """Return a funding payment; positive is received."""
    return FundingBooked(ts=ts, entry_id=f"funding-{ts}", symbol=SYMBOL, amount_usd=Decimal(amount))


def booked(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """Return the lines that the ledger's keeper would have written: each closing right after its fill."""
    ledger, lines = Ledger(), list[LedgerEntry]()
    for entry in entries:
        ledger.book(entry)
        lines.append(entry)
        while ledger.unwritten:
            closing = ledger.unwritten[0]
            ledger.book(closing)
            lines.append(closing)
    return lines


class FixedMids:
    """Mid prices as a test tells them: at the decision, and at any later moment."""

    def __init__(self, *, decided: str | None = "100", later: str | None = "110") -> None:
        self._decided = None if decided is None else Decimal(decided)
        self._later = None if later is None else Decimal(later)

    def closing(self, symbol: str, ts: float) -> Decimal | None:  # noqa: ARG002 - the protocol's signature
        return self._decided if ts == DECIDED else None

    def known(self, symbol: str, ts: float) -> Decimal | None:  # noqa: ARG002 - the protocol's signature
        return self._later
