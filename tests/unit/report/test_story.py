"""The story of a signal: what follows from its records, and what is said where they are missing."""

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from src.records.enums import Disposition, OrderPurpose
from src.records.ledger import FillBooked, PositionView
from src.records.orders import OrderState
from src.records.outcomes import PendingDecided
from src.report.found import Found
from src.report.lookup import find
from src.report.story import Fate, GapReason, HorizonState, Story
from src.report.telling import tell
from tests.explain_fakes import BLOCKED, COST_BPS, TRADED, WAITING, an_outcome, told_home
from tests.gate_fakes import NOON, POLICIES, a_position, replaced


@pytest.fixture
def traded(tmp_path: Path) -> Found:
    return find(told_home(tmp_path), TRADED.signal_id)


@pytest.fixture
def blocked(tmp_path: Path) -> Found:
    return find(told_home(tmp_path), BLOCKED.signal_id)


@pytest.fixture
def waiting(tmp_path: Path) -> Found:
    return find(told_home(tmp_path), WAITING.signal_id)


def changed(found: Found, **changes: object) -> Story:
    return tell(dataclasses.replace(found, **changes))  # type: ignore[arg-type] # a test names what it changes


def test_traded_signal_is_told_from_window_to_outcome(traded: Found) -> None:
    story = tell(traded)
    assert (story.fate, story.waits, story.gaps) == (Fate.CLOSED, (), ())
    assert [step.name for step in story.steps] == [
        "window_closed",
        "window_written",
        "signal_written",
        "prediction_written",
        "queued",
        "decided",
        "entry_sent",
        "entry_filled",
        "stop_placed",
        "exit_sent",
        "closed",
        "outcome_known",
    ]
    assert story.steps[-1].since_decision_s == 3600.0
    assert story.market is not None
    assert story.market.ts == NOON


def test_trade_is_split_into_what_it_was_made_of(traded: Found) -> None:
    trade = tell(traded).trade
    assert trade is not None
    assert trade.parts == {
        "signal": Decimal(22),  # 2 x (2011 - 2000)
        "slippage": Decimal(-4),  # 2 x (2000 - 2001) + 2 x (2010 - 2011)
        "stop_gap": Decimal(0),
        "unsplit": Decimal(0),
        "fees": Decimal(-2),
        "funding": Decimal("0.5"),
    }


def test_orders_carry_their_answers_and_fills(traded: Found) -> None:
    entry, stop, leave = tell(traded).orders
    assert [o.intent.purpose for o in (entry, stop, leave)] == [
        OrderPurpose.ENTRY,
        OrderPurpose.STOP,
        OrderPurpose.EXIT,
    ]
    assert (entry.state, entry.order_id, entry.filled) == (OrderState.DONE, "at-entry", Decimal(2))
    assert entry.limit_bps == pytest.approx(10.0)
    assert stop.answers == ("placed", "cancelled")
    assert stop.filled == 0


def test_stop_is_told_by_its_distance_and_its_loss(traded: Found) -> None:
    stop = tell(traded).stop
    assert stop is not None
    assert stop.distance_bps == pytest.approx(21 / 2001 * 1e4)
    assert stop.loss_usd == Decimal(-42)
    assert (stop.planned_bps, stop.fired, stop.confirmed, stop.answer) == (100.0, False, None, "cancelled")


def test_contributions_of_the_votes_add_up_to_the_score(traded: Found) -> None:
    story = tell(traded)
    assert story.decision is not None
    contributions = [vote.contribution for vote in story.votes]
    assert sum(value for value in contributions if value is not None) == pytest.approx(story.decision.score)


def test_weights_that_changed_since_are_not_taken_for_those_of_then(traded: Found) -> None:
    story = changed(traded, weights=None)
    assert all(vote.weight is None and vote.contribution is None for vote in story.votes)


def test_size_is_its_factors_multiplied_out_under_its_caps(traded: Found) -> None:
    story = tell(traded)
    size, decision = story.size, story.decision
    assert size is not None
    assert decision is not None
    assert size.base_usd is not None
    assert size.risk_usd == pytest.approx(10_000 * POLICIES.risk_per_trade_share)
    product = size.base_usd
    for factor in size.factors:
        product *= factor.value
    assert size.wanted_usd == pytest.approx(product)
    lowest = min([product, *(cap.value for cap in size.caps)])
    assert size.size_usd == pytest.approx(lowest, abs=2.0)  # a step of the venue is 2 USD
    assert (size.bound_by is None) == (lowest == product)


