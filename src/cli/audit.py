"""``python -m src audit``: is everything in a home's records as they claim?"""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from src.audit.claims import CLAIMS
from src.audit.exchange_books import Answers
from src.audit.findings import Findings, Violation
from src.audit.run import Audited, Life, audit_home
from src.audit.stream import Progress as Tell
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, JsonOption, home_of
from src.cli.refusals import refusing
from src.clock import AnchoredClock
from src.exchange.errors import ExchangeFault
from src.exchange.kraken import KrakenExchange
from src.exchange.venue import open_venue
from src.records.operations import ClockAnchor, HomeIdentity
from src.store.document import DocumentFile
from src.store.errors import StoreError
from src.store.held import home_is_held
from src.store.paths import Home

DEADLINE_S = 5.0
SHOWN = 30
"""Violations of one claim that the table shows; all that were kept are in the JSON."""

ExchangeOption = Annotated[
    bool | None,
    typer.Option(
        "--exchange/--no-exchange",
        help="Ask the exchange as well; by default where its journal is not in the home, if it answers.",
    ),
]


def audit(home: HomeOption = None, *, as_json: JsonOption = False, exchange: ExchangeOption = None) -> None:
    """Prove or refute a home's records, from fill to signal and to the exchange; exit 1 where one is refuted."""
    where = home_of(home)
    if not where.logs.is_dir():
        typer.echo(f"{where.root} holds no records", err=True)
        raise typer.Exit(ExitCode.CONFIG)
    with refusing({ExchangeFault: ExitCode.NO_EXCHANGE}):
        audited = _audited(where, exchange)
    if as_json:
        print(json.dumps(_as_json(where, audited), indent=2))
    else:
        Console().print(Group(*_page(where, audited)))
    if audited.findings.refuted:
        raise typer.Exit(ExitCode.FAULTS_FOUND)


def _audited(home: Home, wanted: bool | None) -> Audited:  # noqa: FBT001 - the option itself, three values
    clock = _clock(home)
    running = clock is not None and home_is_held(home)
    life = Life(
        running=running,
        now=math.inf if clock is None else clock.now(),
        speed=1.0 if clock is None else clock.speed,
    )
    with _bars() as progress:
        told = home.paper_exchange.joinpath("journal.jsonl").exists()
        if wanted is False or (wanted is None and (told or clock is None)):
            return audit_home(home, life=life, progress=progress)
        try:
            venue = _session(home, clock)
            return audit_home(home, life=life, progress=progress, exchange=venue)
        except ExchangeFault:
            if wanted:
                raise
            return audit_home(home, life=life, progress=progress)


def _clock(home: Home) -> AnchoredClock | None:
    """Return the clock of a home, None where it has none; one that cannot be read is told with the documents."""
    try:
        anchor = DocumentFile(home.clock, ClockAnchor, writer="audit").read()
    except StoreError:
        return None
    return None if anchor is None else AnchoredClock(anchor)


def _session(home: Home, clock: AnchoredClock | None) -> Answers:
    """Return a session with the home's exchange that has answered once; raises ExchangeFault where it does not."""
    identity = DocumentFile(home.identity, HomeIdentity, writer="audit").read()
    if identity is None or clock is None:
        raise ExchangeFault(f"{home.root} has never traded on an exchange that could be asked")
    venue = open_venue(identity.mode, home)
    session = KrakenExchange(
        url=venue.url,
        api_key=venue.api_key,
        api_secret=venue.api_secret,
        clock=clock,
        deadline_s=DEADLINE_S,
    )
    session.account()
    return session


def _page(home: Home, audited: Audited) -> Iterator[RenderableType]:
    findings = audited.findings
    yield _summary(findings)
    for (claim, why), count in sorted(findings.open.items()):
        yield f"[yellow]not decided[/yellow] {escape(claim)}: {escape(why)} ({count:,})"
    if findings.refuted:
        yield ""
        yield _violations(findings)
    yield _verdict(home, audited)


def _summary(findings: Findings) -> Table:
    table = _table("What the records claim")
    table.add_column("claim", no_wrap=True)
    for name in ("proven", "refuted", "not decided"):
        table.add_column(name, justify="right", no_wrap=True)
    undecided = _undecided(findings)
    for claim in CLAIMS:
        proven, refuted, left = findings.proven[claim], findings.refuted[claim], undecided.get(claim, 0)
        if proven or refuted or left:
            style = "red" if refuted else "yellow" if not proven else None
            cells = (f"{proven:,}", f"{refuted:,}" if refuted else "", f"{left:,}" if left else "")
            table.add_row(claim, *cells, style=style)
    return table


def _violations(findings: Findings) -> Table:
    table = _table("What refutes them")
    for name in ("claim", "where", "about", "expected", "found"):
        table.add_column(name, overflow="fold")
    shown: dict[str, int] = {}
    for violation in findings.violations:
        shown[violation.claim] = shown.get(violation.claim, 0) + 1
        if shown[violation.claim] <= SHOWN:
            table.add_row(*[escape(cell) for cell in _cells(violation)])
    for claim, count in findings.refuted.items():
        if count > SHOWN:
            table.add_row(claim, f"and {count - SHOWN:,} more", "", "", "")
    return table


def _cells(violation: Violation) -> tuple[str, str, str, str, str]:
    place = violation.file if violation.seq is None else f"{violation.file} line {violation.seq:,}"
    return (violation.claim, place, "\n".join(violation.ids), violation.expected, violation.found)


def _verdict(home: Home, audited: Audited) -> str:
    findings = audited.findings
    read = f"{sum(audited.lines.values()):,} lines of {sum(1 for n in audited.lines.values() if n)} files"
    if not findings.refuted:
        return f"[green]Clean[/green]: {read} of {escape(str(home.root))} refute nothing that they claim."
    count = sum(findings.refuted.values())
    return f"[red]Refuted[/red]: {count:,} violations of {len(findings.refuted)} claims in {read}."


def _as_json(home: Home, audited: Audited) -> dict[str, object]:
    findings, undecided = audited.findings, _undecided(audited.findings)
    return {
        "home": str(home.root),
        "clean": not findings.refuted,
        "claims": {
            claim: {
                "proven": findings.proven[claim],
                "refuted": findings.refuted[claim],
                "undecided": undecided.get(claim, 0),
            }
            for claim in CLAIMS
        },
        "undecided": [
            {"claim": claim, "why": why, "count": n} for (claim, why), n in sorted(findings.open.items())
        ],
        "violations": [asdict(each) for each in findings.violations],
        "lines": audited.lines,
    }


def _undecided(findings: Findings) -> dict[str, int]:
    counts: dict[str, int] = {}
    for (claim, _), count in findings.open.items():
        counts[claim] = counts.get(claim, 0) + count
    return counts


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


@contextmanager
def _bars() -> Iterator[Tell]:
    """Show a bar a file; on what is no terminal there is nothing to see."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=max(total, 1))
            bars.update(tasks[name], completed=done if total else 1)

        yield tell
