"""The head of the page: what was run, what came of it, and how much that says."""

from src.report.bare_time import bare_in_words
from src.report.page_html import bullets, cards, folded, heading, paragraph, table, title
from src.report.page_numbers import (
    NOTHING,
    bps,
    count,
    duration,
    interval,
    percent,
    share,
    usd,
    when,
)
from src.report.run_report import RunReport
from src.report.run_report_words import METHOD, limits, open_result_usd, short_verdict, verdict

_LOOKS = {"above zero": "above", "below zero": "below"}


def head(report: RunReport) -> str:
    """Return the title, the numbers to see at once, and the verdict."""
    return (
        title(f"Run report: {report.facts.home}")
        + paragraph(_summary(report), style="soft")
        + cards(_cards(report))
        + _verdict(report)
    )


def run_facts_table(report: RunReport) -> str:
    """Return everything that says what the run was."""
    facts, costs = report.facts, report.facts.costs
    assumed = (
        f"{costs.taker_fee_bps:g} bps taker fee and {costs.slippage_bps:g} bps slippage, each way: "
        f"{costs.round_trip_bps:g} bps a round trip"
    )
    rows = [
        ("mode", facts.mode or NOTHING),
        ("market", facts.market or NOTHING),
        ("order flow is rewarded", {True: "yes", False: "no", None: "not recorded"}[facts.edge]),
        ("seed", "not recorded" if facts.seed is None else str(facts.seed)),
        ("how it ran", _how(report)),
        (
            "covers",
            f"{when(report.span.since_ts)} to {when(report.span.until_ts)}" if _known(report) else NOTHING,
        ),
        ("symbols", ", ".join(report.symbols) or NOTHING),
        ("window", duration(facts.window_s)),
        ("costs assumed", assumed),
        ("mean cost that outcomes were charged", bps(report.outcomes.mean_cost_bps, signed=False)),
        ("without a stop", bare_in_words(report.bare)),
        ("policies in force", f"{count(report.funnel.policies_versions)} versions"),
        ("weights in force", f"{count(report.funnel.weights_versions)} versions"),
        *sorted(facts.versions.items()),
    ]
    return folded("What was run: market, costs, versions", table(("", ""), rows, words=(1,)))


def _summary(report: RunReport) -> str:
    facts = report.facts
    seed = "" if facts.seed is None else f", seed {facts.seed}"
    covered = "no market recorded"
    if _known(report):
        covered = (
            f"{when(report.span.since_ts)} to {when(report.span.until_ts)}"
            f" ({duration(report.span.until_ts - report.span.since_ts)})"
        )
    symbols = f"{len(report.symbols)} symbol{'' if len(report.symbols) == 1 else 's'}"
    return f"{facts.market or 'market not recorded'}{seed}; {covered}; {symbols}; {_how(report)}."


def _cards(report: RunReport) -> list[tuple[str, str, str]]:
    trades, equity, total = report.trades, report.equity, report.trades.total
    mean = trades.mean_bps
    change = None if not equity.start_usd or equity.end_usd is None else equity.end_usd / equity.start_usd - 1
    won = f"{share(total.won, total.trades)} with a gain" if total.trades else "none closed"
    deepest = (
        f"{usd(equity.worst_drawdown_usd)}; {when(equity.worst_ts)}"
        if equity.worst_ts
        else "never under its high"
    )
    return [
        (
            "equity",
            usd(equity.end_usd, signed=False),
            f"{percent(change, digits=2, signed=True)} over the run",
        ),
        ("closed trades, net", usd(total.net_usd), f"with {usd(open_result_usd(report))} in what is open"),
        ("trades", count(total.trades), won),
        ("mean a trade, net", bps(mean.mean), interval(mean.low, mean.high)),
        (
            "costs paid",
            bps(_paid_bps(report)),
            f"{bps(report.facts.costs.round_trip_bps, signed=False)} assumed a round trip",
        ),
        ("deepest drawdown", percent(equity.worst_drawdown_percent / 100, digits=2), deepest),
        (
            "signals",
            count(report.funnel.signals),
            f"{share(report.funnel.passed, report.funnel.decisions)} passed",
        ),
        (
            "effective blocks",
            count(report.trade_blocks),
            f"of {duration(report.facts.block_s)} with a trade; {count(report.signal_blocks)} with a signal",
        ),
    ]


def _paid_bps(report: RunReport) -> float | None:
    """Return fees, slippage and stop gaps of the closed trades, in bps of the value at entry."""
    total = report.trades.total
    return total.bps(total.parts["fees"] + total.parts["slippage"] + total.parts["stop_gap"])


def _verdict(report: RunReport) -> str:
    look = _LOOKS.get(short_verdict(report.trades.mean_bps), "")
    usd_mean = report.trades.mean_usd
    method = METHOD.format(block=duration(report.facts.block_s))
    money = (
        f"In money: {usd(usd_mean.mean)} a trade, {interval(usd_mean.low, usd_mean.high, unit='USD', digits=2)}."
        if usd_mean.mean is not None
        else ""
    )
    return (
        f'<div class="verdict {look}"><h2>Can the profit be told from zero?</h2>'
        + paragraph(verdict(report), style="answer")
        + paragraph(f"{method} {money}".strip(), style="soft")
        + heading("What is not in this number")
        + bullets(limits(report))
        + run_facts_table(report)
        + "</div>"
    )


def _how(report: RunReport) -> str:
    if not report.facts.simulated:
        return "run as a daemon, at its own pace"
    return (
        "stepped in virtual time"
        if report.facts.finished
        else "stepped in virtual time, and not finished yet"
    )


def _known(report: RunReport) -> bool:
    return bool(report.symbols)
