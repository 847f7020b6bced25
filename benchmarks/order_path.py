"""The order's way through the main process: from a signal in the queue to the order on the wire, without the exchange.

The exchange answers within the same process, beneath ccxt and requests; what it takes is measured and taken off.
"""

import base64
import io
import shutil
import statistics
import tempfile
import time
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import ccxt
import msgspec
import orjson
import requests
from requests.adapters import BaseAdapter
from rich.console import Console
from rich.table import Table

from src.bot_cycle import build_bot_cycle
from src.exchange.desk import TradingDesk
from src.exchange.kraken import KrakenWire
from src.exchange.session import ExchangeSession
from src.exchange.simulator.events import BookSnapshot, InstrumentSpec, MarketEvent, Reference
from src.exchange.simulator.service import Service
from src.futures_portfolio_tracker import open_desk
from src.records.features import Features
from src.records.learning import EdgeEvidence, SignalWeights
from src.records.outcomes import PendingEvent, PendingPut
from src.records.settings import BotSettings, RiskLimits
from src.simulation.clock import VirtualClock
from src.simulation.venue import DirectWire
from src.situation import Stakes
from src.store.document import DocumentFile
from src.store.jsonl import Durability, JsonlWriter
from src.store.paths import Home
from tests.direct_fakes import a_service
from tests.files_fakes import disk_files
from tests.gate_fakes import (
    CONFIGS,
    NOON,
    SETTINGS,
    a_prediction,
    a_signal,
    some_evidence,
    some_features,
    some_weights,
)
from tests.paper_exchange_fakes import LEVELS, ScriptedMarket

SYMBOLS = tuple(f"PF_{base}USD" for base in (
    "XBT", "ETH", "SOL", "XRP", "DOGE", "ADA", "AVAX", "LINK", "LTC", "DOT",
    "BCH", "UNI", "ATOM", "NEAR", "ARB", "OP", "APT", "SUI", "TRX", "FIL",
))  # fmt: skip
ROUNDS = 400
BARE = 1_000
PRICE = 2_000.0
STEP_S = 240.0
URL = "http://127.0.0.1:9"
SECRET = base64.b64encode(bytes(range(64))).decode()

Row = tuple[str, str, str, str]


class EngineBeneath(BaseAdapter):
    """An exchange in this process in the place of a network, and a stopwatch at its border."""

    def __init__(self, service: Service, clock: VirtualClock) -> None:
        super().__init__()
        self._service = service
        self._wire = DirectWire(service, clock)
        self.reset()

    def reset(self) -> None:
        """Start anew."""
        self.inside_s = 0.0
        self.order_at: float | None = None
        """When the newest first order reached the wire, less what the exchange had taken until then."""

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """Answer a request; the time in here is the exchange's."""
        began = time.perf_counter()
        split = urlsplit(str(request.url))
        endpoint = split.path.partition("/v3/")[2]
        if endpoint == "sendorder" and self.order_at is None:
            self.order_at = began - self.inside_s
        response = requests.Response()
        response.status_code, response.url, response.request = 200, str(request.url), request
        response.raw = io.BytesIO(self._answer(endpoint, split.query, request.body))
        self.inside_s += time.perf_counter() - began
        return response

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _answer(self, endpoint: str, query: str, body: object) -> bytes:
        text = body.decode() if isinstance(body, bytes) else str(body or "")
        params = dict(parse_qsl(query) + parse_qsl(text))
        name, _, symbol = endpoint.partition("/")
        if name == "tickers":
            name, params = "ticker", {"symbol": symbol}
        elif name in {"orders", "history"}:
            name = endpoint
        return orjson.dumps(self._wire.call(name, params), default=str)  # type: ignore[arg-type] # what is on the wire


