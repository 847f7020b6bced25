"""The ensemble's memory: written down and read back, it goes on as if nothing had happened."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.learning.ensemble import Ensemble
from src.learning.ensemble_case import Resolved
from src.learning.ensemble_members import Logistic
from src.records.ensemble import EnsembleMemory, MemberMemory
from src.records.enums import COMPONENTS, Direction, Regime, Strategy, Vote
from src.records.predictions import Prediction
from src.records.signals import Signal
from tests.signals_fakes import T0, project_components, signal

RULES = project_components().ensemble


@given(seed=st.integers(0, 2**32), before=st.integers(0, 80), after=st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_nothing_later_tells_that_it_was_written_down(seed: int, before: int, after: int) -> None:
    rng = random.Random(seed)
    events = [event for number in range(before + after) for event in both(rng, number)]
    cut = 2 * before
    lasting, stopped = Ensemble(RULES), Ensemble(RULES)
    for ensemble in (lasting, stopped):
        live(ensemble, events[:cut])
    told = msgspec.json.decode(msgspec.json.encode(stopped.memory()), type=EnsembleMemory)
    again = Ensemble(RULES)
    again.restore(told)
    assert again.memory() == lasting.memory()
    assert live(again, events[cut:]) == live(lasting, events[cut:])
    assert again.memory() == lasting.memory()


def test_coefficients_of_other_inputs_are_refused() -> None:
    member = Logistic(prior_blocks=24, learning_rate=0.05, l2=0)
    learned = member.memory()
    with pytest.raises(ValueError, match="inputs"):
        member.recall(MemberMemory(tested=learned.tested, coefficients=(1.0,), squares=(1.0,)))


def test_cases_of_other_inputs_are_refused() -> None:
    ensemble = Ensemble(RULES)
    ensemble.recall(signal())
    memory = ensemble.memory()
    (case,) = memory.waiting
    short = msgspec.structs.replace(memory, waiting=(msgspec.structs.replace(case, inputs=(1.0,)),))
    with pytest.raises(ValueError, match="inputs"):
        Ensemble(RULES).restore(short)


def live(ensemble: Ensemble, events: list[Signal | Resolved]) -> list[Prediction]:
    predictions = []
    for event in events:
        if isinstance(event, Resolved):
            ensemble.hear(event)
        else:
            predictions.append(ensemble.predict(event, now=event.ts))
    return predictions


def both(rng: random.Random, number: int) -> tuple[Signal, Resolved]:
    """Return a signal, and an outcome of it that will be known at some later moment."""
    votes = {name: (rng.choice(list(Vote)), rng.random()) for name in COMPONENTS}
    one = signal(
        ts=T0 + 600.0 * number,
        strategy=rng.choice(list(Strategy)),
        direction=rng.choice(list(Direction)),
        ofi=rng.choice([None, rng.uniform(-1, 1)]),
        confidence=rng.uniform(0, 0.3),
        regime=rng.choice([*Regime, None]),
        votes=votes,
    )
    return one, Resolved(one.ts + rng.uniform(0, 7200), one.signal_id, rng.random() < 0.5)
