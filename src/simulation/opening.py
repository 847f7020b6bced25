"""From a home and a wish to a stepped run that may begin, or go on."""

import math
from datetime import UTC, datetime
from functools import partial

import msgspec

from src.exchange.simulator.markets.bars_spec import BARS_PREFIX
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.factory import make_window_market
from src.exchange.simulator.markets.spec import (
    SYNTHETIC,
    TAPE_PREFIX,
    content_hash,
    market_end,
    market_start,
    market_symbols,
    refuse_live,
)
from src.records.policies import Components
from src.records.settings import BotSettings
from src.records.simulation import Resolution, SimulatedMarket, SimulationRun
from src.signal_weight_learner import ensure_default_weights
from src.simulation.manifest import run_file
from src.simulation.memory import RunMemory
from src.simulation.message_leg import MessageLeg
from src.simulation.plan import INSTANCE, Plan
from src.simulation.run import CannotResume, OpensLeg, SteppedRun
from src.simulation.window_leg import WindowLeg
from src.store.config import ConfigFile
from src.store.durable import replace_file
from src.store.home import bind
from src.store.paths import Home

MODE = "simulation"
FIRST_DAY = 1_767_225_600.0
"""2026-01-01T00:00:00Z: where a made-up market begins when nobody says otherwise."""
EARLIEST = 31_536_000.0
"""1971-01-01T00:00:00Z: a made-up market has a past of months, and no clock of ours counts below zero."""
LATEST = 253_370_764_800.0
"""9999-01-01T00:00:00Z: beyond it times cannot be written."""
DAY_S = 86_400.0


class HomeHoldsRun(Exception):
    """A home that a run began in: it can go on there, and not begin again."""


def first_window(market: str, start: float | None, *, window_s: float) -> float:
    """Return where a run begins: the first close of a window from ``start``, or the market's start, on.

    Raises MarketSpecError for a market that is none, or a start before the recording's or out of all reach.
    """
    if start is not None and not EARLIEST <= start <= LATEST:
        raise MarketSpecError("--start must lie in the years 1971 to 9998")
    refuse_live(market)
    known = market_start(market)
    if start is not None and known is not None and start < known:
        raise MarketSpecError(f"{market} begins later than the asked start, at {_readable(known)}")
    first = start if start is not None else (FIRST_DAY if known is None else known)
    return math.ceil(first / window_s) * window_s


def last_window(market: str, start: float, *, days: float | None, window_s: float) -> float:
    """Return where a run ends: ``days`` after its beginning, or at the recording's end if that comes first.

    Raises MarketSpecError where a market without an end is to be lived without one, or where not even one
    window fits.
    """
    if days is not None and not days > 0:
        raise MarketSpecError(f"--days must be above 0, not {days:g}")
    end = market_end(market)
    asked = math.inf if days is None else start + days * DAY_S
    reached = min(asked, math.inf if end is None else end)
    if math.isinf(reached):
        raise MarketSpecError(f"{market} has no end: say how long with --days")
    last = math.floor(reached / window_s) * window_s
    if last <= start:
        raise MarketSpecError(f"from {_readable(start)} to {_readable(reached)} there is no whole window")
    if last > LATEST:
        raise MarketSpecError(f"--days {days:g} goes beyond the year 9998")
    return float(last)


def stepped_settings(settings: BotSettings) -> BotSettings:
    """Return the settings without a recording of the market: it can be made again at any time."""
    recording = msgspec.structs.replace(settings.recording, keep_messages=False)
    return msgspec.structs.replace(settings, recording=recording)


def refuse_second_run(home: Home) -> None:
    """Raise HomeHoldsRun where a run began in the home."""
    if run_file(home).read() is not None:
        raise HomeHoldsRun(f"{home.root} holds a run already: go on with --resume, or name another --home")


