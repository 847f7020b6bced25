"""A market that does what it is told, and an engine on top of it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import (
    BookSnapshot,
    Candle,
    FundingPoint,
    InstrumentSpec,
    MarketEvent,
    MarketTrade,
    Reference,
)
from src.exchange.simulator.state import ExchangeState
from src.records.exchange_journal import JournalEntry

START = 1_795_330_000.0
XBT = "PF_XBTUSD"
ETH = "PF_ETHUSD"
LEVELS = (
    (Decimal(0), Decimal("0.02"), Decimal("0.01")),
    (Decimal(1_000_000), Decimal("0.1"), Decimal("0.05")),
)


def spec(symbol: str = XBT, *, tick: str = "1", size_decimals: int = 4) -> InstrumentSpec:
    base = symbol.removeprefix("PF_").removesuffix("USD")
    return InstrumentSpec(
        symbol=symbol,
        base="BTC" if base == "XBT" else base,
        tick_size=Decimal(tick),
        size_decimals=size_decimals,
        max_position=Decimal(100),
        margin_levels=LEVELS,
    )


SPECS = (spec(XBT), spec(ETH, tick="0.1", size_decimals=3))


class FakeJournal:
    """Keeps entries in memory."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []

    def append(self, record: JournalEntry) -> int:
        self.entries.append(record)
        return len(self.entries)


class Exchange:
    """An engine with a clock that only moves by hand."""

    def __init__(
        self,
        *,
        balance: str = "10000",
        currencies: Mapping[str, str] | None = None,
        footprint: bool = True,
        memory_s: float = 5.0,
    ) -> None:
        self.now = START
        self.journal = FakeJournal()
        self.taken: list[tuple[str, str, float, float]] = []
        self.state = ExchangeState(memory_s=memory_s)
        self.engine = Engine(
            SPECS,
            state=self.state,
            journal=self.journal,
            seed="7",
            taken=lambda symbol, side, *, price, size: self.taken.append((symbol, side, price, size)),
            footprint=footprint,
        )
        amounts = {name: Decimal(amount) for name, amount in (currencies or {}).items()}
        self.engine.open(self.now, balance_usd=Decimal(balance), currencies=amounts)

    def book(
        self,
        *,
        bids: Iterable[tuple[float, float]] = ((99.0, 5.0), (98.0, 5.0), (90.0, 50.0)),
        asks: Iterable[tuple[float, float]] = ((101.0, 5.0), (102.0, 5.0), (110.0, 50.0)),
        symbol: str = XBT,
    ) -> None:
        self.tell(BookSnapshot(self.now, symbol, tuple(bids), tuple(asks)))

    def mark(self, mark: float, *, symbol: str = XBT, rate: float | None = None) -> None:
        self.tell(Reference(self.now, symbol, mark, mark, rate, rate, 1000.0))

    def trade(self, side: str, price: float, size: float, *, symbol: str = XBT) -> None:
        word = "buy" if side == "buy" else "sell"
        self.tell(MarketTrade(self.now, symbol, word, price, size, "fill"))

    def tell(self, event: MarketEvent) -> None:
        self.engine.on_event(event)

    def ask(self, method: str, **params: str) -> dict[str, object]:
        return self.engine.request(self.now, method, params)

    def send(self, order_type: str, side: str, size: str, **params: str) -> Mapping[str, object]:
        """Send an order for XBT and return its sendStatus."""
        form = {"symbol": XBT, "orderType": order_type, "side": side, "size": size} | params
        answer = self.engine.request(self.now, "sendorder", form)["sendStatus"]
        assert isinstance(answer, dict)
        return answer

    def size(self, symbol: str = XBT) -> Decimal:
        return self.state.account.size_of(symbol)

    def fills(self) -> list[tuple[str, Decimal, Decimal]]:
        return [(fill.fill_type, fill.price, fill.size) for fill in self.state.fills]


def trading(**settings: object) -> Exchange:
    """Return an exchange with a book around 100 and a mark of 100."""
    exchange = Exchange(**settings)  # type: ignore[arg-type] # handed through as they are
    exchange.book()
    exchange.mark(100.0)
    exchange.book(symbol=ETH, bids=((9.9, 50.0),), asks=((10.1, 50.0),))
    exchange.mark(10.0, symbol=ETH)
    return exchange


class ScriptedMarket:
    """A market whose events are written down beforehand."""

    def __init__(self, events: Iterable[MarketEvent] = (), *, start: float = START) -> None:
        self._events = list(events)
        self._start = start
        self.takes: list[tuple[str, str, float, float]] = []
        self.rates: list[FundingPoint] = []

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        return SPECS

    def begin(self, now: float) -> list[MarketEvent]:
        return [
            event
            for specs in SPECS
            for event in (
                BookSnapshot(now, specs.symbol, ((99.0, 5.0), (98.0, 5.0)), ((101.0, 5.0), (102.0, 5.0))),
                Reference(now, specs.symbol, 100.0, 100.0, 0.01, 0.01, 1000.0),
            )
        ]

    def step(self, now: float) -> list[MarketEvent]:
        due = [event for event in self._events if event.ts <= now]
        self._events = [event for event in self._events if event.ts > now]
        return due

    def candles(self, _symbol: str, **_: object) -> list[Candle]:
        return [Candle(START - 900, 100.0, 101.0, 99.0, 100.5, 12.0)]

    def funding_history(self, _symbol: str, *, until: float) -> list[FundingPoint]:
        return [point for point in self.rates if point.ts <= until]

    def taken(self, symbol: str, side: str, *, price: float, size: float) -> None:
        self.takes.append((symbol, side, price, size))
