"""Telling the story of a signal: a pure function of the records that were found of it."""

from src.gates.score import score_of
from src.records.enums import OrderPurpose
from src.records.orders import OrderState
from src.records.signals import Signal
from src.report.endings import fate_of, gaps_of, waits_of
from src.report.found import Found
from src.report.measured_fills import MeasuredFill
from src.report.order_story import order_stories, stop_story
from src.report.outcome_story import counterfactual
from src.report.size_story import size_story
from src.report.story import OrderStory, Step, Story, VoteStory
from src.report.trades import RoundTrip, TradeFold, newest_revisions


def tell(found: Found) -> Story:
    """Return the story of a signal, as far as its records tell it."""
    decision = found.decision
    size = None if decision is None else size_story(decision)
    trade, fills = _trade(found)
    orders = order_stories(found)
    outcomes = counterfactual(found, size, trade)
    fate = fate_of(found, orders)
    return Story(
        signal_id=found.signal_id,
        symbol=found.name.symbol,
        strategy=found.name.strategy,
        direction=found.direction,
        decided_ts=found.name.ts,
        as_of=found.as_of,
        fate=fate,
        steps=_steps(found, orders, fills),
        market=found.window,
        signal=found.signal,
        votes=() if found.signal is None else _votes(found, found.signal),
        prediction=found.prediction,
        prediction_in_time=_in_time(found),
        decision=decision,
        repeated=found.repeated,
        size=size,
        orders=orders,
        fills=fills,
        stop=stop_story(found, orders, fills),
        position=found.position,
        trade=trade,
        counterfactual=outcomes,
        waits=waits_of(found, fate, outcomes),
        gaps=gaps_of(found, fate),
    )


def _trade(found: Found) -> tuple[RoundTrip | None, tuple[MeasuredFill, ...]]:
    """Return the round trip where it is closed, and the fills in any case."""
    fold = TradeFold(orders=found.orders, mids=found.mids, revisions=newest_revisions(found.ledger))
    trade = None
    for entry in found.ledger:
        trade = fold.add(entry) or trade
    return trade, trade.fills if trade is not None else fold.open_fills(found.name.symbol)


def _votes(found: Found, signal: Signal) -> tuple[VoteStory, ...]:
    stories = []
    for vote in signal.votes:
        alone = Signal(
            **{name: getattr(signal, name) for name in signal.__struct_fields__} | {"votes": (vote,)}
        )
        stories.append(
            VoteStory(
                vote=vote,
                weight=None if found.weights is None else found.weights.weights.get(vote.name),
                contribution=None if found.weights is None else score_of(alone, found.weights),
            )
        )
    return tuple(stories)


def _in_time(found: Found) -> bool | None:
    if found.queued is not None:
        return found.queued.prediction is not None
    return None if found.decision is None else found.decision.win_probability is not None


def _steps(found: Found, orders: tuple[OrderStory, ...], fills: tuple[MeasuredFill, ...]) -> tuple[Step, ...]:
    """Return the moments that are known, in the order of time."""
    moments = [(name, ts) for name, ts in _moments(found, orders, fills) if ts is not None]
    moments.sort(key=lambda moment: moment[1])
    befores = [None, *(ts for _, ts in moments)]
    return tuple(
        Step(
            name=name,
            ts=ts,
            since_decision_s=ts - found.name.ts,
            since_previous_s=None if before is None else ts - before,
        )
        for (name, ts), before in zip(moments, befores, strict=False)
    )


def _moments(
    found: Found, orders: tuple[OrderStory, ...], fills: tuple[MeasuredFill, ...]
) -> list[tuple[str, float | None]]:
    sent = {purpose: [o for o in orders if o.intent.purpose is purpose] for purpose in OrderPurpose}
    entries, stops, exits = sent[OrderPurpose.ENTRY], sent[OrderPurpose.STOP], sent[OrderPurpose.EXIT]
    stop_rests = [order for order in stops if order.state is not OrderState.REJECTED]
    return [
        ("window_closed", found.name.ts),
        ("window_written", found.window.recorded_at if found.window else None),
        ("signal_written", found.signal.recorded_at if found.signal else None),
        ("prediction_written", found.prediction.recorded_at if found.prediction else None),
        ("queued", found.queued.ts if found.queued else None),
        ("decided", found.decision.ts if found.decision else None),
        ("entry_sent", entries[0].intent.ts if entries else None),
        ("entry_filled", fills[0].ts if fills else None),
        ("stop_placed", stop_rests[0].intent.ts if stop_rests else None),
        ("exit_sent", exits[0].intent.ts if exits else None),
        ("closed", found.closed.ts if found.closed else None),
        ("outcome_known", found.outcome.ts if found.outcome else None),
    ]
