"""From what was asked to what is started: home, lock, configs, binding, clock."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from src.alerts.targets import Targets, read_targets
from src.cli.clock_file import refuse_ended_market, start_clock
from src.cli.configs import load_all
from src.cli.live_terms import refuse_unproven
from src.cli.options import project_root
from src.clock import anchor_now
from src.exchange.simulator.instruments import INSTRUMENTS
from src.exchange.simulator.markets.spec import market_start, refuse_bars, refuse_pace
from src.exchange.venue import Venue, open_venue
from src.records.policies import Components
from src.records.settings import BotSettings
from src.risk.confirmed import confirm_limits
from src.signal_weight_learner import ensure_default_weights
from src.store.config import ConfigFile
from src.store.home import bind, prepare_home
from src.store.lock import HomeLock
from src.supervision.shell import Launch

MODES = ("paper", "demo", "live")
SYMBOL = re.compile(r"^[A-Z0-9_]{1,32}$")


class UsageError(Exception):
    """What was asked cannot be done; the text says what to do instead."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    home: Path
    mode: str
    market: str
    symbols: tuple[str, ...] | None
    seed: int
    speed: float
    duration_s: float | None
    confirm_limits: bool = False
    """Whether hard limits may be looser than at the last start."""


@contextmanager
def prepared(asked: Options) -> Iterator[tuple[Launch, Venue | None, Targets]]:
    """Hold a home that is ready to run what was asked; the venue is None where it is ours to start.

    The venue and the targets hold secrets, so they stand beside the launch, which every worker gets.

    Raises:
        MissingKeys: the mode needs keys that nobody gave.
        UsageError: the options contradict each other.
        NotProven: real money, and something that has to come first is missing.
        ConfigError: one or more configs cannot be used; all faults at once.
        HomeLocked: another instance runs here.
        LimitsLoosened: a hard limit is looser than at the last start, unconfirmed.
        HomeMismatch: the home is bound to another mode, kind of market or account.
        MarketSpecError: the market is none, or has ended by this home's clock.
    """
    _check(asked)
    if asked.mode == "paper":
        refuse_bars(asked.market)
        refuse_pace(asked.market, asked.speed)
        market_start(asked.market)
    home = prepare_home(asked.home, project_root() / "configs")
    with HomeLock(home):
        settings = _overridden(load_all(home), asked)
        targets = read_targets(home)
        if asked.mode == "live":
            refuse_unproven(home, settings, targets)
        venue = None if asked.mode == "paper" else open_venue(asked.mode, home)
        identity = bind(
            home,
            mode=asked.mode,
            market_kind="kraken" if venue else asked.market.partition(":")[0],
            account=hashlib.sha256(venue.api_key.encode()).hexdigest()[:12] if venue else "paper",
            ts=anchor_now(speed=1.0).wall_origin,
        )
        anchor = start_clock(home, market=asked.market, speed=asked.speed, writer="main")
        confirm_limits(
            home, settings.limits, confirmed=asked.confirm_limits, ts=anchor_now(speed=1.0).wall_origin
        )
        ensure_default_weights(home, ConfigFile(home.components, Components).load(), anchor.market_origin)
        if venue is None:
            refuse_ended_market(asked.market, anchor.market_origin)
        launch = Launch(
            home_root=home.root,
            settings=settings,
            anchor=anchor,
            instance=identity.instance,
            mode=asked.mode,
            market=asked.market,
            seed=asked.seed,
            duration_s=asked.duration_s,
        )
        yield launch, venue, targets


def _check(asked: Options) -> None:
    if asked.mode not in MODES:
        raise UsageError(f"--mode must be one of {', '.join(MODES)}, not {asked.mode!r}")
    if asked.mode != "paper" and asked.speed != 1.0:
        raise UsageError("--speed scales the paper market's clock; the real market runs at its own speed")
    if not 0.1 <= asked.speed <= 1000:
        raise UsageError(f"--speed must lie in 0.1..1000, not {asked.speed:g}")
    if asked.mode != "paper" and asked.market != "synthetic":
        raise UsageError("--market belongs to paper mode; demo and live read their own exchange")


def _overridden(settings: BotSettings, asked: Options) -> BotSettings:
    """Return the settings with the command line's symbols; UsageError for what is no symbol or not listed."""
    symbols = asked.symbols or settings.symbols
    for symbol in symbols:
        if not SYMBOL.match(symbol):
            raise UsageError(f"not a symbol: {symbol!r}; Kraken's look like PF_XBTUSD")
        if asked.mode == "paper" and asked.market == "synthetic" and symbol not in INSTRUMENTS:
            raise UsageError(
                f"the synthetic market does not list {symbol}; it has {', '.join(sorted(INSTRUMENTS))}"
            )
    leader = settings.leader if settings.leader in symbols else symbols[0]
    return msgspec.structs.replace(settings, symbols=symbols, leader=leader)
