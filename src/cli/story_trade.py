"""The end of a signal's story on the terminal: orders, fills, stop, money, outcomes, what is missing."""

from decimal import Decimal

from rich.table import Table
from rich.text import Text

from src.cli.amounts import bps, contracts, moment, price, signed_bps, signed_usd, span, usd
from src.cli.story_parts import facts, table
from src.records.orders import OrderState
from src.report.measured_fills import FillRole, MeasuredFill
from src.report.story import (
    CounterfactualStory,
    Fate,
    Gap,
    GapReason,
    HorizonState,
    HorizonStory,
    OrderStory,
    StopStory,
    Story,
    Wait,
)
from src.report.trades import RoundTrip

STATES = {
    OrderState.INTENT: "no answer noted",
    OrderState.ACKED: "accepted",
    OrderState.REJECTED: "refused",
    OrderState.UNKNOWN: "answer unknown",
    OrderState.NOT_PLACED: "never placed",
    OrderState.DONE: "ended",
}
PARTS = {
    "signal": "signal",
    "slippage": "slippage",
    "stop_gap": "stop gap",
    "unsplit": "price move that cannot be split",
    "fees": "fees",
    "funding": "funding",
}
WAITS = {
    "decision": "the gate's decision",
    "prediction": "its prediction",
    "queue": "a place in the gate's queue",
    "order": "its order's answer or first fill",
    "exit": "its exit: the stop, or an exit rule",
    "outcome": "its outcome, which is written once its last horizon is known",
}


def orders(story: Story) -> Table:
    """Return each order: intent, answer and what was executed."""
    return facts("Orders", [(order.intent.purpose.value.lower(), _order(order)) for order in story.orders])


def fills(story: Story) -> Table:
    """Return each execution against the price it was decided at."""
    return facts("Fills", [(fill.role.value.lower(), _fill(fill)) for fill in story.fills])


def stop_and_money(story: Story) -> Table:
    """Return the stop, and of a closed trade how its P&L came about."""
    rows: list[tuple[str, str]] = []
    if story.stop is not None:
        rows.append(("stop", _stop(story.stop)))
    elif story.fate in {Fate.OPEN, Fate.CLOSED}:
        rows.append(("stop", "none is known"))
    if story.trade is not None:
        rows += _money(story.trade)
    elif story.position is not None:
        rows.append(("so far", _so_far(story)))
    return facts("Stop and money", rows)


def outcomes(told: CounterfactualStory, *, traded: bool) -> Table:
    """Return what the direction brought by each horizon."""
    size = "" if told.size_usd is None else f" on {usd(told.size_usd)}"
    cost = "" if told.cost_bps is None else f", costs {bps(told.cost_bps)}"
    what = "Outcome at recorded prices" if traded else "Had it been traded at recorded prices"
    columns = ("horizon", "price", "gain", "after costs", "leader", f"net{size}")
    rows = table(f"{what}{cost}", columns, right=(1, 2, 3, 4))
    for horizon in told.horizons:
        rows.add_row(*_horizon_row(horizon))
    return rows


def verdict_of_hindsight(story: Story) -> str:
    """Return in a sentence what a signal that was not traded would have made by its last known horizon."""
    known = [h for h in story.counterfactual.horizons if h.net_bps is not None]
    if story.fate not in {Fate.BLOCKED, Fate.EXPIRED, Fate.NOT_SENT, Fate.NOT_FILLED} or not known:
        return ""
    last = known[-1]
    net = last.net_bps or 0.0
    money = "" if last.net_usd is None else f", {signed_usd(last.net_usd)}"
    spared = "made" if net > 0 else "lost"
    return f"Traded and held for {last.horizon} it would have {spared} {signed_bps(net)} after costs{money}."


def waits(told: tuple[Wait, ...], as_of: float | None) -> Text:
    """Return what the story waits for."""
    text = Text("It waits for ")
    text.append("; ".join(_wait(wait, as_of) for wait in told))
    text.append("" if as_of is None else f" (records reach to {moment(as_of)})")
    return text


def gaps(told: tuple[Gap, ...]) -> Text:
    """Return which pieces are missing, and why."""
    return Text("\n".join(_gap(gap) for gap in told), style="yellow")


