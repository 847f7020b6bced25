"""The sections about money: equity, what profit is made of, and the trades themselves."""

from src.report.figures_money import (
    DIMENSION_NAMES,
    PART_NAMES,
    dimensions_chart,
    equity_chart,
    parts_chart,
    shown_parts,
)
from src.report.figures_trades import trades_chart
from src.report.page_html import Section, empty, heading, paragraph, per_choice, place, table
from src.report.page_numbers import amount, bps, count, duration, percent, share, usd, when
from src.report.performance_split import Split
from src.report.run_report import EQUITY_POINTS, PRICE_POINTS, SHOWN_TRADES, RunReport
from src.report.run_report_words import why_no_trades

_THINNED = (
    "Of each of {buckets} stretches of time the first, lowest, highest and last value is drawn: nothing is averaged, "
    "and every extreme is there."
)
_PARTS_MEAN = (
    "Signal is the price move from the decision to enter to the decision to leave; slippage is what the fills were "
    "worse (below 0) or better than the prices decided at; a stop gap is how far beyond its price a stop was filled. "
    "The parts add up to the ledger's net."
)


def equity_section(report: RunReport) -> Section:
    """Return the section on equity and drawdown."""
    curve = report.equity
    if not curve.points:
        return Section("equity", "Equity and drawdown", empty(_why_no_equity(report)))
    chart = equity_chart(curve)
    rows = [
        ("at the start", usd(curve.start_usd, signed=False)),
        ("at the end", usd(curve.end_usd, signed=False)),
        ("closed trades, net", usd(report.trades.total.net_usd)),
        (
            "deepest drawdown",
            f"{usd(curve.worst_drawdown_usd)} ({percent(curve.worst_drawdown_percent / 100, digits=2)})",
        ),
        ("deepest at", when(curve.worst_ts)),
        ("longest time under a high", duration(curve.longest_under_s)),
    ]
    body = (
        paragraph(
            "Cash plus open positions at the recorded mid price, at the close of each of "
            f"{count(curve.samples)} windows. {_THINNED.format(buckets=count(EQUITY_POINTS))}",
            style="soft",
        )
        + place(chart, says="Equity over time, and below it the drawdown")
        + table(("", "value"), rows)
    )
    return Section("equity", "Equity and drawdown", body, (chart,))


def split_section(report: RunReport) -> Section:
    """Return the section on what the profit is made of."""
    trades = report.trades
    if not trades.total.trades:
        return Section("profit", "What the profit is made of", empty(_no_trade(report)))
    parts, dimensions = parts_chart(trades.total), dimensions_chart(trades)
    body = (
        paragraph(_PARTS_MEAN, style="soft")
        + place(parts, says="The parts of the net profit")
        + _parts_table(trades.total)
        + heading("By strategy, direction, regime, symbol, hour")
        + place(dimensions, says="The parts of the net profit, by what the reader chooses")
        + per_choice(
            dimensions,
            [_split_table(DIMENSION_NAMES[name], splits, trades.total) for name, splits in trades.by.items()],
        )
        + heading("Why trades were left")
        + table(
            ("reason", "trades", "share"),
            [
                (name.replace("_", " "), count(number), share(number, trades.total.trades))
                for name, number in trades.exits.items()
            ],
        )
        + paragraph(f"Mean time in a trade: {duration(trades.held_s)}.")
    )
    return Section("profit", "What the profit is made of", body, (parts, dimensions))


def trades_section(report: RunReport) -> Section:
    """Return the section with the trades on the price."""
    name, title = "trades", "Trades on the price"
    if not report.trades.total.trades:
        return Section(name, title, empty(_no_trade(report)))
    chart = trades_chart(report.prices, report.trades.shown)
    hidden = report.trades.total.trades - sum(len(shown) for shown in report.trades.shown.values())
    newest = (
        f" The newest {count(SHOWN_TRADES)} of a symbol are drawn; {count(hidden)} older ones are not."
        if hidden
        else ""
    )
    body = (
        paragraph(
            f"Triangles are entries, pointing the way of the trade; dotted lines are stops.{newest} "
            f"The price is thinned: {_THINNED.format(buckets=count(PRICE_POINTS)).lower()}",
            style="soft",
        )
        + place(chart, says="Price of a symbol with entries, exits and stops")
        + _best_and_worst(report)
    )
    return Section(name, title, body, (chart,))


def _best_and_worst(report: RunReport) -> str:
    shown = [trade for trades in report.trades.shown.values() for trade in trades]
    ranked = sorted(shown, key=lambda trade: trade.net_usd)
    picked = ranked if len(ranked) <= 6 else [*ranked[:3], *ranked[-3:]]
    rows = [
        (
            trade.symbol,
            trade.direction.value,
            when(trade.opened_ts),
            duration(trade.closed_ts - trade.opened_ts),
            f"{trade.entry_price:,g}",
            f"{trade.exit_price:,g}",
            usd(trade.net_usd),
            bps(trade.net_bps),
            trade.exit_reason.replace("_", " "),
        )
        for trade in picked
    ]
    head = ("symbol", "way", "entry", "held", "from, USD", "to, USD", "net", "net", "left for")
    return heading("Worst and best of them") + table(head, rows)


def _parts_table(total: Split) -> str:
    rows = [
        (PART_NAMES[name], usd(total.parts[name]), bps(total.bps(total.parts[name])))
        for name in shown_parts([total])
    ]
    rows.append(("net", usd(total.net_usd), bps(total.bps(total.net_usd))))
    return table(("part", "sum", "of the value at entry"), rows, sums=True)


def _split_table(title: str, splits: dict[str, Split], total: Split) -> str:
    names = shown_parts([*splits.values(), total])
    rows = [
        (
            value,
            count(split.trades),
            share(split.won, split.trades),
            *(amount(split.parts[name]) for name in names),
            amount(split.net_usd),
            bps(split.bps(split.net_usd)),
        )
        for value, split in [*splits.items(), ("all", total)]
    ]
    head = (
        title,
        "trades",
        "with a gain",
        *(f"{PART_NAMES[name]}, USD" for name in names),
        "net, USD",
        "net",
    )
    return table(head, rows, sums=True)


def _no_trade(report: RunReport) -> str:
    return f"No trade was closed. {why_no_trades(report.funnel)}"


def _why_no_equity(report: RunReport) -> str:
    if not report.funnel.priced:
        return why_no_trades(report.funnel)
    return (
        "The ledger holds no opening balance for this stretch of time, so the account's worth is not known."
    )
