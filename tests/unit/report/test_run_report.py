"""The numbers of whole made-up homes, against what can be counted in the records by hand."""

import math
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from src.records.decisions import Decision
from src.records.enums import Direction
from src.records.features import Features
from src.records.learning import AuditKind
from src.records.ledger import PositionClosed
from src.records.signals import Signal
from src.records.simulation import Resolution, SimulatedMarket, SimulationRun
from src.report.performance_split import DIMENSIONS
from src.report.run_report import RunReport, read_run
from src.report.run_report_reading import Span
from src.report.run_report_words import limits, open_result_usd, short_verdict, verdict
from src.store.document import DocumentFile
from src.store.errors import ConfigError
from src.store.paths import Home
from tests.report_fakes import COST_BPS, START, MadeUpRun, a, a_home, a_run, append


def silent(name: str, done: int, total: int) -> None:
    """Watch nothing."""


def report_of(home: Home, span: Span | None = None) -> RunReport:
    return read_run(home, span=span or Span(), progress=silent)


@pytest.fixture(scope="module")
def run() -> MadeUpRun:
    return MadeUpRun(days=3.0)


@pytest.fixture(scope="module")
def home(run: MadeUpRun, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return a_run(tmp_path_factory.mktemp("run"), run)


@pytest.fixture(scope="module")
def report(home: Home) -> RunReport:
    return report_of(home)


def closed(run: MadeUpRun) -> list[PositionClosed]:
    return [line for line in run.lines["fills"] if isinstance(line, PositionClosed)]


def test_funnel_counts_every_record_once(run: MadeUpRun, report: RunReport) -> None:
    funnel, lines = report.funnel, run.lines
    decisions = [line for line in lines["decisions"] if isinstance(line, Decision)]
    assert funnel.windows == funnel.priced == len(lines["windows"])
    assert funnel.signals == len(lines["predictive_signals"]) == sum(funnel.strategies.values())
    assert funnel.predictions == len(lines["ensemble_predictions"])
    assert funnel.decisions == len(decisions)
    assert funnel.passed == funnel.orders.sent == sum(decision.should_trade for decision in decisions)
    assert funnel.closed == len(closed(run))
    blocked = Counter(check for decision in decisions for check in decision.blocked_by)
    assert {name: count.blocked for name, count in funnel.checks.items() if count.blocked} == blocked


def test_profit_is_the_ledgers_to_the_cent_however_it_is_split(run: MadeUpRun, report: RunReport) -> None:
    net = sum((line.net_pnl_usd for line in closed(run)), Decimal(0))
    total = report.trades.total
    assert total.net_usd == net
    assert sum(total.parts.values()) == pytest.approx(net, abs=Decimal("1e-18"))
    assert set(report.trades.by) == set(DIMENSIONS)
    for splits in report.trades.by.values():
        assert sum(split.net_usd for split in splits.values()) == pytest.approx(net, abs=Decimal("1e-18"))
        assert sum(split.trades for split in splits.values()) == total.trades
    assert {Direction.LONG.value, Direction.SHORT.value} == set(report.trades.by["direction"])
    assert "unknown" not in report.trades.by["regime"]


def test_costs_of_the_made_up_market_are_found_again(report: RunReport) -> None:
    total = report.trades.total
    assert total.bps(total.parts["fees"]) == pytest.approx(-10.0, abs=0.1)
    assert total.bps(total.parts["slippage"]) == pytest.approx(-5.0, abs=0.3)
    assert report.outcomes.mean_cost_bps == pytest.approx(COST_BPS)


def test_market_without_an_edge_loses_its_costs_within_the_interval(report: RunReport) -> None:
    mean = report.trades.mean_bps
    paid = report.trades.total.bps(report.trades.total.parts["fees"] + report.trades.total.parts["slippage"])
    assert mean.low is not None
    assert mean.high is not None
    assert paid is not None
    assert mean.low <= paid <= mean.high
    assert "below zero" in verdict(report)


def test_equity_begins_and_ends_as_the_ledger_says(run: MadeUpRun, report: RunReport) -> None:
    net = float(sum(line.net_pnl_usd for line in closed(run)))
    assert report.equity.start_usd == pytest.approx(10_000.0, abs=1)
    assert report.equity.end_usd == pytest.approx(10_000.0 + net, abs=5)
    assert report.equity.worst_drawdown_usd <= min(0.0, net) + 5
    assert open_result_usd(report) == pytest.approx(0.0, abs=5)


def test_prices_are_those_of_the_windows(run: MadeUpRun, report: RunReport) -> None:
    windows = [line for line in run.lines["windows"] if isinstance(line, Features)]
    for symbol in run.symbols:
        mids = [window.mid for window in windows if window.symbol == symbol and window.mid is not None]
        shown = [value for _, value in report.prices[symbol]]
        assert (min(shown), max(shown)) == (min(mids), max(mids))


def test_learning_is_told_with_its_changes(report: RunReport) -> None:
    assert report.cycles == 6
    assert report.learning == {AuditKind.CHANGE: 12}
    assert {change.target for change in report.changes} == {"long_ofi_requirement", "weights"}


def test_lines_that_come_twice_count_once(tmp_path: Path, run: MadeUpRun, report: RunReport) -> None:
    again = a_run(tmp_path, MadeUpRun(days=3.0))
    for name in ("decisions", "enriched_decisions", "predictive_signals", "fills"):
        append(getattr(again, name), *run.lines[name][-3:])
    twice = report_of(again)
    assert twice.funnel.decisions == report.funnel.decisions
    assert twice.funnel.signals == report.funnel.signals
    assert twice.outcomes.resolved == report.outcomes.resolved


def test_span_leaves_out_what_lies_outside(home: Home, run: MadeUpRun, report: RunReport) -> None:
    day = 86400.0
    parts = [report_of(home, Span(START + n * day + 0.5, START + (n + 1) * day + 0.4)) for n in range(3)]
    for name in ("windows", "signals", "decisions", "passed", "closed"):
        assert sum(getattr(part.funnel, name) for part in parts) == getattr(report.funnel, name)
    assert sum(part.trades.total.net_usd for part in parts) == report.trades.total.net_usd
    signals = [line.ts for line in run.lines["predictive_signals"] if isinstance(line, Signal)]
    assert parts[0].funnel.signals == sum(ts <= START + day for ts in signals)
    second = parts[1]
    assert second.equity.start_usd == pytest.approx(parts[0].equity.end_usd, abs=10)
    assert START + day < second.span.since_ts <= second.span.until_ts <= START + 2 * day + 1


def test_home_that_never_ran_says_so_everywhere(tmp_path: Path) -> None:
    report = report_of(a_home(tmp_path))
    assert report.funnel.windows == report.trades.total.trades == report.outcomes.resolved == 0
    assert report.equity.points == ()
    assert short_verdict(report.trades.mean_bps) == "no trades"
    assert "No window" in verdict(report)
    assert math.isinf(report.span.since_ts)


def test_folder_that_is_no_home_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        report_of(Home(tmp_path))


def test_gate_that_blocks_everything_is_named_with_its_check(tmp_path: Path) -> None:
    report = report_of(a_run(tmp_path, MadeUpRun(days=0.5, passed_share=0.0)))
    assert report.trades.total.trades == 0
    assert "blocked every one" in verdict(report)
    assert "“fees”" in verdict(report)


def test_stops_that_gain_are_called_what_they_are(report: RunReport) -> None:
    assert "Honest stops" not in " ".join(limits(report))
    total = replace(report.trades.total, parts=report.trades.total.parts | {"stop_gap": Decimal(7)})
    kind = replace(report, trades=replace(report.trades, total=total))
    assert "+7.00 USD" in " ".join(word for word in limits(kind) if word.startswith("Honest stops"))


def test_manifest_of_a_stepped_run_is_told(tmp_path: Path) -> None:
    home = a_run(tmp_path, MadeUpRun(days=0.5))
    manifest = a(
        SimulationRun,
        ts=START,
        market=a(SimulatedMarket, spec="synthetic", resolution=Resolution.WINDOWS, seed=7, edge=False),
        finished=True,
        window_s=300.0,
        configs={"bot.json": "ab" * 32},
        version="0123456789ab",
    )
    DocumentFile(home.simulation, SimulationRun, writer="test").write(manifest)
    report = report_of(home)
    facts = report.facts
    assert (facts.simulated, facts.seed, facts.edge, facts.market) == (
        True,
        7,
        False,
        "synthetic, in windows",
    )
    assert facts.versions["program"] == "0123456789ab"
    assert any("any profit here is chance" in words for words in limits(report))


def test_unreadable_and_missing_lines_are_told(tmp_path: Path) -> None:
    home = a_run(tmp_path, MadeUpRun(days=0.5))
    lines = home.decisions.read_bytes().splitlines(keepends=True)
    home.decisions.write_bytes(
        b"".join([lines[0], *lines[4:9], b'{"v":1,"seq":9,"nonsense":1}\n', *lines[10:]])
    )
    report = report_of(home)
    (told,) = (file for file in report.files if file.name == "logs/conviction_gate.jsonl")
    assert (told.gone, told.unreadable) == (3, 1)
    words = " ".join(limits(report))
    assert "3 lines of logs/conviction_gate.jsonl that rotation removed" in words
    assert "cannot be read" in words


def test_reading_tells_how_far_it_is(home: Home) -> None:
    told: dict[str, list[tuple[int, int]]] = {}
    read_run(
        home, span=Span(), progress=lambda name, done, total: told.setdefault(name, []).append((done, total))
    )
    for steps in told.values():
        assert steps[-1][0] == steps[-1][1]
    assert "feature_store/tape/windows.jsonl" in told