def _order(order: OrderStory) -> str:
    intent = order.intent
    after = f" after {span(order.answered_after_s)}" if order.answered_after_s else ""
    words = ", ".join(dict.fromkeys(order.answers))
    answer = f"{STATES[order.state]}{after}" + (f" ({words})" if words else "")
    filled = f"{contracts(order.filled)} filled" if order.filled else "nothing filled"
    return f"{intent.side.value} {contracts(intent.size)} {_at(order)}: {answer}, {filled}; sent for {intent.reason}"


def _at(order: OrderStory) -> str:
    intent = order.intent
    if intent.stop_price is not None:
        return f"stop {price(intent.stop_price)}"
    if intent.limit_price is None:
        return "market"
    beyond = "" if order.limit_bps is None else f" ({bps(order.limit_bps)} worse)"
    return f"limit {price(intent.limit_price)}{beyond}"


def _fill(fill: MeasuredFill) -> str:
    told = f"{moment(fill.ts)} {contracts(fill.size)} at {price(fill.price)}, fee {usd(fill.fee_usd)}"
    if fill.reference is None or fill.slippage_usd is None or fill.slippage_bps is None:
        return f"{told}; the price it was decided at is not known"
    slip = f"{signed_usd(fill.slippage_usd)} ({signed_bps(fill.slippage_bps)})"
    against = "stop price" if fill.role is FillRole.STOP else "decided at"
    return f"{told}; {against} {price(fill.reference)}, slippage {slip}"


def _stop(stop: StopStory) -> str:
    parts = [f"at {price(stop.price)}"]
    if stop.distance_bps is not None:
        planned = "" if stop.planned_bps is None else f" (asked for: {bps(stop.planned_bps)})"
        parts.append(f"{bps(stop.distance_bps)} from the entry{planned}")
    if stop.loss_usd is not None:
        parts.append(f"{signed_usd(stop.loss_usd)} before costs if it fires there")
    state = "fired" if stop.fired else f"{STATES[stop.state]}{': ' + stop.answer if stop.answer else ''}"
    seen = {True: ", seen among the open orders", False: ", not seen on the exchange yet", None: ""}
    return ", ".join(parts) + f"; {state}{seen[stop.confirmed]}"


def _money(trade: RoundTrip) -> list[tuple[str, str]]:
    told = [f"{PARTS[name]} {signed_usd(amount)}" for name, amount in trade.parts.items() if amount]
    entry, leave = price(trade.entry_price), price(trade.exit_price)
    return [
        (
            "round trip",
            f"in at {entry}, out at {leave}, held {span(trade.held_s)}, left by {trade.exit_reason}",
        ),
        ("P&L", f"{', '.join(told) or 'nothing moved'} = {signed_usd(trade.net_usd)}"),
    ]


def _so_far(story: Story) -> str:
    view = story.position
    if view is None or view.mark_price is None or view.unrealised_pnl_usd is None:
        return "no price is known"
    fees = sum((fill.fee_usd for fill in story.fills), Decimal(0))
    return (
        f"mark {price(view.mark_price)}, unrealised {signed_usd(view.unrealised_pnl_usd)}, "
        f"fees {usd(fees)}, funding {signed_usd(view.funding_usd)}"
    )


def _horizon_row(horizon: HorizonStory) -> tuple[str, ...]:
    told = horizon.outcome
    net = "" if horizon.net_bps is None else signed_bps(horizon.net_bps)
    money = "" if horizon.net_usd is None else signed_usd(horizon.net_usd)
    if told is None:
        return (horizon.horizon, "", "", net, "", money or _NOT_TOLD[horizon.state])
    leader = "" if told.market_return_bps is None else signed_bps(told.market_return_bps)
    return (horizon.horizon, price(told.price), signed_bps(told.return_bps), net, leader, money)


_NOT_TOLD = {
    HorizonState.RESOLVED: "",
    HorizonState.WAITING: "not yet",
    HorizonState.NO_PRICE: "no price was recorded in time",
    HorizonState.GONE: "no longer kept",
}


def _wait(wait: Wait, as_of: float | None) -> str:
    what = WAITS.get(wait.what, wait.what)
    if wait.due_ts is None or as_of is None:
        return what
    left = wait.due_ts - as_of
    return f"{what} (in {span(left)})" if left > 0 else f"{what} (due since {span(-left)})"


def _gap(gap: Gap) -> str:
    if gap.reason is GapReason.UNREADABLE:
        return f"Cannot be read: {gap.file}"
    if gap.reason is GapReason.ROTATED_AWAY:
        return f"Missing: {gap.what}; {gap.file} does not reach back that far any more"
    return f"Missing: {gap.what}; {gap.file} does not hold it"
