"""A paper exchange that really serves, in a thread of the test."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ccxt
import msgspec
import orjson

from src.clock import AnchoredClock, anchor_at
from src.exchange.simulator.fault_file import fault_file
from src.exchange.simulator.server import ExchangeRun, run_paper_exchange
from src.records.operations import ExchangeEndpoint
from src.records.settings import BotSettings
from src.store.home import prepare_home
from src.store.paths import Home
from tests.latency_fakes import AT_ONCE, without_latency

ROOT = Path(__file__).resolve().parents[1]
NOW = 1_795_330_000.0
SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")


@dataclass(frozen=True, slots=True)
class Served:
    """A running exchange."""

    home: Home
    endpoint: ExchangeEndpoint
    clock: AnchoredClock


@contextmanager
def served(
    root: Path,
    *,
    speed: float = 1.0,
    symbols: tuple[str, ...] = SYMBOLS,
    seed: int = 1,
    latency: Mapping[str, Mapping[str, float]] = AT_ONCE,
) -> Iterator[Served]:
    """Serve from a home on a free port until the block is left."""
    home = prepare_home(root, ROOT / "configs")
    without_limits(home)
    settings = bot_settings(symbols, latency=latency)
    clock = AnchoredClock(anchor_at(NOW, speed=speed))
    run = ExchangeRun(home=home, clock=clock, settings=settings, market="synthetic", seed=seed)
    serving, stopping = threading.Event(), threading.Event()
    found: list[ExchangeEndpoint] = []
    failures: list[BaseException] = []

    def on_serving(endpoint: ExchangeEndpoint) -> None:
        found.append(endpoint)
        serving.set()

    def body() -> None:
        try:
            run_paper_exchange(run, stopped=stopping.is_set, on_serving=on_serving)
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            serving.set()

    thread = threading.Thread(target=body, name="paper-exchange")
    thread.start()
    try:
        assert serving.wait(30)
        assert found, failures
        yield Served(home, found[0], clock)
    finally:
        stopping.set()
        thread.join(10)
        assert not thread.is_alive()


def without_limits(home: Home) -> None:
    """Let a home's exchange take as many requests as anybody cares to send, and answer at once."""
    without_latency(home)
    plan = fault_file(home)
    plan.parent.mkdir(exist_ok=True)
    plan.write_text('{"rate_limit": "off"}', "utf-8")


def bot_settings(
    symbols: tuple[str, ...], *, latency: Mapping[str, Mapping[str, float]] = AT_ONCE
) -> BotSettings:
    """Return the default settings for these symbols, and for an exchange that is not far away."""
    plain = orjson.loads((ROOT / "configs" / "bot.json").read_bytes())
    plain["paper"]["latency"] = latency
    known = {name: value for name, value in plain.items() if not name.startswith("_")}
    return msgspec.convert(known | {"symbols": symbols, "leader": symbols[0]}, BotSettings)


def ccxt_client(endpoint: ExchangeEndpoint) -> ccxt.krakenfutures:
    """Return an unmodified ccxt client of a served exchange, every address of it on loopback."""
    base = endpoint.url
    addresses = {
        "public": base + "/derivatives/api/",
        "private": base + "/derivatives/api/",
        "charts": base + "/api/charts/",
        "history": base + "/api/history/",
        "feeschedules": base + "/api/feeschedules/",
        "ws": base.replace("http", "ws") + "/ws/v1",
    }
    client = ccxt.krakenfutures(
        {
            "apiKey": endpoint.api_key,
            "secret": endpoint.api_secret,
            "timeout": 5000,
            "enableRateLimit": False,
            "urls": {"api": addresses},
        }
    )
    assert all(url.split("://")[1].startswith("127.0.0.1:") for url in client.urls["api"].values())
    return client
