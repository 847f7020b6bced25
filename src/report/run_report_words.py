"""What the numbers of a run say in plain words, and what they do not say."""

from src.report.funnel import CheckCount, FunnelNumbers
from src.report.page_numbers import bps, count, duration, interval, share, usd, when
from src.report.performance import ENOUGH_BLOCKS, Estimate
from src.report.run_report import RunReport

METHOD = (
    "The interval is a block-t: profits are summed over blocks of {block} of market time, and Student's t is taken "
    "over the blocks, because trades of the same hours share one market and are not independent of each other."
)


def verdict(report: RunReport) -> str:
    """Return whether the mean profit per trade can be told from zero."""
    mean = report.trades.mean_bps
    if mean.mean is None:
        return f"No trade was closed, so there is no profit to judge. {_why(report)}"
    if not mean.claimable:
        return (
            f"Too little to tell: {count(mean.count)} trades lie in {mean.blocks} blocks of "
            f"{duration(report.facts.block_s)}, and below {ENOUGH_BLOCKS} nothing is claimed."
        )
    found = f"{bps(mean.mean)} a trade, and the true mean lies within {interval(mean.low, mean.high)}"
    if mean.sign > 0:
        return f"Yes, above zero: {found} (95 %)."
    if mean.sign < 0:
        return f"Yes, below zero: this loses. {found} (95 %)."
    return f"No: {found} (95 %). Zero is inside: this may be chance."


def _why(report: RunReport) -> str:
    if report.facts.settled_ts is not None and not report.funnel.windows:
        return "This run is under way, or was killed, and no leg of it is finished: only those are read."
    return why_no_trades(report.funnel)


def short_verdict(mean: Estimate) -> str:
    """Return the same in two or three words."""
    if mean.mean is None:
        return "no trades"
    if not mean.claimable:
        return "too little to tell"
    return {1: "above zero", -1: "below zero", 0: "not told from zero"}[mean.sign]


def why_no_trades(funnel: FunnelNumbers) -> str:
    """Return where the way from market to money ended."""
    orders, passed = funnel.orders, count(funnel.passed)
    blocked = f"The gate blocked every one of {count(funnel.decisions)} decisions. {most_blocking(funnel)}"
    ends = (
        (funnel.windows, "No window of the market is recorded here."),
        (funnel.priced, "No window had a price: the order book was never whole."),
        (funnel.signals or funnel.decisions, "No signal was formed in any window."),
        (funnel.decisions, "No signal was answered by the gate."),
        (funnel.passed, blocked),
        (
            orders.sent,
            f"The gate passed {passed}, but no entry order left: a freeze, or a position was open.",
        ),
        (orders.filled, f"{count(orders.sent)} entry orders were sent, and none of them traded."),
    )
    return next((words for number, words in ends if not number), "What was opened is still open.")


def most_blocking(funnel: FunnelNumbers) -> str:
    """Return which check blocked most, and why."""
    worst = funnel.worst
    if worst is None:
        return "No check blocked anything."
    name, counted = worst
    return (
        f"Most were blocked by “{name}”: {share(counted.blocked, funnel.decisions)} of the decisions"
        f"{_because(counted)}."
    )


def limits(report: RunReport) -> list[str]:
    """Return what is not in the mean profit per trade."""
    return [
        *_market_limits(report),
        *_money_limits(report),
        "Choice: if several settings or seeds were tried and this run was picked, the interval is too narrow.",
        f"Dependence between blocks of {duration(report.facts.block_s)}: they are counted as independent.",
        "Taxes, transfers, outages of the exchange, and the price that a larger account would move.",
        *_record_limits(report),
    ]


def _market_limits(report: RunReport) -> list[str]:
    market = report.facts.market or ""
    if market.startswith("synthetic"):
        paid = {
            True: "It rewards order flow on purpose, so a profit here is the planted one.",
            False: "It rewards nothing, so any profit here is chance.",
            None: "",
        }[report.facts.edge]
        return [
            f"A real market: this one is made up. The run shows how the bot behaves, not what it earns. {paid}"
        ]
    if market.startswith(("tape", "bars")):
        return ["The bot's own effect on the market: a recording does not react to its orders."]
    return []


def _money_limits(report: RunReport) -> list[str]:
    words = []
    still_open = open_result_usd(report)
    if still_open is not None and abs(still_open) >= 0.005:
        words.append(
            f"What is not closed yet: positions and funding outside closed trades, {usd(still_open)} of the equity."
        )
    gap = report.trades.total.parts["stop_gap"]
    if gap > 0:
        words.append(
            f"Honest stops: here they were filled better than their price on the whole ({usd(gap)}), which a real "
            "market does not give away."
        )
    return words


def open_result_usd(report: RunReport) -> float | None:
    """Return the change of equity that closed trades do not explain, in USD; None without a curve."""
    curve = report.equity
    if curve.start_usd is None or curve.end_usd is None:
        return None
    return curve.end_usd - curve.start_usd - float(report.trades.total.net_usd)


def _record_limits(report: RunReport) -> list[str]:
    settled = report.facts.settled_ts
    unsettled = (
        []
        if settled is None
        else [
            f"Everything after {when(settled)}: the run is under way, or was killed, and only finished legs are read."
        ]
    )
    return (
        unsettled
        + [
            f"{count(file.gone)} lines of {file.name} that rotation removed; what is counted of it begins "
            f"{when(file.first_ts)}."
            for file in report.files
            if file.gone
        ]
        + [
            f"{count(file.unreadable)} lines of {file.name} that cannot be read."
            for file in report.files
            if file.unreadable
        ]
    )


def _because(counted: CheckCount) -> str:
    if not counted.reasons:
        return ""
    reason, times = counted.reasons.most_common(1)[0]
    return f", mostly for “{reason.replace('_', ' ')}” ({share(times, counted.blocked)} of them)"
