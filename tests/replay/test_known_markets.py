"""On markets whose truth is known the bot earns what it must: the planted drift less what trading costs.

A look into the future would earn more, a wrong sign of money less; both leave the interval.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from src.exchange.simulator.markets.windows import SyntheticWindows
from src.records.base import Record
from src.records.ledger import LedgerEntry, PositionClosed
from src.report.run_report import read_run
from src.report.run_report_reading import Span
from src.simulation.plan import Plan
from src.store.jsonl import read_all
from tests.simulation_fakes import change, fresh_home, live, plan_of

BLOCK_S = 4 * 3600
DAYS = 5.0
WINDOW_S = 300
TAKER_BPS = 5.0
SETTINGS = {"window_s": WINDOW_S}
Z = 3.3
"""Standard errors that an interval reaches: one false alarm in a thousand."""


class Shown(Record, frozen=True, kw_only=True):
    """As much of a window as the cost of crossing it needs."""

    ts: float
    symbol: str
    mid: float | None
    spread_bps: float | None


@dataclass(frozen=True)
class Trade:
    """A round trip beside what the truth says of it; all in bps of the notional at entry."""

    block: int
    net_bps: float
    planted_bps: float
    cost_bps: float
    """Fees at the venue's rate and half the spread shown, both at entry and exit."""
    shown_bps: float | None
    """The move of the windows' mids while it was held; None where a stop ended it between two closes."""


def lived(folder: Path, *, edge: bool, seed: int, fee_gate: str) -> Plan:
    home = fresh_home(folder, **SETTINGS, paper={"edge": edge})
    change(home.policies, fee_gate=fee_gate, kelly="off")
    plan = plan_of(home, days=DAYS, seed=seed)
    live(plan)
    return plan


def trades_of(plan: Plan) -> Iterator[Trade]:
    """Yield every closed position with the drift that was planted while it was held."""
    truth = SyntheticWindows(
        plan.settings.symbols,
        seed=plan.seed,
        start=plan.start,
        window_s=plan.settings.window_s,
        messages_per_s=plan.settings.paper.messages_per_s,
        edge=plan.settings.paper.edge,
    )
    shown = {(window.symbol, window.ts): window for window in read_all(plan.home.windows, Shown)}
    entries: Iterator[LedgerEntry] = read_all(plan.home.fills, LedgerEntry)
    for entry in entries:
        if isinstance(entry, PositionClosed):
            yield _trade(entry, truth, shown)


def _trade(closed: PositionClosed, truth: SyntheticWindows, shown: dict[tuple[str, float], Shown]) -> Trade:
    notional = float(closed.entry_price * closed.size)
    begun, ended = _minute(closed.opened_ts), _minute(closed.ts)
    (mid, spread), (last_mid, last_spread) = (
        _known(shown[closed.symbol, _window(ts)]) for ts in (closed.opened_ts, closed.ts)
    )
    return Trade(
        block=int(closed.opened_ts // BLOCK_S),
        net_bps=1e4 * float(closed.gross_pnl_usd - closed.fees_usd) / notional,
        planted_bps=closed.direction.sign * truth.drift_bps(closed.symbol, begun, ended),
        cost_bps=2 * TAKER_BPS + (spread + last_spread) / 2,
        shown_bps=None
        if closed.exit_reason == "stop"
        else closed.direction.sign * 1e4 * (last_mid / mid - 1),
    )


def _known(window: Shown) -> tuple[float, float]:
    if window.mid is None or window.spread_bps is None:
        raise ValueError(f"a trade on a market that showed no price: {window}")
    return window.mid, window.spread_bps


def _minute(ts: float) -> float:
    return math.floor(ts / 60) * 60.0


def _window(ts: float) -> float:
    return float(math.floor(ts / WINDOW_S) * WINDOW_S)


def mean_and_error(trades: list[Trade], values: list[float]) -> tuple[float, float]:
    """Return the mean over trades and its standard error over blocks of time (a ratio of block sums)."""
    blocks = np.array([trade.block for trade in trades])
    mean = float(np.mean(values))
    excess = np.array(values) - mean
    sums = [excess[blocks == block].sum() for block in np.unique(blocks)]
    return mean, math.sqrt(float(np.sum(np.square(sums)))) / len(values)


@pytest.mark.timeout(300)
def test_without_an_edge_an_open_gate_loses_what_trading_costs(tmp_path: Path) -> None:
    trades = list(trades_of(lived(tmp_path, edge=False, seed=11, fee_gate="off")))

    mean, error = mean_and_error(trades, [trade.net_bps + trade.cost_bps for trade in trades])
    cost = float(np.mean([trade.cost_bps for trade in trades]))
    assert len(trades) > 200
    assert error < cost / 2, "an interval that the cost itself would fit into proves nothing"
    assert abs(mean) < Z * error, f"net is {mean:+.1f} bps above minus cost, standard error {error:.1f}"
    _require_exact_money(trades)


@pytest.mark.timeout(300)
def test_with_a_planted_edge_a_trade_earns_the_edge_less_its_cost(tmp_path: Path) -> None:
    trades = list(trades_of(lived(tmp_path, edge=True, seed=12, fee_gate="off")))

    expected = [trade.planted_bps - trade.cost_bps for trade in trades]
    mean, error = mean_and_error(
        trades, [trade.net_bps - wanted for trade, wanted in zip(trades, expected, strict=True)]
    )
    planted, planted_error = mean_and_error(trades, [trade.planted_bps for trade in trades])
    assert len(trades) > 200
    assert error < planted / 5, "an interval that the edge itself would fit into proves nothing"
    assert abs(mean) < Z * error, f"net is {mean:+.1f} bps off edge minus cost, standard error {error:.1f}"
    assert planted > Z * planted_error, "the gate lets through what the edge is in"
    _require_exact_money(trades)


@pytest.mark.timeout(300)
def test_without_an_edge_the_report_shows_the_fee_gate_stopping_trade(tmp_path: Path) -> None:
    plan = lived(tmp_path, edge=False, seed=13, fee_gate="on")

    later = Span(plan.end - 2 * 86_400, plan.end)
    funnel = read_run(plan.home, span=later, progress=lambda _name, _done, _total: None).funnel
    assert funnel.decisions > 1_000
    assert funnel.checks["fees"].blocked > 0.95 * funnel.decisions
    assert funnel.passed < 6


def _require_exact_money(trades: list[Trade]) -> None:
    """Demand that what the ledger says is the shown move less the cost: here nothing is left to chance."""
    left = [
        trade.net_bps + trade.cost_bps - trade.shown_bps for trade in trades if trade.shown_bps is not None
    ]
    assert len(left) > 100
    assert abs(float(np.mean(left))) < 0.5, f"{np.mean(left):+.2f} bps are neither move nor cost"
    assert float(np.std(left)) < 3.0
