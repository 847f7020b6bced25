"""Whose turn it is, counted and drawn."""

from src.exchange.simulator.fault_plan import Turns
from src.exchange.simulator.turns import Schedule


def struck(turns: Turns, *, calls: int = 12, seed: str = "7") -> list[int]:
    schedule = Schedule([turns], seed=seed)
    return [number for number in range(1, calls + 1) if schedule.strikes(lambda _: True)]


def test_without_limits_it_is_always_its_turn() -> None:
    assert struck(Turns()) == list(range(1, 13))


def test_all_limits_must_agree() -> None:
    assert struck(Turns(nth=(2, 3, 4), every=2)) == [2, 4]
    assert struck(Turns(every=3, times=2)) == [3, 6]
    assert struck(Turns(nth=(1, 5), times=1)) == [1]


def test_chance_strikes_about_as_often_as_it_says_and_the_same_calls_again() -> None:
    first = struck(Turns(chance=0.2), calls=2000)
    assert 320 < len(first) < 480
    assert struck(Turns(chance=0.2), calls=2000) == first
    assert struck(Turns(chance=0.2), calls=2000, seed="8") != first


def test_faults_count_what_matches_them_even_while_another_strikes() -> None:
    schedule = Schedule([Turns(nth=(1,)), Turns(nth=(1, 2)), Turns(times=1)], seed="7")
    kinds = [schedule.strikes(lambda fault: fault.times is None) for _ in range(3)]
    assert kinds == [Turns(nth=(1,)), Turns(nth=(1, 2)), None]
    assert schedule.counts() == [
        {"seen": 3, "struck": 1},
        {"seen": 3, "struck": 1},
        {"seen": 0, "struck": 0},
    ]
