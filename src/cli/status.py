"""``python -m src status``: what the bot is doing, from its records alone."""

import json
from datetime import UTC, datetime

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table

from src.cli.alert_words import alert_line
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, JsonOption, home_of
from src.cli.picture import Picture, picture_of
from src.records.ledger import PositionView
from src.records.operations import WorkerHealth, WorkerState
from src.records.simulation import SimulationRun
from src.report.bare_time import bare_in_words

STATE_STYLES = {
    WorkerState.READY: "green",
    WorkerState.ALIVE: "yellow",
    WorkerState.STARTING: "yellow",
    WorkerState.BACKOFF: "yellow",
    WorkerState.HUNG: "red",
    WorkerState.FAILED: "red",
    WorkerState.STOPPED: "dim",
}


def status(home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """Show mode, freeze, processes, positions, the funnel and learning; exit 1 where something is wrong."""
    picture = picture_of(home_of(home))
    if as_json:
        print(json.dumps(picture.as_json(), indent=2))
    else:
        Console().print(Group(*_sections(picture)))
    if picture.faults():
        raise typer.Exit(ExitCode.FAULTS_FOUND)


def _sections(picture: Picture) -> list[Table | str]:
    sections: list[Table | str] = [escape(_head(picture))]
    if picture.health is not None and picture.running:
        sections.append(_processes(picture.health.workers))
    if picture.positions is not None:
        sections.append(_positions(picture))
    if picture.bare is not None and picture.bare.positions:
        sections.append(f"Without a stop: {bare_in_words(picture.bare)}")
    sections.append(_funnel(picture))
    if picture.learning is not None:
        state = picture.learning
        sections.append(
            f"Learning: cycle {state.cycles} ({state.cycle_id}), {state.blocks} blocks, "
            f"{state.adjustments_applied} of {state.adjustments_proposed} adjustments applied; "
            f"{escape(state.summary)}"
        )
    else:
        sections.append("Learning: no cycle yet")
    if picture.alerts is not None and picture.running:
        sections.append(escape(alert_line(picture.alerts)))
    sections.extend(f"[red]{escape(fault)}[/red]" for fault in picture.faults())
    return sections


def _head(picture: Picture) -> str:
    if picture.simulation is not None:
        return _simulation(picture.simulation, picture)
    if picture.health is None:
        return "This home has never run."
    health = picture.health
    life = f"running (pid {health.main_pid})" if picture.running else "not running"
    entries = "allowed" if health.entries_allowed else f"frozen: {'; '.join(health.freeze_reasons)}"
    return f"{health.mode} on {health.market}, {life}; entries {entries if picture.running else 'off'}"


def _simulation(run: SimulationRun, picture: Picture) -> str:
    market = run.market
    seed = f", seed {market.seed}" if market.edge is not None else ""
    if picture.running:
        life = f"under way, saved up to {_minute(run.saved_ts)}"
    elif run.finished:
        life = "finished"
    else:
        life = f"stopped at {_minute(run.reached_ts)}; simulate --resume goes on from {_minute(run.saved_ts)}"
    frozen = f"; entries frozen: {'; '.join(picture.frozen)}" if picture.frozen else ""
    span = f"{_minute(run.start_ts)} to {_minute(run.end_ts)}"
    return f"simulation on {market.spec} in {market.resolution.value}{seed}, {span}, {life}{frozen}"


def _minute(ts: float) -> str:
    return f"{datetime.fromtimestamp(ts, UTC):%Y-%m-%d %H:%M}"


def _processes(workers: tuple[WorkerHealth, ...]) -> Table:
    table = _table("Processes")
    for name in ("process", "state", "pid", "handled", "written", "lag s", "restarts", "MiB"):
        table.add_column(name, justify="left" if name in {"process", "state"} else "right", no_wrap=True)
    for worker in workers:
        style = STATE_STYLES[worker.state]
        table.add_row(
            worker.name,
            f"[{style}]{worker.state.value.lower()}[/{style}]",
            str(worker.pid or ""),
            f"{worker.handled:,}",
            f"{worker.outputs:,}",
            _number(worker.lag_s),
            str(worker.restarts),
            _number(worker.memory_mib, digits=0),
        )
    return table


def _positions(picture: Picture) -> Table:
    positions = picture.positions
    if positions is None:
        raise ValueError("there are no positions to show")
    table = _table(
        f"Equity {positions.equity_usd:,.2f} USD, realised {positions.realised_pnl_usd:+,.2f}, "
        f"fees {positions.fees_usd:,.2f}, funding {positions.funding_usd:+,.2f}, "
        f"{len(positions.closed_positions)} closed"
    )
    for name in ("position", "direction", "size", "entry", "mark", "P&L USD", "stop"):
        table.add_column(name)
    for view in positions.open_positions:
        table.add_row(*_position_row(view))
    return table


def _position_row(view: PositionView) -> tuple[str, ...]:
    return (
        view.symbol,
        view.direction.value,
        f"{view.size:f}",
        f"{float(view.entry_price):.7g}",
        "" if view.mark_price is None else f"{float(view.mark_price):.7g}",
        "" if view.unrealised_pnl_usd is None else f"{view.unrealised_pnl_usd:+.2f}",
        "[red]none[/red]"
        if view.stop is None
        else f"{view.stop.price:f}{'' if view.stop.confirmed else ' ?'}",
    )


def _funnel(picture: Picture) -> Table:
    funnel = picture.funnel
    table = _table(f"Funnel: the newest {funnel.decisions:,} decisions")
    for name in ("passed", "orders sent", "orders filled", "blocked by"):
        table.add_column(name)
    blocked = ", ".join(f"{check} {count:,}" for check, count in funnel.blocked_by)
    table.add_row(f"{funnel.passed:,}", f"{funnel.entries:,}", f"{funnel.filled:,}", blocked)
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def _number(value: float | None, *, digits: int = 1) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
