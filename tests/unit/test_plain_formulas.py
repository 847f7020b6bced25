"""The hot path of a decision, written for speed, against the plainest way to write the same formulas."""

import math
import random

import msgspec
import pytest

from src.components.registry import ask_all
from src.components.tally import tally
from src.conviction_gate import Hearing, decide
from src.gates.intelligence import INPUTS, composite, live_readings
from src.gates.score import STRONG, conviction_of, score_of
from src.learning.ensemble import Ensemble, blended
from src.learning.ensemble_case import Resolved, case_of
from src.learning.ensemble_members import Opinion
from src.learning.outcome import return_bps
from src.learning.price_tape import PriceTape, WindowMid
from src.learning.recent_ids import RecentIds
from src.learning.tracking import HorizonBook, OutcomeRules, Settled
from src.records.enums import COMPONENTS, HORIZONS_S, Strategy, Vote
from src.records.signals import Signal
from tests.corpus_fakes import LEADER, SYMBOLS, some_contexts, some_signals, some_windows
from tests.gate_fakes import some_weights
from tests.signals_fakes import T0, project_components, signal

COMPONENT_RULES = project_components()
TINY = 1e-15
"""How far a sum may be off that adds the same numbers in another way."""
RULES = OutcomeRules(leader=LEADER, tolerance_s=90.0, patience_s=30.0, cost_bps=14.0)


def test_a_tally_is_the_sum_of_weight_times_confidence_on_each_side() -> None:
    weights = COMPONENT_RULES.weights()
    for features in some_windows(100):
        votes = ask_all(features, COMPONENT_RULES.components)
        count = tally(votes, weights, confident_above=0.3)
        longs = [vote for vote in votes if vote.vote in {Vote.LONG, Vote.STRONG_LONG}]
        shorts = [vote for vote in votes if vote.vote in {Vote.SHORT, Vote.STRONG_SHORT}]
        assert count == pytest.approx(
            (
                sum(weights[vote.name] * vote.confidence for vote in longs),
                sum(weights[vote.name] * vote.confidence for vote in shorts),
                sum(vote.confidence > 0.3 for vote in longs),
                sum(vote.confidence > 0.3 for vote in shorts),
                sum(vote.vote is not Vote.ABSTAIN for vote in votes),
            ),
            abs=TINY,
        )


def test_a_score_is_the_weighted_agreement_of_all_votes() -> None:
    weights = some_weights()
    for each in some_signals(100):
        plain = sum(
            weights.weights[vote.name]
            * (min(1.0, vote.confidence * 1.3) if vote.vote in STRONG else vote.confidence)
            * vote.vote.sign
            * each.direction.sign
            for vote in each.votes
        )
        assert score_of(each, weights) == pytest.approx(plain, abs=TINY)


@pytest.mark.parametrize("score", [0.5, 0.4999, 0.35, 0.2, 0.1, 0.0, -0.0, -1e-9, -1.0])
def test_a_conviction_is_the_highest_level_that_a_score_reaches(score: float) -> None:
    levels = {"ULTRA": 0.5, "HIGH": 0.35, "MEDIUM": 0.2, "BASELINE": 0.1, "LOW": 0.0, "MINIMUM": -math.inf}
    assert conviction_of(score) == max(
        (name for name in levels if score >= levels[name]), key=lambda name: levels[name]
    )


def test_a_composite_is_the_weighted_mean_of_what_is_live() -> None:
    for features in some_windows(100):
        live = live_readings(features)
        assert set(live) <= set(INPUTS)
        if live:
            total = sum(INPUTS[name][0] for name in live)
            mean = sum(INPUTS[name][0] * value for name, value in live.items()) / total
            assert composite(live) == pytest.approx(mean, abs=TINY)


def test_a_blend_is_the_prior_plus_the_mean_of_those_with_evidence() -> None:
    rng = random.Random(1)
    weights = COMPONENT_RULES.ensemble.weights
    for _ in range(200):
        opinions = {
            name: Opinion(None if name != "votes" and rng.random() < 0.3 else rng.random(), rng.random(), 1)
            for name in weights
        }
        said = {name: o.win_probability for name, o in opinions.items() if o.win_probability is not None}
        others = sum(weights[name] for name in said if name != "votes")
        says = {name: 1.0 if name == "votes" else weights[name] / others for name in said}
        blend = blended(opinions, weights)
        wanted = 0.5 + sum(says[name] * (value - 0.5) for name, value in said.items())
        sure = sum(weights[name] * opinions[name].confidence for name in says)
        assert blend.win_probability == pytest.approx(min(1.0, max(0.0, wanted)), abs=TINY)
        assert blend.confidence == pytest.approx(min(1.0, sure), abs=TINY)
        assert [member.weight for member in blend.members] == pytest.approx(
            [says.get(name, 0.0) for name in opinions], abs=TINY
        )


