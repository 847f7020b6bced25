"""The ensemble: it learns what is there, leaves noise alone, and never looks ahead."""

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.learning.ensemble import Ensemble, blended, size_multiplier
from src.learning.ensemble_case import INPUTS, Resolved, case_of, resolved
from src.learning.ensemble_members import BaseRate, Logistic, Opinion, Patterns, Votes
from src.records.enums import COMPONENTS, Direction, Regime, Strategy, Vote
from src.records.predictions import Prediction
from src.records.signals import Signal
from tests.signals_fakes import T0, outcome, project_components, signal

RULES = project_components().ensemble
HOUR = 3600.0
SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD")


# what it says
def test_before_any_outcome_only_the_votes_speak() -> None:
    prediction = Ensemble(RULES).predict(signal(confidence=0.4), now=T0 + 1)
    by_name = {member.name: member for member in prediction.members}
    assert prediction.evidence == 0
    assert by_name["votes"].weight == 1
    for silent in ("pattern", "logistic", "base_rate"):
        assert (by_name[silent].win_probability, by_name[silent].weight) == (None, 0)
    assert 0.5 < prediction.win_probability < 0.7


def test_a_prediction_answers_its_signal() -> None:
    asked = signal(direction=Direction.SHORT)
    prediction = Ensemble(RULES).predict(asked, now=T0 + 1)
    assert (prediction.signal_id, prediction.ts, prediction.recorded_at) == (
        asked.signal_id,
        asked.ts,
        T0 + 1,
    )
    assert (prediction.symbol, prediction.direction) == (asked.symbol, asked.direction)


def test_it_learns_a_planted_relation() -> None:
    ensemble, history = taught(lambda rng, case: rng.random() < 0.5 + 0.35 * aligned(case))
    late = history[-1].ts + HOUR
    with_flow = ensemble.predict(signal(ts=late, ofi=0.9), now=late)
    against_flow = ensemble.predict(signal(ts=late, ofi=-0.9, direction=Direction.LONG), now=late)
    assert with_flow.win_probability > 0.6
    assert against_flow.win_probability < 0.4
    assert with_flow.evidence > 1000


def test_it_learns_which_component_is_right() -> None:
    ensemble, history = taught(lambda rng, case: rng.random() < 0.5 + 0.3 * says(case, "hurst"))
    late = history[-1].ts + HOUR
    for_it = ensemble.predict(signal(ts=late, ofi=0.0, votes={"hurst": (Vote.LONG, 1.0)}), now=late)
    against = ensemble.predict(signal(ts=late, ofi=0.0, votes={"hurst": (Vote.SHORT, 1.0)}), now=late)
    other = ensemble.predict(signal(ts=late, ofi=0.0, votes={"funding": (Vote.LONG, 1.0)}), now=late)
    assert for_it.win_probability - against.win_probability > 0.2
    assert abs(other.win_probability - 0.5) < 0.06


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_noise_it_stays_at_even_odds(seed: int) -> None:
    ensemble, history = taught(lambda rng, _case: rng.random() < 0.5, seed=seed)
    late = history[-1].ts + HOUR
    rng = random.Random(seed)
    for n in range(50):
        prediction = ensemble.predict(some_signal(rng, late + n), now=late)
        assert abs(prediction.win_probability - 0.5) < 0.07
        assert 0.7 < prediction.size_multiplier < 1.1


def test_many_signals_of_one_hour_are_little_evidence() -> None:
    one_hour, many_hours = BaseRate(prior_blocks=24), BaseRate(prior_blocks=24)
    for n in range(100):
        one_hour.learn(case_of(signal(ts=T0 + n)), won=True)
        many_hours.learn(case_of(signal(ts=T0 + n * HOUR)), won=True)
    case = case_of(signal())
    assert probability(one_hour.opinion(case)) < 0.55
    assert probability(many_hours.opinion(case)) > 0.85


def test_the_claim_of_the_votes_fades_as_evidence_comes() -> None:
    votes = Votes(slope=1.0, flow_slope=0.0, prior_blocks=24)
    case = case_of(signal(confidence=0.5))
    before = probability(votes.opinion(case))
    for n in range(240):
        votes.learn(case_of(signal(ts=T0 + n * HOUR)), won=True)
    after = probability(votes.opinion(case))
    assert before > after > 0.5
    assert after - 0.5 < 0.15 * (before - 0.5)