def begin(plan: Plan, *, edge: bool, settings_text: bytes | None = None) -> SteppedRun:
    """Return a run that begins in a fresh home; nothing is written in a home that it cannot begin in.

    ``settings_text`` becomes the home's ``bot.json`` where the run is asked to be other than that says.

    Raises:
        HomeHoldsRun: one began before.
        HomeMismatch: a bot lives there.
        MarketSpecError: as ``leg_opener`` does.
    """
    refuse_second_run(plan.home)
    open_leg = leg_opener(plan)
    bind(
        plan.home,
        mode=MODE,
        market_kind=plan.market.partition(":")[0],
        account="paper",
        ts=plan.start,
        instance=INSTANCE,
    )
    if settings_text is not None:
        replace_file(plan.home.bot_settings, settings_text, durable=True)
    ensure_default_weights(plan.home, ConfigFile(plan.home.components, Components).load(), plan.start)
    market = SimulatedMarket(
        spec=plan.market,
        resolution=plan.resolution,
        seed=plan.seed,
        edge=edge if plan.market == SYNTHETIC else None,
        content_sha256=content_hash(plan.market),
    )
    return SteppedRun.begin(plan, market, open_leg=open_leg)


def known_run(home: Home) -> SimulationRun:
    """Return the manifest of the run in a home; CannotResume where there is none."""
    known = run_file(home).read()
    if known is None:
        raise CannotResume(f"{home.root} holds no run that could go on")
    return known


def resume(plan: Plan, known: SimulationRun) -> SteppedRun:
    """Return a run that goes on; CannotResume where program or market have changed since."""
    if content_hash(plan.market) != known.market.content_sha256:
        raise CannotResume(f"{plan.market} has changed since this run began")
    return SteppedRun.resume(plan, known, open_leg=leg_opener(plan))


def resumed_plan(home: Home, settings: BotSettings, known: SimulationRun, *, days: float | None) -> Plan:
    """Return the plan of a run that goes on: as it began, to the end that is asked for now or was then."""
    market = known.market
    return Plan(
        home=home,
        settings=stepped_settings(settings),
        market=market.spec,
        resolution=market.resolution,
        seed=market.seed,
        start=known.start_ts,
        end=known.end_ts
        if days is None
        else last_window(market.spec, known.start_ts, days=days, window_s=known.window_s),
        leg_windows=round(known.leg_s / known.window_s),
    )


def default_resolution(market: str) -> Resolution:
    """Return what a market is made of when nobody says otherwise: a tape of messages, all else of windows."""
    return Resolution.MESSAGES if market.startswith(TAPE_PREFIX) else Resolution.WINDOWS


def leg_opener(plan: Plan) -> OpensLeg:
    """Return what opens the legs of a run; a market of windows is made once, here.

    Raises MarketSpecError where the market has no such symbol, or cannot be read.
    """
    memory = RunMemory(plan.home)
    if plan.resolution is Resolution.MESSAGES:
        if plan.market.startswith(BARS_PREFIX):
            raise MarketSpecError("bars are made of windows: there are no messages of them to live")
        known = market_symbols(plan.market)
        strange = [] if known is None else [symbol for symbol in plan.tracked if symbol not in known]
        if known is not None and strange:
            raise MarketSpecError(f"{plan.market} has no {', '.join(strange)}; it has {', '.join(known)}")
        return partial(MessageLeg, memory=memory)
    if plan.market.startswith(TAPE_PREFIX):
        raise MarketSpecError("a tape is made of messages: there are no windows of it to live")
    market = make_window_market(
        plan.market,
        symbols=plan.tracked,
        seed=plan.seed,
        start=plan.start,
        window_s=plan.settings.window_s,
        settings=plan.settings.paper,
    )

    return partial(WindowLeg, market=market, memory=memory)


def _readable(ts: float) -> str:
    return f"{datetime.fromtimestamp(min(ts, LATEST), UTC):%Y-%m-%d %H:%M:%S}"