def test_a_case_reads_each_vote_in_the_direction_of_the_signal() -> None:
    for each in some_signals(60):
        case = case_of(each)
        side = each.direction.sign
        votes = {vote.name: side * vote.vote.sign * vote.confidence for vote in each.votes}
        assert list(case.inputs[: len(COMPONENTS)]) == [votes[name] for name in COMPONENTS]
        assert case.aligned_ofi == (0.0 if each.ofi is None else side * each.ofi)
        strength = "none" if each.ofi is None else str(min(4, int(abs(each.ofi) * 5)))
        regime = "UNKNOWN" if each.regime is None else each.regime.value
        assert case.pattern == f"{each.strategy.value}|{each.direction.value}|{regime}|{strength}"


def test_one_hearing_answers_each_signal_as_if_it_were_alone() -> None:
    signals = some_signals(2)
    ensemble = Ensemble(COMPONENT_RULES.ensemble)
    predictions = [ensemble.predict(each, now=each.ts) for each in signals]
    for context in some_contexts(60):
        hearing = Hearing(context)
        for each, prediction in zip(signals, predictions, strict=True):
            for answer in (None, prediction):
                together, alone = hearing.decide(each, answer), decide(each, answer, context)
                assert msgspec.json.encode(together) == msgspec.json.encode(alone)


def test_the_horizon_book_settles_what_a_look_at_the_whole_recording_would() -> None:
    rng = random.Random(3)
    tape = [
        WindowMid(
            ts=T0 + 60 * minute, symbol=symbol, mid=None if rng.random() < 0.1 else rng.uniform(90, 110)
        )
        for minute in range(90)
        for symbol in SYMBOLS
        if rng.random() > 0.1
    ]
    followed = [
        signal(ts=T0 + 60 * minute, symbol=rng.choice(SYMBOLS), strategy=strategy)
        for minute in range(25)
        for strategy in Strategy
        if rng.random() < 0.7
    ]
    settled = settle_all(tape, followed)
    assert set(settled) == {each.signal_id for each in followed}
    for each in followed:
        horizons = settled[each.signal_id].horizons
        assert list(horizons) == list(HORIZONS_S)
        for label, seconds in HORIZONS_S.items():
            point, start = first(tape, each.symbol, each.ts + seconds), first(tape, LEADER, each.ts)
            end, found = first(tape, LEADER, each.ts + seconds), horizons[label]
            if point is None:
                assert found is None
                continue
            assert found is not None
            assert (found.price_ts, found.price) == (point.ts, point.mid)
            known = start is not None and end is not None
            assert found.market_return_bps == (return_bps(start.mid, end.mid) if known else None)


def settle_all(tape: list[WindowMid], followed: list[Signal]) -> dict[str, Settled]:
    prices = PriceTape()
    book = HorizonBook(prices, RULES)
    settled: dict[str, Settled] = {}

    def done(signal_id: str) -> None:
        found = book.settled(signal_id)
        assert found is not None
        assert signal_id not in settled
        settled[signal_id] = found
        book.drop(signal_id)

    for now in sorted({each.ts for each in tape} | {T0 + 60.0 * minute for minute in range(100)}):
        for each in followed:
            if each.ts == now:
                book.add(each)
        for window in tape:
            if window.ts == now:
                prices.add(window)
        book.settle_due(now + 1, recording_read=True, done=done)
    assert book.oldest_ts() is None
    return settled


def first(tape: list[WindowMid], symbol: str, target_ts: float) -> WindowMid | None:
    inside = (
        window
        for window in tape
        if window.symbol == symbol
        and window.mid is not None
        and target_ts <= window.ts <= target_ts + RULES.tolerance_s
    )
    return next(inside, None)


def test_an_ensemble_learns_the_same_whenever_it_is_told() -> None:
    signals = some_signals(80)
    told = [Resolved(each.ts + 600, each.signal_id, len(each.signal_id) % 2 == 0) for each in signals]
    early, late = Ensemble(COMPONENT_RULES.ensemble), Ensemble(COMPONENT_RULES.ensemble)
    for outcome in told:
        early.hear(outcome)
    waiting = list(told)
    for each in signals:
        while waiting and waiting[0].ts <= each.ts:
            late.hear(waiting.pop(0))
        assert early.predict(each, now=each.ts) == late.predict(each, now=each.ts)


def test_recent_ids_keep_the_newest_and_count_the_older_as_seen() -> None:
    recent = RecentIds(capacity=3)
    for number in range(5):
        recent.add(f"s{number}", float(number))
        recent.add(f"s{number}", float(number))
    assert len(recent) == 3
    assert [f"s{number}" in recent for number in range(5)] == [False, False, True, True, True]
    assert recent.seen("never heard of", 1.0)
    assert not recent.seen("never heard of", 1.5)
