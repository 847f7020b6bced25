"""The sections about signals: the funnel, the checks, what blocking was worth, and the odds."""

from src.records.enums import HORIZONS_S
from src.report.figures_gate import (
    GROUP_NAMES,
    calibration_chart,
    checks_chart,
    funnel_chart,
    funnel_shares,
    funnel_steps,
    outcomes_chart,
)
from src.report.funnel import CheckCount
from src.report.page_html import Section, empty, paragraph, place, table
from src.report.page_numbers import NOTHING, bps, count, duration, interval, percent, share
from src.report.performance import Estimate
from src.report.performance_outcomes import CalibrationNumbers, OutcomeNumbers
from src.report.run_report import RunReport
from src.report.run_report_words import most_blocking, why_no_trades

_CHECKS_MEAN = (
    "Every check is asked of every signal. “Alone” counts the signals that would have passed without this one check; "
    "“first” those that nothing asked before it stopped. The last columns say what the signals that it alone blocked "
    "would have brought after one hour and the assumed costs: below zero, the check saved money."
)


def funnel_section(report: RunReport) -> Section:
    """Return the section on the way from windows to trades."""
    funnel = report.funnel
    if not funnel.windows and not funnel.signals:
        return Section("funnel", "From the market to a trade", empty(why_no_trades(funnel)))
    chart = funnel_chart(funnel)
    shares = [NOTHING, *funnel_shares(funnel)]
    rows = [
        (name, count(number), kept) for (name, number), kept in zip(funnel_steps(funnel), shares, strict=True)
    ]
    strategies = ", ".join(f"{count(number)} by {name}" for name, number in funnel.strategies.items())
    body = (
        paragraph(
            "A window can make up to one signal of each strategy. "
            + (f"Signals: {strategies}. " if strategies else "")
            + most_blocking(funnel),
            style="soft",
        )
        + place(chart, says="How many came through each step")
        + table(("step", "number", "of the step before"), rows)
    )
    return Section("funnel", "From the market to a trade", body, (chart,))


def checks_section(report: RunReport) -> Section:
    """Return the section on what each check blocked."""
    funnel, title = report.funnel, "What each check blocked"
    if not funnel.decisions:
        return Section("checks", title, empty(f"No decision was made. {why_no_trades(funnel)}"))
    blocking = {name: counted for name, counted in funnel.checks.items() if counted.blocked}
    if not blocking:
        return Section(
            "checks", title, empty(f"No check blocked any of {count(funnel.decisions)} decisions.")
        )
    chart = checks_chart(blocking, funnel.decisions)
    rows = [
        _check_row(name, counted, funnel.decisions, report.outcomes.alone.get(name))
        for name, counted in blocking.items()
    ]
    head = ("check", "blocked", "alone", "first", "mostly for", "alone, worth", "95 %")
    body = (
        paragraph(f"{count(funnel.decisions)} decisions. {_CHECKS_MEAN}", style="soft")
        + place(chart, says="Share of decisions that each check blocked, at all and alone")
        + table(head, rows, words=(4,))
        + paragraph(_others(funnel.checks))
    )
    return Section("checks", title, body, (chart,))


def outcomes_section(report: RunReport) -> Section:
    """Return the section on blocked against executed outcomes."""
    outcomes, title = report.outcomes, "Blocked against traded"
    if not outcomes.resolved:
        return Section("outcomes", title, empty(_no_outcome(report)))
    chart = outcomes_chart(outcomes)
    body = (
        paragraph(
            "What each signal's direction would have brought at each horizon: recorded mid prices less "
            f"{bps(outcomes.mean_cost_bps, signed=False)} of assumed cost, without stop or funding. Bars are 95 % "
            "intervals over blocks of time. Beside it, what the trades really brought until their exit."
            f"{_coarse(report.facts.window_s)}",
            style="soft",
        )
        + paragraph(_blocking_verdict(outcomes))
        + place(chart, says="Mean net return by horizon, traded and blocked signals apart")
        + _outcomes_table(outcomes)
    )
    return Section("outcomes", title, body, (chart,))