class CalmMarket(ScriptedMarket):
    """Books with room for every order, whose price moves where it is told to."""

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        """Return the contracts."""
        return tuple(_spec(symbol) for symbol in SYMBOLS)

    def begin(self, now: float) -> list[MarketEvent]:
        """Return a book and a mark of each."""
        return [event for symbol in SYMBOLS for event in _picture(now, symbol, PRICE)]

    def show(self, now: float, symbol: str, price: float) -> None:
        """Move a symbol's book and mark."""
        self._events.extend(_picture(now, symbol, price))


def main() -> None:
    """Measure, and print the table."""
    table = Table(title=f"signal to order, {len(SYMBOLS)} symbols, the exchange's time taken off")
    for column in ("what", "result", "against its baseline", "bar"):
        table.add_column(column)
    for row in run():
        table.add_row(*row)
    Console().print(table)


def run() -> list[Row]:
    """Return one row a measurement: what, the result, the ratio to its baseline, the bar."""
    with tempfile.TemporaryDirectory(prefix="order-bench-") as folder, ExitStack() as stack:
        reached, sent = _signals_to_orders(_made_home(Path(folder)), stack)
    bare = _bare_ccxt()
    ratio = statistics.median(sent) / statistics.median(bare)
    return [
        ("pending signal to the order on the wire", _told(reached), "", "p99 <= 20 ms"),
        ("ccxt create_order alone, there and back", _told(bare), "", ""),
        (
            "the executor's order, journalled before and after, there and back",
            _told(sent),
            f"{ratio:.2f}x",
            "",
        ),
    ]


def _told(took: list[float]) -> str:
    p99 = statistics.quantiles(took, n=100)[98]
    return f"p50 {1e3 * statistics.median(took):.2f} ms, p99 {1e3 * p99:.2f} ms"


def _signals_to_orders(home: Home, stack: ExitStack) -> tuple[list[float], list[float]]:
    """Return the seconds of each signal to its order, and those of the executor alone."""
    clock, market = VirtualClock(NOON - 60), CalmMarket()
    beneath = EngineBeneath(a_service(market, clock=clock), clock)
    settings = _settings()
    exchange = _exchange(beneath, clock)
    files = disk_files(home, settings)
    desk = open_desk(
        home, exchange, files=files, settings=settings, instance="abc", speed=1.0, now=clock.now()
    )
    stack.callback(desk.close)
    cycle = build_bot_cycle(
        home,
        settings,
        desk,
        files=files,
        speed=1.0,
        unhealthy_workers=lambda: (),
        stakes=Stakes(max_equity_usd=None, trades_without_evidence=True),
    )
    stack.callback(cycle.close)
    windows: JsonlWriter[Features] = stack.enter_context(_writer(home, home.windows))
    pending: JsonlWriter[PendingEvent] = stack.enter_context(_writer(home, home.pending_journal))
    cycle.step(clock.now())
    reached: list[float] = []
    sent = _timed_entries(desk, beneath)
    for number in range(ROUNDS):
        ts, symbol = NOON + STEP_S * number, SYMBOLS[number % len(SYMBOLS)]
        clock.advance_by(ts + 0.05 - clock.now())
        cycle.step(clock.now())
        for each in SYMBOLS:
            windows.append(some_features(symbol=each, ts=ts))
        signal = a_signal(symbol=symbol, ts=ts)
        pending.append(
            PendingPut(ts=ts, signal_id=signal.signal_id, signal=signal, prediction=a_prediction(signal))
        )
        beneath.reset()
        began = time.perf_counter()
        cycle.step(clock.now())
        if beneath.order_at is None:
            raise RuntimeError(f"no order was sent: {desk.freeze_reasons()}")
        reached.append(beneath.order_at - began)
        _leave_with_a_gain(desk, market, clock, symbol)
    return reached, sent


