"""Homes with made-up runs: a few days of market, signals, decisions, trades, outcomes and learning."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

from src.learning.outcome import return_bps
from src.ledger.book import Ledger
from src.records.base import Line, Record
from src.records.decisions import Decision, Verdict
from src.records.enums import (
    COMPONENTS,
    HORIZONS_S,
    Direction,
    Disposition,
    OrderPurpose,
    OrderType,
    Regime,
    Ruling,
    Side,
    Strategy,
)
from src.records.features import Features
from src.records.learning import AuditKind, LearningAudit
from src.records.ledger import FillBooked, LedgerEntry, LedgerOpened
from src.records.orders import OrderIntent, OrderState, OrderUpdate
from src.records.outcomes import EnrichedDecision, Execution
from src.records.predictions import Prediction
from src.records.signals import Signal, signal_id
from src.store.home import bind, prepare_home
from src.store.jsonl import Durability, JsonlWriter
from src.store.paths import Home
from tests.record_fakes import ROOT, made

START = 1_800_000_000.0
"""A whole number of four-hour blocks."""
CHECKS = ("prediction", "score", "ofi", "fees", "correlation", "intelligence", "pre_entry.spread", "size")
COST_BPS = 14.0
HOLD_WINDOWS = 12

R = TypeVar("R", bound=Record)


def a(record: type[R], **changes: object) -> R:
    """Return a made-up record with some values of the test's own."""
    return msgspec.structs.replace(made(record, full=True), **changes)  # type: ignore[return-value] # made is of it


def a_home(root: Path) -> Home:
    """Return a new home with the default configs."""
    return prepare_home(root, ROOT / "configs")


def append(path: Path, *lines: Line) -> None:
    """Add lines to a file as their process would."""
    with JsonlWriter[Line](
        path, writer="test", durability=Durability.TELEMETRY, quarantine=path.parent
    ) as file:
        for line in lines:
            file.append(line)


@dataclass(kw_only=True)
class MadeUpRun:
    """What to make; ``price`` tells the mid of a symbol's window, else it walks at random."""

    days: float = 1.0
    symbols: tuple[str, ...] = ("PF_XBTUSD", "PF_ETHUSD")
    window_s: float = 300.0
    passed_share: float = 0.1
    """Of the decisions."""
    seed: int = 1
    learning: bool = True
    price: Callable[[str, int], float] | None = None
    lines: dict[str, list[Line]] = field(default_factory=dict)


def a_run(root: Path, run: MadeUpRun | None = None) -> Home:
    """Return a home that holds a run."""
    story = run or MadeUpRun()
    home = a_home(root)
    bind(home, mode="paper", market_kind="synthetic", account="paper", ts=START, instance="abc")
    _Maker(story).make()
    for name, lines in story.lines.items():
        append(getattr(home, name), *lines)
    return home