def test_a_pattern_knows_only_its_own_kind() -> None:
    patterns = Patterns(prior_blocks=24)
    for n in range(48):
        patterns.learn(case_of(signal(ts=T0 + n * HOUR, ofi=0.9)), won=True)
    assert probability(patterns.opinion(case_of(signal(ofi=0.95)))) > 0.75
    for other in (
        signal(ofi=0.3),
        signal(ofi=None),
        signal(ofi=0.9, direction=Direction.SHORT),
        signal(ofi=0.9, strategy=Strategy.SENTIMENT),
        signal(ofi=0.9, regime=Regime.WILD_UP),
        signal(ofi=0.9, regime=None),
    ):
        assert patterns.opinion(case_of(other)).win_probability is None


def test_the_logistic_member_reads_votes_in_the_direction_of_the_signal() -> None:
    votes = {"hurst": (Vote.SHORT, 0.8), "funding": (Vote.ABSTAIN, 0.0)}
    for direction, wanted in ((Direction.LONG, -0.8), (Direction.SHORT, 0.8)):
        inputs = dict(zip(INPUTS, case_of(signal(direction=direction, votes=votes)).inputs, strict=True))
        assert inputs["hurst"] == pytest.approx(wanted)
        assert inputs["funding"] == 0
        assert inputs["aligned_ofi"] == pytest.approx(0.3 * direction.sign)
        assert inputs["aligned_trend"] == pytest.approx(0.5 * direction.sign)
    assert all(-1 <= value <= 1 for value in case_of(signal(ofi=None, regime=None)).inputs)


# what it may know
def test_an_outcome_counts_from_the_first_signal_that_is_younger() -> None:
    def answers(*, outcomes: bool) -> list[Prediction]:
        ensemble = Ensemble(RULES)
        asked = [signal(n=n) for n in range(0, 180, 10)]
        first = ensemble.predict(asked[0], now=0)
        if outcomes:
            ensemble.hear(known(asked[0], won=True))
        return [first, *(ensemble.predict(each, now=0) for each in asked[1:])]

    with_it, without = answers(outcomes=True), answers(outcomes=False)
    knowable = [prediction.ts > T0 + HOUR for prediction in without]
    differs = [a != b for a, b in zip(with_it, without, strict=True)]
    assert differs == knowable


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_when_outcomes_are_heard_does_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    asked = [some_signal(rng, T0 + 600 * n) for n in range(30)]
    outcomes = [known(each, won=rng.random() < 0.5) for each in asked]
    early, late = Ensemble(RULES), Ensemble(RULES)
    for one in rng.sample(outcomes, len(outcomes)):
        early.hear(one)
    answers = []
    for each in asked:
        for due in [one for one in outcomes if each.ts - 600 < one.ts <= each.ts]:
            late.hear(due)
        answers.append((early.predict(each, now=0), late.predict(each, now=0)))
    assert all(a == b for a, b in answers)


def test_an_outcome_told_twice_counts_once() -> None:
    ensemble = Ensemble(RULES)
    asked = signal()
    ensemble.predict(asked, now=0)
    for _ in range(2):
        ensemble.hear(known(asked, won=True))
    assert ensemble.predict(signal(n=61), now=0).evidence == 1


def test_an_outcome_without_its_horizon_teaches_nothing() -> None:
    assert resolved(outcome(signal(), return_bps=None)) is None


@pytest.mark.parametrize(("return_bps", "won"), [(0.1, True), (0.0, False), (-3.0, False)])
def test_a_win_is_a_right_direction_after_an_hour(return_bps: float, *, won: bool) -> None:
    answer = resolved(outcome(signal(), return_bps=return_bps))
    assert answer is not None
    assert answer.won is won


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_every_number_stays_within_its_bounds(seed: int) -> None:
    rng = random.Random(seed)
    ensemble = Ensemble(RULES)
    for n in range(150):
        asked = some_signal(rng, T0 + 300 * n)
        prediction = ensemble.predict(asked, now=asked.ts)
        assert 0 <= prediction.win_probability <= 1
        assert 0 <= prediction.confidence <= 1
        assert 0.5 <= prediction.size_multiplier <= 2
        others = sum(member.weight for member in prediction.members if member.name != "votes")
        assert others == pytest.approx(0) or others == pytest.approx(1)
        ensemble.hear(known(asked, won=True))


