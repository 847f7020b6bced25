"""The beginning of a signal's story on the terminal: its fate, its moments, what the market showed."""

from rich.table import Table
from rich.text import Text

from src.cli.amounts import bps, moment, price, share, signed_bps, signed_share, signed_usd, span
from src.cli.feature_words import feature_words
from src.cli.story_parts import facts, table
from src.records.features import Features
from src.report.story import Fate, Story

STEPS = {
    "window_closed": "the window closed: the decision point",
    "window_written": "features written",
    "signal_written": "signal written",
    "prediction_written": "prediction written",
    "queued": "queued for the gate",
    "decided": "the gate decided",
    "entry_sent": "entry order sent",
    "entry_filled": "first fill",
    "stop_placed": "stop placed",
    "exit_sent": "exit order sent",
    "closed": "position closed",
    "outcome_known": "every horizon resolved",
}
EXITS = {
    "stop": "its stop fired",
    "target": "it reached its target",
    "trailing": "it gave back too much of its gain",
    "floor": "it had gained too little for its age",
    "maximum_hold": "it was held as long as allowed",
    "catastrophic": "it lost too much at once",
    "unprotected": "no stop could be placed",
    "flatten": "a person told the bot to leave it",
    "liquidation": "the exchange liquidated it",
    "external": "somebody else closed it",
}
FATE_STYLES = {
    Fate.BLOCKED: "yellow",
    Fate.EXPIRED: "yellow",
    Fate.NOT_SENT: "yellow",
    Fate.NOT_FILLED: "yellow",
    Fate.OPEN: "cyan",
    Fate.WAITING: "cyan",
    Fate.ORDERED: "cyan",
    Fate.UNKNOWN: "red",
}


def head(story: Story) -> Text:
    """Return what the signal was and what became of it."""
    direction = "direction unknown" if story.direction is None else story.direction.value
    text = Text()
    text.append(f"{story.symbol} {direction}", style="bold")
    text.append(f" by {story.strategy.value}, decided at {moment(story.decided_ts)}\n")
    text.append(story.signal_id + "\n", style="dim")
    text.append(_fate(story), style=_fate_style(story))
    return text


def timeline(story: Story) -> Table:
    """Return the moments of the story, each with the time since the decision point and since the one before."""
    rows = table("When", ("moment", "since decision", "since before", "what"), right=(1, 2))
    for step in story.steps:
        rows.add_row(
            moment(step.ts),
            _after(step.since_decision_s),
            "" if step.since_previous_s is None else _after(step.since_previous_s),
            STEPS.get(step.name, step.name),
        )
    return rows


def market(features: Features) -> Table:
    """Return what the window showed, in four groups, and what was missing in it."""
    groups = (
        ("price", _price(features)),
        ("weather", _weather(features)),
        ("flow", _flow(features)),
        ("funding", _funding(features)),
        ("missing", ", ".join(_missing(features)) or "nothing"),
    )
    return facts(f"What the market showed (window of {span(features.window_s)})", groups)


def _fate(story: Story) -> str:
    match story.fate:
        case Fate.BLOCKED:
            decision = story.decision
            by = ", ".join(decision.blocked_by) if decision is not None else "a check"
            return f"BLOCKED by {by}"
        case Fate.CLOSED:
            return _closed(story)
        case Fate.OPEN:
            return _open(story)
        case Fate.NOT_FILLED:
            answers = [order.answers[-1] for order in story.orders if order.answers]
            return f"NOT FILLED: the exchange said {answers[0]}" if answers else "NOT FILLED"
        case Fate.WAITING | Fate.EXPIRED | Fate.ORDERED | Fate.NOT_SENT | Fate.UNKNOWN:
            return _FATES[story.fate]


_FATES = {
    Fate.WAITING: "WAITING: the gate has not decided yet",
    Fate.EXPIRED: "EXPIRED: the gate did not answer within its time",
    Fate.ORDERED: "PASSED: what its order came to is not known yet",
    Fate.NOT_SENT: "PASSED, but no order was sent: it grew stale or was refused (the log of main says which)",
    Fate.UNKNOWN: "UNKNOWN: the records that would tell are gone",
}