def test_blocked_signal_says_what_it_would_have_made(blocked: Found) -> None:
    story = tell(blocked)
    assert story.fate is Fate.BLOCKED
    assert story.decision is not None
    assert story.decision.blocked_by == ("ofi",)
    told = story.counterfactual
    assert story.size is not None
    assert told.size_usd is not None
    assert told.size_usd == story.size.offered_usd
    assert [horizon.horizon for horizon in told.horizons] == ["1m", "5m", "15m", "30m", "1h"]
    hour = told.horizons[-1]
    assert hour.net_bps == pytest.approx(100 - COST_BPS)
    assert hour.net_usd == pytest.approx(told.size_usd * (100 - COST_BPS) / 1e4)


def test_waiting_signal_says_what_it_waits_for(waiting: Found) -> None:
    story = tell(waiting)
    assert story.fate is Fate.WAITING
    assert [wait.what for wait in story.waits] == ["queue", "decision", "outcome"]
    assert story.waits[-1].due_ts == WAITING.ts + 3600
    assert changed(waiting, prediction=None).waits[0].what == "prediction"


def test_expired_signal_is_no_blocked_one(waiting: Found) -> None:
    expired = PendingDecided(ts=NOON + 7500, signal_id=WAITING.signal_id, should_trade=False, expired=True)
    assert changed(waiting, answered=expired).fate is Fate.EXPIRED


def test_decision_to_trade_without_an_order_is_told_as_such(traded: Found) -> None:
    nothing = {"orders": (), "ledger": ()}
    assert changed(traded, **nothing).fate is Fate.NOT_SENT
    assert changed(traded, **nothing, as_of=NOON + 10).fate is Fate.ORDERED


def test_order_without_a_fill_is_not_filled_once_it_is_answered(traded: Found) -> None:
    entry_only = tuple(event for event in traded.orders if event.cli_ord_id == "entry")
    assert changed(traded, orders=entry_only, ledger=()).fate is Fate.NOT_FILLED
    assert changed(traded, orders=entry_only[:1], ledger=()).fate is Fate.ORDERED


def test_open_position_is_told_with_its_stop(traded: Found) -> None:
    entry = tuple(entry for entry in traded.ledger if isinstance(entry, FillBooked))[:1]
    view: PositionView = replaced(a_position(), position_id=TRADED.signal_id)
    story = changed(traded, ledger=entry, position=view, outcome=None)
    assert (story.fate, story.trade) == (Fate.OPEN, None)
    assert [fill.slippage_usd for fill in story.fills] == [Decimal(-2)]
    assert [wait.what for wait in story.waits] == ["exit", "outcome"]


def test_piece_that_is_gone_is_named_and_not_guessed(traded: Found) -> None:
    story = changed(traded, window=None, decision=None, kept_since={"windows.jsonl": NOON + 1})
    gaps = {gap.what: gap.reason for gap in story.gaps}
    assert gaps == {"market": GapReason.ROTATED_AWAY, "decision": GapReason.NOT_WRITTEN}
    assert story.market is None
    assert story.size is None
    assert story.trade is not None


def test_horizon_without_a_price_is_told_apart_from_one_that_is_due(blocked: Found) -> None:
    holes = {**an_outcome(BLOCKED).horizons, "5m": None}
    states = [
        h.state for h in changed(blocked, outcome=an_outcome(BLOCKED, horizons=holes)).counterfactual.horizons
    ]
    assert states.count(HorizonState.NO_PRICE) == 1
    missing = changed(blocked, outcome=None).counterfactual.horizons
    assert {horizon.state for horizon in missing} == {HorizonState.WAITING}
    gone = changed(blocked, outcome=None, kept_since={"signal_outcomes.jsonl": NOON + 90_000})
    assert {horizon.state for horizon in gone.counterfactual.horizons} == {HorizonState.GONE}


@pytest.mark.parametrize(
    ("disposition", "fate"),
    [
        (Disposition.BLOCKED, Fate.BLOCKED),
        (Disposition.EXPIRED, Fate.EXPIRED),
        (Disposition.NOT_FILLED, Fate.NOT_FILLED),
        (Disposition.EXECUTED, Fate.CLOSED),
    ],
)
def test_outcome_alone_tells_what_became_of_it(blocked: Found, disposition: Disposition, fate: Fate) -> None:
    rest = {"signal": None, "decision": None, "queued": None, "outcome": an_outcome(BLOCKED, disposition)}
    assert changed(blocked, **rest).fate is fate


def test_prediction_that_came_too_late_is_told_as_late(blocked: Found) -> None:
    assert tell(blocked).prediction_in_time is True
    assert blocked.queued is not None
    late = replaced(blocked.queued, prediction=None)
    story = changed(blocked, queued=late)
    assert story.prediction_in_time is False
    assert story.prediction is not None