# the blend
def test_a_member_without_a_probability_has_no_say() -> None:
    opinions = {"votes": Opinion(0.6, 0.0, 0), "pattern": Opinion(None, 1.0, 0)}
    blend = blended(opinions, {"votes": 0.5, "pattern": 0.5})
    assert (blend.win_probability, blend.confidence) == (0.6, 0.0)


def test_evidence_adds_to_what_the_prior_still_claims() -> None:
    opinions = {
        "votes": Opinion(0.55, 0.2, 0),
        "pattern": Opinion(0.6, 0.5, 9),
        "base_rate": Opinion(0.5, 0.5, 9),
    }
    blend = blended(opinions, {"votes": 0.5, "pattern": 0.25, "base_rate": 0.25})
    assert blend.win_probability == pytest.approx(0.5 + 0.05 + 0.5 * 0.1)
    assert blend.confidence == pytest.approx(0.1 + 0.125 + 0.125)


def test_the_first_outcome_does_not_silence_the_prior() -> None:
    opinions = {"votes": Opinion(0.66, 0.2, 0), "pattern": Opinion(0.5, 0.04, 1)}
    assert blended(opinions, {"votes": 0.5, "pattern": 0.5}).win_probability == pytest.approx(0.66)


def test_without_any_say_there_is_no_blend() -> None:
    with pytest.raises(ValueError, match="no member"):
        blended({"votes": Opinion(None, 0.0, 0)}, {"votes": 1.0})


@pytest.mark.parametrize(
    ("p", "confidence", "size"),
    [
        (0.75, 0.6, 1.75),
        (0.75, 0.4, 1.5),
        (0.6, 0.1, 1.125),
        (0.5, 0.9, 1),
        (0.4, 0.9, 0.625),
        (0.3, 0.6, 0.5),
    ],
)
def test_the_size_follows_the_forecast(p: float, confidence: float, size: float) -> None:
    assert size_multiplier(p, confidence) == pytest.approx(size)


@given(p=st.floats(0, 1), confidence=st.floats(0, 1))
def test_the_size_stays_between_half_and_double(p: float, confidence: float) -> None:
    assert 0.5 <= size_multiplier(p, confidence) <= 2


def test_the_logistic_member_has_an_input_for_each_component() -> None:
    assert INPUTS[: len(COMPONENTS)] == COMPONENTS
    member = Logistic(prior_blocks=24, learning_rate=0.05, l2=0)
    assert member.opinion(case_of(signal())).win_probability is None


def taught(
    wins: Callable[[random.Random, Signal], bool], *, seed: int = 7, signals: int = 6000
) -> tuple[Ensemble, Sequence[Signal]]:
    """Return an ensemble that has lived through signals, one every few minutes, that win by this rule."""
    rng = random.Random(seed)
    ensemble = Ensemble(RULES)
    history = [some_signal(rng, T0 + 300.0 * n) for n in range(signals)]
    for each in history:
        ensemble.recall(each)
        ensemble.hear(known(each, won=wins(rng, each)))
    return ensemble, history


def some_signal(rng: random.Random, ts: float) -> Signal:
    ofi = rng.uniform(-1, 1)
    votes = {name: (rng.choice([Vote.LONG, Vote.SHORT, Vote.NEUTRAL]), rng.random()) for name in COMPONENTS}
    return signal(
        ts=ts,
        symbol=rng.choice(SYMBOLS),
        strategy=rng.choice(list(Strategy)),
        direction=rng.choice(list(Direction)),
        ofi=ofi,
        confidence=rng.uniform(0, 0.3),
        regime=rng.choice([*Regime, None]),
        votes=votes,
    )


def aligned(case: Signal) -> float:
    return case.direction.sign * (case.ofi or 0.0)


def says(case: Signal, name: str) -> float:
    return next(
        case.direction.sign * vote.vote.sign * vote.confidence for vote in case.votes if vote.name == name
    )


def known(of: Signal, *, won: bool) -> Resolved:
    return Resolved(ts=of.ts + HOUR, signal_id=of.signal_id, won=won)


def probability(opinion: Opinion) -> float:
    assert opinion.win_probability is not None
    return opinion.win_probability