def _timed_entries(desk: TradingDesk, beneath: EngineBeneath) -> list[float]:
    """Have each entry of the desk's executor timed, without the exchange; return the list that grows."""
    executor, took = desk._parts.executor, list[float]()  # noqa: SLF001 - a stopwatch around it
    enter = executor.enter

    def timed(*args: object, **kwargs: object) -> object:
        inside, began = beneath.inside_s, time.perf_counter()
        try:
            return enter(*args, **kwargs)  # type: ignore[arg-type] # passed on as they came
        finally:
            took.append(time.perf_counter() - began - (beneath.inside_s - inside))

    executor.enter = timed  # type: ignore[method-assign, assignment] # a stopwatch around it
    return took


def _leave_with_a_gain(desk: TradingDesk, market: CalmMarket, clock: VirtualClock, symbol: str) -> None:
    market.show(clock.now(), symbol, PRICE * 1.01)
    desk.exit(symbol, reason="target", now=clock.now())
    market.show(clock.now(), symbol, PRICE)
    clock.advance_by(2.0)
    desk.step(clock.now())
    if desk.positions():
        raise RuntimeError("the position was not left")


def _bare_ccxt() -> list[float]:
    """Return the seconds of each of ccxt's own orders."""
    clock = VirtualClock(NOON)
    beneath = EngineBeneath(a_service(CalmMarket(), clock=clock), clock)
    wire = KrakenWire(url=URL, api_key="key", api_secret=SECRET, deadline_s=10.0)
    urls = wire._ccxt.urls["api"]  # noqa: SLF001 - the same addresses
    client = ccxt.krakenfutures(
        {"apiKey": "key", "secret": SECRET, "enableRateLimit": False, "urls": {"api": urls}}
    )
    client.session.mount("http://", beneath)
    client.load_markets()
    took = []
    for number in range(BARE):
        side = "sell" if number % 2 else "buy"
        inside, began = beneath.inside_s, time.perf_counter()
        client.create_order("ETH/USD:USD", "market", side, 1)
        took.append(time.perf_counter() - began - (beneath.inside_s - inside))
    wire.close()
    return took


def _exchange(beneath: EngineBeneath, clock: VirtualClock) -> ExchangeSession:
    wire = KrakenWire(url=URL, api_key="key", api_secret=SECRET, deadline_s=10.0)
    wire._session.mount("http://", beneath)  # noqa: SLF001 - in the place of the network
    return ExchangeSession(wire, clock=clock)


def _settings() -> BotSettings:
    limits = msgspec.structs.replace(
        RiskLimits(), consecutive_losses=200, daily_loss_share=1.0, drawdown_share=1.0
    )
    return msgspec.structs.replace(SETTINGS, symbols=SYMBOLS, limits=limits)


def _spec(symbol: str) -> InstrumentSpec:
    base = symbol.removeprefix("PF_").removesuffix("USD")
    return InstrumentSpec(
        symbol=symbol,
        base="BTC" if base == "XBT" else base,
        tick_size=Decimal("0.1"),
        size_decimals=3,
        max_position=Decimal(10_000),
        margin_levels=LEVELS,
    )


def _picture(now: float, symbol: str, price: float) -> list[MarketEvent]:
    bids = tuple((price - 0.1 * (level + 1), 100.0) for level in range(5))
    asks = tuple((price + 0.1 * (level + 1), 100.0) for level in range(5))
    return [
        BookSnapshot(now, symbol, bids, asks),
        Reference(now, symbol, price, price, 0.0, 0.0, 1000.0),
    ]


def _made_home(root: Path) -> Home:
    home = Home(root)
    for folder in home.folders():
        folder.mkdir(parents=True)
    for config in CONFIGS.glob("*.json"):
        shutil.copy(config, home.configs)
    DocumentFile(home.weights, SignalWeights, writer="bench").write(some_weights())
    DocumentFile(home.edge_evidence, EdgeEvidence, writer="bench").write(some_evidence())
    return home


def _writer(home: Home, path: Path) -> JsonlWriter:  # type: ignore[type-arg] # each caller names its records
    return JsonlWriter(path, writer="bench", durability=Durability.KNOWLEDGE, quarantine=home.quarantine)
