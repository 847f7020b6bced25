"""Made-up signals, decisions, tapes and homes for the learning loop."""

import shutil
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

from src.learning.price_tape import WindowMid
from src.learning.streams import Sink
from src.records.base import Line
from src.records.decisions import Decision
from src.records.enums import (
    COMPONENTS,
    Direction,
    OrderPurpose,
    OrderType,
    Regime,
    Side,
    Strategy,
    Vote,
)
from src.records.ledger import FillBooked, PositionClosed
from src.records.orders import OrderIntent, OrderState, OrderUpdate
from src.records.predictions import Prediction
from src.records.settings import BotSettings
from src.records.signals import ComponentVote, Signal, signal_id
from src.store.config import ConfigFile
from src.store.jsonl import Durability, JsonlWriter
from src.store.paths import Home

PROJECT = Path(__file__).resolve().parents[1]
T0 = 1_760_000_400.0
"""A whole number of minutes."""


def make_signal(
    *,
    symbol: str = "PF_ETHUSD",
    ts: float = T0,
    strategy: Strategy = Strategy.OFI,
    direction: Direction = Direction.LONG,
    price: float = 100.0,
    ofi: float | None = 0.6,
) -> Signal:
    votes = tuple(
        ComponentVote(
            name=name,
            vote=Vote.ABSTAIN if place == 0 else (Vote.LONG, Vote.SHORT, Vote.NEUTRAL)[place % 3],
            confidence=0.0 if place == 0 else 0.5,
            reason="made_up",
            source="kraken",
            values={},
        )
        for place, name in enumerate(COMPONENTS)
    )
    return Signal(
        ts=ts,
        signal_id=signal_id(symbol=symbol, strategy=strategy, ts=ts),
        recorded_at=ts + 0.1,
        symbol=symbol,
        strategy=strategy,
        direction=direction,
        confidence=0.5,
        opposing_confidence=0.1,
        ofi=ofi,
        price=price,
        volatility_1h_bps=50.0,
        regime=Regime.WILD_UP,
        coverage=9,
        votes=votes,
    )


def make_prediction(signal: Signal) -> Prediction:
    return Prediction(
        ts=signal.ts,
        signal_id=signal.signal_id,
        recorded_at=signal.recorded_at + 0.1,
        symbol=signal.symbol,
        direction=signal.direction,
        win_probability=0.6,
        confidence=0.5,
        size_multiplier=1.0,
        evidence=0,
        members=(),
    )


def make_decision(signal: Signal, *, trade: bool, ts: float | None = None) -> Decision:
    return Decision(
        ts=signal.ts + 1 if ts is None else ts,
        signal_id=signal.signal_id,
        signal_ts=signal.ts,
        symbol=signal.symbol,
        strategy=signal.strategy,
        direction=signal.direction,
        should_trade=trade,
        score=0.3,
        conviction="MEDIUM",
        win_probability=0.6,
        expected_edge_bps=20.0,
        cost_bps=14.0,
        price=signal.price,
        size_usd=500.0 if trade else 0.0,
        size_factors=(),
        blocked_by=() if trade else ("ofi",),
        verdicts=(),
        weights_version="aaaaaaaaaaaa",
        policies_version="bbbbbbbbbbbb",
        coverage=9,
    )


def make_intent(signal: Signal, *, ts: float | None = None) -> OrderIntent:
    return OrderIntent(
        ts=signal.ts + 1 if ts is None else ts,
        cli_ord_id=f"tb{signal.signal_id[-10:]}",
        position_id=signal.signal_id,
        signal_id=signal.signal_id,
        purpose=OrderPurpose.ENTRY,
        symbol=signal.symbol,
        strategy=signal.strategy,
        direction=signal.direction,
        side=Side.BUY,
        order_type=OrderType.IOC,
        size=Decimal(5),
        limit_price=Decimal(101),
        stop_price=None,
        reduce_only=False,
        process_before=None,
        reason="signal",
    )


def make_update(
    signal: Signal, state: OrderState, *, filled: str = "0", ts: float | None = None
) -> OrderUpdate:
    return OrderUpdate(
        ts=signal.ts + 2 if ts is None else ts,
        cli_ord_id=f"tb{signal.signal_id[-10:]}",
        state=state,
        order_id="o-1",
        reason="placed",
        filled=Decimal(filled),
    )


def make_fill(signal: Signal) -> FillBooked:
    return FillBooked(
        ts=signal.ts + 2,
        fill_id=f"f-{signal.signal_id}",
        order_id="o-1",
        cli_ord_id=None,
        position_id=signal.signal_id,
        signal_id=signal.signal_id,
        symbol=signal.symbol,
        strategy=signal.strategy,
        side=Side.BUY,
        size=Decimal(5),
        price=Decimal(100),
        fee_usd=Decimal("0.25"),
        fill_type="taker",
    )


def make_close(signal: Signal, *, ts: float) -> PositionClosed:
    return PositionClosed(
        ts=ts,
        position_id=signal.signal_id,
        signal_id=signal.signal_id,
        symbol=signal.symbol,
        strategy=signal.strategy,
        direction=signal.direction,
        opened_ts=signal.ts + 2,
        size=Decimal(5),
        entry_price=Decimal(100),
        exit_price=Decimal(101),
        gross_pnl_usd=Decimal(5),
        fees_usd=Decimal("0.5"),
        funding_usd=Decimal(0),
        net_pnl_usd=Decimal("4.5"),
        exit_reason="target",
    )


def window(symbol: str, ts: float, mid: float | None) -> WindowMid:
    return WindowMid(ts=ts, symbol=symbol, mid=mid)


def minute_tape(
    symbols: Iterable[str], *, minutes: int, price: Callable[[str, int], float | None], start: float = T0
) -> list[WindowMid]:
    """Return a window a minute and symbol, from the start on."""
    return [
        window(symbol, start + 60 * minute, price(symbol, minute))
        for minute in range(minutes + 1)
        for symbol in symbols
    ]


class FakeClock:
    """A clock that stands where it is put; market and real time are one."""

    def __init__(self, now: float = T0) -> None:
        self.at = now
        self.speed = 1.0

    def now(self) -> float:
        return self.at

    def real(self) -> float:
        return self.at

    def wall(self) -> float:
        return self.at


def make_home(root: Path) -> Home:
    home = Home(root)
    for folder in home.folders():
        folder.mkdir(parents=True, exist_ok=True)
    for config in (PROJECT / "configs").glob("*.json"):
        shutil.copy(config, home.configs / config.name)
    return home


def make_settings(home: Home) -> BotSettings:
    return ConfigFile(home.bot_settings, BotSettings).load()


def open_writer(home: Home, path: Path) -> JsonlWriter[Line]:
    return JsonlWriter(path, writer="world", durability=Durability.TELEMETRY, quarantine=home.quarantine)


class Crash(Exception):
    """The process was killed."""


class Fuse:
    """Kills after so many appended lines; 0 never does."""

    def __init__(self, after: int = 0) -> None:
        self._left = after
        self.lines = 0

    def count(self) -> None:
        self.lines += 1
        self._left -= 1
        if self._left == 0:
            raise Crash


class FusedSink:
    """A writer that dies right after the line that burns the fuse."""

    def __init__(self, inner: Sink[Line], fuse: Fuse) -> None:
        self.inner = inner
        self._fuse = fuse

    @property
    def seq(self) -> int:
        return self.inner.seq

    def append(self, record: Line) -> int:
        number = self.inner.append(record)
        self._fuse.count()
        return number

    def sync(self) -> None:
        self.inner.sync()

    def close(self) -> None:
        self.inner.close()