def _closed(story: Story) -> str:
    trade = story.trade
    if trade is None:
        return "CLOSED"
    why = EXITS.get(trade.exit_reason, trade.exit_reason)
    return (
        f"CLOSED after {span(trade.held_s)}, because {why}: "
        f"{signed_usd(trade.net_usd)} net ({signed_bps(trade.net_bps)} of {trade.notional_usd:,.2f} USD)"
    )


def _open(story: Story) -> str:
    view = story.position
    if view is None or view.unrealised_pnl_usd is None:
        return "OPEN"
    return f"OPEN, {signed_usd(view.unrealised_pnl_usd)} unrealised before fees"


def _fate_style(story: Story) -> str:
    if story.trade is not None:
        return "bold green" if story.trade.net_usd > 0 else "bold red"
    return f"bold {FATE_STYLES.get(story.fate, 'white')}"


def _price(f: Features) -> str:
    return _joined(
        None if f.mid is None else f"mid {price(f.mid)} USD",
        None if f.spread_bps is None else f"spread {bps(f.spread_bps)}",
        None if f.mark is None else f"mark {price(f.mark)}",
        None if f.bid_depth_usd is None else f"depth of bids {f.bid_depth_usd:,.0f} USD",
        None if f.ask_depth_usd is None else f"of asks {f.ask_depth_usd:,.0f} USD",
    )


def _weather(f: Features) -> str:
    return _joined(
        None if f.regime is None else f"regime {f.regime.value}",
        None if f.volatility_1h_bps is None else f"volatility {bps(f.volatility_1h_bps)} an hour",
        None if f.volatility_median_bps is None else f"usually {bps(f.volatility_median_bps)}",
        None if f.return_5m_bps is None else f"5 min {signed_bps(f.return_5m_bps)}",
        None if f.return_1h_bps is None else f"1 h {signed_bps(f.return_1h_bps)}",
        None if f.trend_bps is None else f"trend {signed_bps(f.trend_bps)}",
    )


def _flow(f: Features) -> str:
    liquidated = (f.long_liquidations_usd_1h, f.short_liquidations_usd_1h)
    return _joined(
        None if f.ofi is None else f"order flow {f.ofi:+.3f} (before {_or_unknown(f.ofi_previous)})",
        None if f.taker_buy_share is None else f"takers bought {share(f.taker_buy_share, digits=0)}",
        None if f.imbalance is None else f"book leans {f.imbalance:+.2f}",
        None
        if liquidated[0] is None or liquidated[1] is None
        else f"liquidated in 1 h: longs {liquidated[0]:,.0f}, shorts {liquidated[1]:,.0f} USD",
    )


def _funding(f: Features) -> str:
    return _joined(
        None if f.funding_rate is None else f"rate {signed_share(f.funding_rate, digits=4)} an hour",
        None if f.funding_z is None else f"{f.funding_z:+.1f} deviations from usual",
        None if f.open_interest is None else f"open interest {f.open_interest:,.0f} contracts",
        None if f.open_interest_change_1h is None else f"{signed_share(f.open_interest_change_1h)} in 1 h",
        None if f.fear_greed is None else f"fear and greed {f.fear_greed:.0f}",
    )


_SHOWN = (
    "mid",
    "spread_bps",
    "mark",
    "bid_depth_usd",
    "ask_depth_usd",
    "regime",
    "volatility_1h_bps",
    "ofi",
    "taker_buy_share",
    "long_liquidations_usd_1h",
    "funding_rate",
    "open_interest",
    "open_interest_change_1h",
    "fear_greed",
)
"""Values whose absence is worth a word."""


def _missing(features: Features) -> list[str]:
    """Return what was not known, and what the window itself says was broken."""
    unknown = [name for name in _SHOWN if getattr(features, name) is None]
    return list(dict.fromkeys(feature_words(name) for name in (*unknown, *features.incomplete)))


def _after(seconds: float) -> str:
    return span(seconds) if seconds < 0 else f"+{span(seconds)}"


def _or_unknown(value: float | None) -> str:
    return "not known" if value is None else f"{value:+.3f}"


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part is not None) or "not known"
