"""The sections about learning, and about what the report was made from."""

from src.records.learning import AuditKind, LearningAudit
from src.report.figures_learning import WEIGHTS, learning_chart
from src.report.page_html import Section, empty, folded, paragraph, place, table
from src.report.page_numbers import NOTHING, bps, count, duration, when
from src.report.run_report import RunReport

_SHOWN_CHANGES = 60
KIND_NAMES = {
    AuditKind.CHANGE: "changed",
    AuditKind.NO_CHANGE: "nothing to change",
    AuditKind.PINNED: "pinned by hand",
    AuditKind.CONFLICT: "left to a human's edit",
    AuditKind.LEASE_ENDED: "stepped back",
    AuditKind.ROLLBACK: "rolled back",
}


def learning_section(report: RunReport) -> Section:
    """Return the section on what learning changed."""
    title = "What learning changed"
    if not report.changes:
        return Section("learning", title, empty(_why_nothing(report)))
    chart = learning_chart(report.changes, report.span)
    kinds = ", ".join(f"{KIND_NAMES[kind]} {count(times)}" for kind, times in report.learning.items())
    newest = report.changes[-_SHOWN_CHANGES:]
    rows = [_row(change) for change in reversed(newest)]
    head = ("when", "what", "from", "to", "effect", "signals", "blocks", "why")
    hidden = len(report.changes) - len(newest)
    left_out = f" The newest {_SHOWN_CHANGES} are listed, {count(hidden)} are not." if hidden else ""
    body = (
        paragraph(f"{count(report.cycles)} cycles. Lines of the audit: {kinds}.{left_out}", style="soft")
        + (place(chart, says="Policies and weights over time") if chart.choices else "")
        + folded("Every change with its evidence", table(head, rows, words=(7,)))
    )
    return Section("learning", title, body, (chart,) if chart.choices else ())


def sources_section(report: RunReport) -> Section:
    """Return the section on the files that were read."""
    rows = [
        (
            file.name,
            count(file.records),
            when(file.first_ts),
            when(file.last_ts),
            count(file.gone),
            count(file.unreadable),
        )
        for file in report.files
    ]
    body = paragraph(
        "Everything above comes from these files alone; each record counts once. Lines that rotation removed are "
        "missing from the counts, and are told here.",
        style="soft",
    ) + table(("file", "records", "first", "last", "removed by rotation", "unreadable"), rows)
    return Section("sources", "What was read", body)


def _row(change: LearningAudit) -> tuple[str, ...]:
    weights = change.target == WEIGHTS
    return (
        when(change.ts),
        f"{change.target}, {KIND_NAMES[change.kind]}",
        "the weights" if weights else _value(change.old),
        "new ones" if weights else _value(change.new),
        bps(change.mean_bps),
        count(change.signals),
        count(change.blocks),
        change.reason,
    )


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else NOTHING


def _why_nothing(report: RunReport) -> str:
    if report.cycles:
        return (
            f"{count(report.cycles)} learning cycles ran and changed nothing: the evidence supported no change. "
            "That is the usual answer; the audit holds the reasons."
        )
    every = duration(report.facts.learn_every_s)
    return f"No learning cycle has run in this stretch of time; one comes every {every} of market time."
