"""A live market whose venue says what the test says, and an exchange that passes a second exchange's market on."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import orjson
import requests

from src.clock import AnchoredClock
from src.exchange.simulator.events import MarketEvent
from src.exchange.simulator.markets.kraken import KrakenMarket, UpstreamItem
from src.exchange.simulator.markets.kraken_rest import KrakenRest
from src.exchange.simulator.server import ExchangeRun, run_paper_exchange
from src.net.inbox import Inbox
from src.net.websocket import Closed, Opened
from src.records.operations import ExchangeEndpoint
from src.simulation.clock import VirtualClock
from src.store.home import prepare_home
from tests.paper_exchange_fakes import ETH, SPECS, START, XBT
from tests.paper_exchange_server import ROOT, SYMBOLS, bot_settings, without_limits

Answers = dict[str, object]
SPEC_ROWS: tuple[dict[str, object], ...] = tuple(
    {
        "symbol": spec.symbol,
        "type": "flexible_futures",
        "base": spec.base,
        "tradeable": True,
        "tickSize": float(spec.tick_size),
        "contractValueTradePrecision": spec.size_decimals,
        "maxPositionSize": float(spec.max_position),
        "marginLevels": [
            {"numNonContractUnits": float(a), "initialMargin": float(b), "maintenanceMargin": float(c)}
            for a, b, c in spec.margin_levels
        ],
        "fundingRateCoefficient": 8,
        "maxRelativeFundingRate": 0.005,
    }
    for spec in SPECS
)


@dataclass
class FakeUpstream:
    """Connections that only note what is asked of them."""

    sent: list[dict[str, object]] = field(default_factory=list)
    listings_asked: int = 0
    alive: bool = True
    closed: bool = False

    def send(self, text: str) -> bool:
        self.sent.append(orjson.loads(text))
        return True

    def ask_listing(self) -> None:
        self.listings_asked += 1

    def is_alive(self) -> bool:
        return self.alive

    def close(self) -> None:
        self.closed = True


class ToldVenue:
    """A live market and everything that its venue could say."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.upstream = FakeUpstream()
        self.answers: Answers = {
            "instruments": {"result": "success", "instruments": list(SPEC_ROWS)},
            "charts": {"candles": []},
        }
        self.asked: list[tuple[str, dict[str, str | int]]] = []
        self.inbox: Inbox[UpstreamItem] = Inbox(capacity=100, now=self.clock.now)
        self.rest = KrakenRest(
            "http://venue", self._get, now=self.clock.now, real=self.clock.real, sleep=self.clock.advance_by
        )
        self.market = KrakenMarket(SPECS, rest=self.rest, inbox=self.inbox, upstream=self.upstream)
        self.seqs = {XBT: 10, ETH: 10}

    def _get(self, url: str, params: Mapping[str, str | int]) -> bytes:
        self.asked.append((url, dict(params)))
        answer = next(answer for name, answer in self.answers.items() if name in url)
        if isinstance(answer, Exception):
            raise answer
        return orjson.dumps(answer)

    def opened(self) -> None:
        self.inbox.put(Opened())

    def closed(self) -> None:
        self.inbox.put(Closed("gone"))

    def says(self, message: object) -> None:
        self.inbox.put(orjson.dumps(message))

    def book(
        self,
        *,
        bids: tuple[tuple[float, float], ...] = ((99.0, 5.0), (98.0, 5.0)),
        asks: tuple[tuple[float, float], ...] = ((101.0, 5.0), (102.0, 5.0)),
        symbol: str = XBT,
    ) -> None:
        sides = {
            name: [{"price": p, "qty": q} for p, q in side] for name, side in (("bids", bids), ("asks", asks))
        }
        self.says({"feed": "book_snapshot", "product_id": symbol, "seq": self.seqs[symbol], **sides})

    def level(
        self, side: str, price: float, qty: float, *, symbol: str = XBT, seq: int | None = None
    ) -> None:
        self.seqs[symbol] = self.seqs[symbol] + 1 if seq is None else seq
        told = {"side": side, "price": price, "qty": qty, "seq": self.seqs[symbol]}
        self.says({"feed": "book", "product_id": symbol, **told})

    def trade(self, price: float, *, seq: int, kind: str = "fill", symbol: str = XBT) -> None:
        told = {"side": "sell", "type": kind, "seq": seq, "qty": 1.0, "price": price}
        self.says({"feed": "trade", "product_id": symbol, **told})

    def ticker(self, mark: float = 100.0, *, symbol: str = XBT, **more: object) -> None:
        told = {"markPrice": mark, "index": mark, "funding_rate": 0.01, "funding_rate_prediction": 0.02}
        self.says({"feed": "ticker", "product_id": symbol, "openInterest": 7.0, **told, **more})

    def everything(self) -> list[MarketEvent]:
        """Connect, and tell the whole state of both contracts."""
        self.opened()
        for symbol in (XBT, ETH):
            self.book(symbol=symbol)
            self.ticker(symbol=symbol)
        return self.step()

    def step(self, after_s: float = 0.0) -> list[MarketEvent]:
        self.clock.advance_by(after_s)
        return self.market.step(self.clock.now())


@dataclass
class Running:
    """A served exchange."""

    endpoint: ExchangeEndpoint
    failures: list[BaseException]
    ended: threading.Event

    @property
    def url(self) -> str:
        return self.endpoint.url


@contextmanager
def running(root: Path, market: str, clock: AnchoredClock) -> Iterator[Running]:
    """Serve a lively market from a home until the block is left."""
    home = prepare_home(root, ROOT / "configs")
    without_limits(home)
    usual = bot_settings(SYMBOLS)
    paper = msgspec.structs.replace(usual.paper, messages_per_s=20.0)
    lively = msgspec.structs.replace(usual, paper=paper)
    run = ExchangeRun(home=home, clock=clock, settings=lively, market=market, seed=1)
    serving, stopping, ended = threading.Event(), threading.Event(), threading.Event()
    found: list[ExchangeEndpoint] = []
    failures: list[BaseException] = []

    def on_serving(endpoint: ExchangeEndpoint) -> None:
        found.append(endpoint)
        serving.set()

    def body() -> None:
        try:
            run_paper_exchange(run, stopped=stopping.is_set, on_serving=on_serving)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            failures.append(error)
        finally:
            ended.set()
            serving.set()

    thread = threading.Thread(target=body, name="exchange")
    thread.start()
    try:
        assert serving.wait(30)
        assert found, failures
        yield Running(found[0], failures, ended)
    finally:
        stopping.set()
        thread.join(15)
        assert not thread.is_alive()


def order_faults(endpoint: ExchangeEndpoint, **plan: object) -> None:
    """Order a plan of faults of a served exchange."""
    token = {"Authorization": f"Bearer {endpoint.admin_token}"}
    url = f"{endpoint.url}/admin/faults"
    answer = requests.post(url, json={"rate_limit": "off", **plan}, headers=token, timeout=5)
    assert answer.status_code == 200, answer.text


def until(holds: Callable[[], object], *, within_s: float = 10.0) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)