class _Maker:
    def __init__(self, run: MadeUpRun) -> None:
        self.run = run
        self.rng = random.Random(run.seed)
        self.window = a(Features)
        self.signal = a(Signal, votes=(), ofi=0.4)
        self.prediction = a(Prediction, members=())
        self.decision = a(Decision, verdicts=(), size_factors=(), blocked_by=())
        self.row = a(EnrichedDecision, execution=None)
        self.audit = a(LearningAudit)
        self.ledger = Ledger()
        self.held_until: dict[str, int] = {}
        self.late: list[tuple[float, Callable[[], None]]] = []

    def make(self) -> None:
        run = self.run
        count = round(run.days * 86400 / run.window_s)
        self.paths = {symbol: self._path(symbol, count + 1) for symbol in run.symbols}
        self._book(LedgerOpened(ts=START, balance_usd=Decimal(10_000)))
        for number in range(1, count + 1):
            ts = START + number * run.window_s
            for symbol in run.symbols:
                self._window(symbol, number, ts)
            for due, act in sorted((late for late in self.late if late[0] <= ts), key=lambda late: late[0]):
                self.late = [late for late in self.late if late[1] is not act]
                assert due <= ts
                act()
        if run.learning:
            self._learn(count)

    def _path(self, symbol: str, count: int) -> list[float]:
        if self.run.price is not None:
            return [self.run.price(symbol, number) for number in range(count)]
        mid, path = 60_000.0 if symbol == "PF_XBTUSD" else 3_000.0, []
        for _ in range(count):
            path.append(round(mid, 2))
            mid *= 1 + self.rng.gauss(0, 0.0008 * (self.run.window_s / 300) ** 0.5)
        return path

    def _write(self, name: str, line: Line) -> None:
        self.run.lines.setdefault(name, []).append(line)

    def _window(self, symbol: str, number: int, ts: float) -> None:
        mid = self.paths[symbol][number]
        self._write(
            "windows",
            msgspec.structs.replace(
                self.window, ts=ts, recorded_at=ts + 0.05, symbol=symbol, window_s=self.run.window_s, mid=mid
            ),
        )
        for strategy in Strategy:
            if self.rng.random() < 0.6:
                self._signal(symbol, strategy, number, ts, mid)

    def _signal(self, symbol: str, strategy: Strategy, number: int, ts: float, mid: float) -> None:
        direction = self.rng.choice(list(Direction))
        name = signal_id(symbol=symbol, strategy=strategy, ts=ts)
        regime = self.rng.choice(list(Regime))
        known = {"signal_id": name, "symbol": symbol, "direction": direction}
        odds = min(max(self.rng.gauss(0.52, 0.04), 0.3), 0.7)
        self._write(
            "predictive_signals",
            msgspec.structs.replace(
                self.signal, ts=ts, recorded_at=ts, strategy=strategy, price=mid, regime=regime, **known
            ),
        )
        self._write(
            "ensemble_predictions",
            msgspec.structs.replace(self.prediction, ts=ts, recorded_at=ts, win_probability=odds, **known),
        )
        free = number + HOLD_WINDOWS < len(self.paths[symbol]) and self.held_until.get(symbol, 0) < number
        trades = free and self.rng.random() < self.run.passed_share
        blocked = () if trades else tuple(check for check in CHECKS if self._blocks(check)) or ("fees",)
        self._write("decisions", self._decision(name, symbol, strategy, direction, ts, mid, blocked))
        execution = self._trade(name, symbol, strategy, direction, number, ts) if trades else None
        self._outcome(name, symbol, strategy, direction, number, ts, odds, regime, blocked, execution)

    def _blocks(self, check: str) -> bool:
        return self.rng.random() < {"fees": 0.9, "ofi": 0.6, "score": 0.2, "intelligence": 0.1}.get(
            check, 0.01
        )

    def _decision(
        self,
        name: str,
        symbol: str,
        strategy: Strategy,
        direction: Direction,
        ts: float,
        mid: float,
        blocked: tuple[str, ...],
    ) -> Decision:
        verdicts = tuple(
            Verdict(
                check=check,
                ruling=Ruling.BLOCK if check in blocked else Ruling.PASS,
                measured=0.1,
                required=0.2,
                unit="score",
                reason="below_requirement" if check in blocked else "",
            )
            for check in CHECKS
        )
        return msgspec.structs.replace(
            self.decision,
            ts=ts + 0.1,
            signal_id=name,
            signal_ts=ts,
            symbol=symbol,
            strategy=strategy,
            direction=direction,
            should_trade=not blocked,
            price=mid,
            size_usd=0.0 if blocked else 1000.0,
            blocked_by=blocked,
            verdicts=verdicts,
        )

    def _trade(
        self, name: str, symbol: str, strategy: Strategy, direction: Direction, number: int, ts: float
    ) -> Execution:
        mid, size = self.paths[symbol][number], Decimal(str(round(1000 / self.paths[symbol][number], 4)))
        side = Side.BUY if direction is Direction.LONG else Side.SELL
        stop = Decimal(str(round(mid * (1 - direction.sign * 0.006), 2)))
        leave, stopped = number + HOLD_WINDOWS, False
        for later in range(number + 1, leave + 1):
            if direction.sign * (self.paths[symbol][later] - float(stop)) <= 0:
                leave, stopped = later, True
                break
        self.held_until[symbol] = leave
        left = START + leave * self.run.window_s
        intent = self._intent(name, symbol, strategy, direction, side, size)
        entry = Decimal(str(round(mid * (1 + direction.sign * 0.0002), 2)))
        out = float(stop) if stopped else self.paths[symbol][leave]
        price = Decimal(str(round(out * (1 - direction.sign * 0.0003), 2)))
        self._order(intent(OrderPurpose.ENTRY, ts + 0.1, None), size)
        self._order(intent(OrderPurpose.STOP, ts + 0.3, stop), Decimal(0))
        fill = self._fill(name, symbol, strategy, size)
        self._book(fill(ts + 0.2, side, entry, "ENTRY", "signal"))
        purpose = "STOP" if stopped else "EXIT"
        closing = fill(
            left + 0.4,
            Side.SELL if side is Side.BUY else Side.BUY,
            price,
            purpose,
            "stop" if stopped else self.rng.choice(("target", "trailing", "maximum_hold")),
        )

        def close() -> None:
            if not stopped:
                self._order(intent(OrderPurpose.EXIT, left + 0.2, None), size)
            self._book(closing)

        self.late.append((left, close))
        value = float(entry * size)
        gross = direction.sign * float((price - entry) * size)
        net = gross - 2 * 0.0005 * value
        return a(
            Execution,
            opened_ts=ts + 0.2,
            closed_ts=left + 0.4,
            size_usd=value,
            net_pnl_usd=net,
            net_bps=1e4 * net / value,
        )

    def _intent(
        self, name: str, symbol: str, strategy: Strategy, direction: Direction, side: Side, size: Decimal
    ) -> Callable[[OrderPurpose, float, Decimal | None], OrderIntent]:
        types = {"ENTRY": OrderType.IOC, "STOP": OrderType.STOP, "EXIT": OrderType.MARKET}

        def intent(purpose: OrderPurpose, ts: float, stop_price: Decimal | None) -> OrderIntent:
            return a(
                OrderIntent,
                ts=ts,
                cli_ord_id=f"{purpose.value}-{name}",
                position_id=name,
                signal_id=name,
                purpose=purpose,
                symbol=symbol,
                strategy=strategy,
                direction=direction,
                side=side if purpose is OrderPurpose.ENTRY else Side.BUY if side is Side.SELL else Side.SELL,
                order_type=types[purpose.value],
                size=size,
                stop_price=stop_price,
            )

        return intent

    def _order(self, intent: OrderIntent, filled: Decimal) -> None:
        self._write("orders", intent)
        self._write(
            "orders",
            a(
                OrderUpdate,
                ts=intent.ts + 0.1,
                cli_ord_id=intent.cli_ord_id,
                state=OrderState.DONE,
                filled=filled,
            ),
        )

    def _fill(
        self, name: str, symbol: str, strategy: Strategy, size: Decimal
    ) -> Callable[[float, Side, Decimal, str, str], FillBooked]:
        def fill(ts: float, side: Side, price: Decimal, purpose: str, reason: str) -> FillBooked:
            return FillBooked(
                ts=ts,
                fill_id=f"{purpose}-{name}",
                order_id=f"{purpose}-{name}",
                cli_ord_id=f"{purpose}-{name}",
                position_id=name,
                signal_id=name,
                symbol=symbol,
                strategy=strategy,
                side=side,
                size=size,
                price=price,
                fee_usd=size * price * Decimal("0.0005"),
                fill_type="taker",
                reason=reason,
            )

        return fill

    def _book(self, entry: LedgerEntry) -> None:
        self.ledger.book(entry)
        self._write("fills", entry)
        while self.ledger.unwritten:
            closing = self.ledger.unwritten[0]
            self.ledger.book(closing)
            self._write("fills", closing)

    def _outcome(  # noqa: PLR0917 - what a row is made of
        self,
        name: str,
        symbol: str,
        strategy: Strategy,
        direction: Direction,
        number: int,
        ts: float,
        odds: float,
        regime: Regime,
        blocked: tuple[str, ...],
        execution: Execution | None,
    ) -> None:
        path = self.paths[symbol]
        net: dict[str, float | None] = {}
        for label, seconds in HORIZONS_S.items():
            later = number + max(1, round(seconds / self.run.window_s))
            gain = None if later >= len(path) else direction.sign * return_bps(path[number], path[later])
            net[label] = None if gain is None else gain - COST_BPS
        if net["1h"] is None:
            return
        self._write(
            "enriched_decisions",
            msgspec.structs.replace(
                self.row,
                ts=ts + 3600,
                signal_id=name,
                signal_ts=ts,
                symbol=symbol,
                strategy=strategy,
                direction=direction,
                disposition=Disposition.BLOCKED if blocked else Disposition.EXECUTED,
                blocked_by=blocked,
                regime=regime,
                win_probability=odds,
                counterfactual_net_bps=net,
                execution=execution,
                cost_bps=COST_BPS,
            ),
        )

    def _learn(self, count: int) -> None:
        value, weights = 0.5, dict.fromkeys(COMPONENTS, 0.1)
        for cycle in range(1, round(count * self.run.window_s / 43_200) + 1):
            ts = START + cycle * 43_200
            fresh = round(value - 0.05 if cycle % 2 else value + 0.05, 2)
            self._change(ts, "long_ofi_requirement", value, fresh)
            moved = weights | {"ofi_momentum": 0.1 + 0.01 * cycle, "hurst": 0.1 - 0.01 * cycle}
            self._change(ts, "weights", weights, moved)
            value, weights = fresh, moved

    def _change(self, ts: float, target: str, old: object, new: object) -> None:
        self._write(
            "learning_audit",
            msgspec.structs.replace(
                self.audit,
                ts=ts,
                cycle_id=f"cycle-{round(ts)}",
                kind=AuditKind.CHANGE,
                target=target,
                old=old,
                new=new,
                reason="the band below the requirement gained",
            ),
        )
