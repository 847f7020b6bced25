"""``python -m src paper-exchange``: the exchange alone, for a client of your own."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from src.cli.clock_file import refuse_ended_market, start_clock
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, home_of, project_root
from src.clock import AnchoredClock
from src.exchange.simulator.errors import (
    JournalGap,
    PortInUse,
    UnknownMarket,
    Unlisted,
    UpstreamChanged,
    UpstreamUnreachable,
)
from src.exchange.simulator.latency import steady
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.spec import refuse_bars, refuse_pace
from src.exchange.simulator.server import ExchangeRun, run_paper_exchange
from src.records.operations import ExchangeEndpoint
from src.records.settings import BotSettings, Delay, Latency
from src.store.config import ConfigFile
from src.store.errors import ConfigError, HomeLocked, HomeMismatch, MoneyFileError, StoreError
from src.store.home import bind, prepare_home
from src.store.lock import HomeLock
from src.store.paths import Home
from src.supervision.logs import configure_logging

CODES: dict[type[Exception], ExitCode] = {
    MarketSpecError: ExitCode.CONFIG,
    PortInUse: ExitCode.CONFIG,
    ConfigError: ExitCode.CONFIG,
    HomeMismatch: ExitCode.CONFIG,
    HomeLocked: ExitCode.HOME_IN_USE,
    MoneyFileError: ExitCode.MONEY_FILE,
    JournalGap: ExitCode.MONEY_FILE,
    Unlisted: ExitCode.CONFIG,
    UnknownMarket: ExitCode.CONFIG,
    UpstreamUnreachable: ExitCode.NO_EXCHANGE,
    UpstreamChanged: ExitCode.FAULT,
    StoreError: ExitCode.CONFIG,
    PermissionError: ExitCode.CONFIG,
}


def paper_exchange(
    *,
    home: HomeOption = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port on 127.0.0.1; 0 picks a free one. Default: that of the last start."),
    ] = None,
    market: Annotated[
        str, typer.Option(help="synthetic, tape:FILE, kraken (live) or kraken:URL.")
    ] = "synthetic",
    seed: Annotated[int, typer.Option(help="Seed of the synthetic market.")] = 1,
    speed: Annotated[float, typer.Option(help="Market seconds in a real one.")] = 1.0,
    latency: Annotated[
        str | None,
        typer.Option(
            help="Milliseconds, median and 99th percentile, of requests, answers and market data: "
            "off or as 80:300,60:250,60:250. Default: paper.latency of configs/bot.json."
        ),
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A plan of faults, see docs/paper_exchange.md. Default: run/faults/paper_exchange.json, if any.",
        ),
    ] = None,
) -> None:
    """Run the paper exchange alone; print its URL, API key and secret, a line each."""
    configure_logging("paper_exchange")
    try:
        folder = prepare_home(home_of(home).root, project_root() / "configs")
        with HomeLock(folder):
            _serve(folder, market=market, seed=seed, port=port, speed=speed, latency=latency, faults=faults)
    except tuple(CODES) as error:
        print(error, file=sys.stderr)
        code = next(code for kind, code in CODES.items() if isinstance(error, kind))
        raise typer.Exit(code) from error


def _serve(
    home: Home,
    *,
    market: str,
    seed: int,
    port: int | None,
    speed: float,
    latency: str | None,
    faults: Path | None,
) -> None:
    refuse_bars(market)
    refuse_pace(market, speed)
    settings = ConfigFile(home.bot_settings, BotSettings).load()
    if latency is not None:
        paper = msgspec.structs.replace(settings.paper, latency=_latency(latency))
        settings = msgspec.structs.replace(settings, paper=paper)
    clock = AnchoredClock(start_clock(home, market=market, speed=speed, writer="paper_exchange"))
    bind(home, mode="paper", market_kind=market.partition(":")[0], account="paper", ts=clock.now())
    refuse_ended_market(market, clock.now())
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, _frame: stopping.append(caught))
    run = ExchangeRun(
        home=home, clock=clock, settings=settings, market=market, seed=seed, port=port, faults=faults
    )
    run_paper_exchange(run, stopped=lambda: bool(stopping), on_serving=_show)


def _latency(text: str) -> Latency:
    """Return what ``--latency`` says; BadParameter where that is nothing."""
    if text == "off":
        return steady(0.0)
    try:
        request, answer, market_data = (_delay(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{text}: {error}", param_hint="--latency") from error
    return Latency(request=request, answer=answer, market_data=market_data)


def _delay(text: str) -> Delay:
    median_ms, p99_ms = (float(part) for part in text.split(":"))
    return msgspec.convert({"median_ms": median_ms, "p99_ms": p99_ms}, Delay)


def _show(endpoint: ExchangeEndpoint) -> None:
    print(endpoint.url)
    print(endpoint.api_key)
    print(endpoint.api_secret, flush=True)