def calibration_section(report: RunReport) -> Section:
    """Return the section on the ensemble's odds."""
    calibration, title = report.outcomes.calibration, "Were the odds right?"
    if not calibration.groups:
        return Section(
            "calibration", title, empty(f"No predicted signal has an outcome yet. {_no_outcome(report)}")
        )
    chart = calibration_chart(calibration)
    rows = [
        (
            f"{percent(group.low, digits=0)} to {percent(group.high, digits=0)}",
            count(group.realised.count),
            count(group.realised.blocks),
            percent(group.predicted),
            percent(group.realised.mean),
            _percents(group.realised),
        )
        for group in calibration.groups
    ]
    body = (
        paragraph(
            "Signals with nearly the same predicted odds, and the share of them whose direction was right one hour "
            "later, before costs. Honest odds lie on the dashed line.",
            style="soft",
        )
        + paragraph(_calibration_verdict(calibration))
        + place(chart, says="Predicted against realised odds")
        + table(("predicted", "signals", "blocks", "mean predicted", "won", "95 %"), rows)
    )
    return Section("calibration", title, body, (chart,))


def _coarse(window_s: float) -> str:
    """Return what long windows do to short horizons."""
    shortest = min(HORIZONS_S.values())
    if window_s <= shortest:
        return ""
    return f" Windows are {duration(window_s)} long here: a shorter horizon is measured at the close of the next one."


def _check_row(name: str, counted: CheckCount, decisions: int, alone: Estimate | None) -> tuple[str, ...]:
    reasons = ", ".join(
        f"{reason.replace('_', ' ')} ({share(times, counted.blocked)})"
        for reason, times in counted.reasons.most_common(2)
    )
    return (
        name,
        f"{count(counted.blocked)} ({share(counted.blocked, decisions)})",
        f"{count(counted.alone)} ({share(counted.alone, decisions)})",
        count(counted.first),
        reasons or NOTHING,
        NOTHING if alone is None else bps(alone.mean),
        NOTHING if alone is None else interval(alone.low, alone.high),
    )


def _others(checks: dict[str, CheckCount]) -> str:
    smaller = [f"{name} {count(counted.resized)}" for name, counted in checks.items() if counted.resized]
    failed = [f"{name} {count(counted.errors)}" for name, counted in checks.items() if counted.errors]
    silent = [name for name, counted in checks.items() if not counted.blocked]
    return (
        f"Blocked nothing: {', '.join(silent) or 'none'}. "
        f"Made a trade smaller instead of blocking it: {', '.join(smaller) or 'none'}. "
        f"Failed themselves, which blocks: {', '.join(failed) or 'none'}."
    )


def _outcomes_table(outcomes: OutcomeNumbers) -> str:
    rows = [
        (
            f"{name}, {label}",
            count(cell.count),
            count(cell.blocks),
            bps(cell.mean),
            interval(cell.low, cell.high),
        )
        for group, name in GROUP_NAMES.items()
        if group in outcomes.by_group
        for label, cell in ((label, outcomes.by_group[group][label]) for label in HORIZONS_S)
        if cell.count
    ]
    if outcomes.traded.count:
        cell = outcomes.traded
        rows.append(
            (
                "what trades brought",
                count(cell.count),
                count(cell.blocks),
                bps(cell.mean),
                interval(cell.low, cell.high),
            )
        )
    return table(("signals, horizon", "number", "blocks", "mean, net", "95 %"), rows)


def _blocking_verdict(outcomes: OutcomeNumbers) -> str:
    blocked = outcomes.by_group.get("BLOCKED", {}).get("1h")
    if blocked is None or blocked.mean is None:
        return "No blocked signal has an outcome after one hour."
    found = f"{bps(blocked.mean)} each after one hour ({interval(blocked.low, blocked.high)})"
    if blocked.sign < 0:
        return f"Blocked signals would have lost: {found}. On average, blocking them was right."
    if blocked.sign > 0:
        return f"Blocked signals would have gained: {found}. On average, the gate was too strict for this market."
    return f"Blocked signals would have brought {found}: not to be told from zero."


def _calibration_verdict(calibration: CalibrationNumbers) -> str:
    if calibration.brier is None or calibration.brier_base is None:
        return ""
    better = calibration.brier < calibration.brier_base
    return (
        f"{count(calibration.count)} signals, {percent(calibration.base_rate)} of them won. Mean squared error of the "
        f"odds (Brier score): {calibration.brier:.4f}; of always saying {percent(calibration.base_rate)}: "
        f"{calibration.brier_base:.4f}. The odds did {'better' if better else 'no better'} than that."
    )


def _no_outcome(report: RunReport) -> str:
    if not report.funnel.signals:
        return why_no_trades(report.funnel)
    return "A signal's outcome is complete one hour after it was made, a traded one's once it is closed."


def _percents(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return NOTHING
    return f"{percent(max(estimate.low, 0.0))} to {percent(min(estimate.high, 1.0))}"
