"""Signals wait for their prediction, but not for ever."""

from src.learning.arrivals import Arrivals
from tests.learning_fakes import (
    T0,
    make_prediction,
    make_signal,
)


def test_a_signal_leaves_with_its_prediction_whichever_came_first() -> None:
    first, second = make_signal(), make_signal(ts=T0 + 60)
    arrivals = Arrivals(5.0)
    arrivals.add_prediction(make_prediction(first))
    assert arrivals.predictions_waiting
    arrivals.add_signal(first)
    arrivals.add_signal(second)
    arrivals.add_prediction(make_prediction(second))
    ready = arrivals.take_ready(T0 + 60, all_read=True)
    assert [(s.signal_id, p is not None) for s, p in ready] == [
        (first.signal_id, True),
        (second.signal_id, True),
    ]
    assert not arrivals.signals_waiting
    assert not arrivals.predictions_waiting


def test_without_a_prediction_it_leaves_when_the_wait_is_over() -> None:
    arrivals = Arrivals(5.0)
    arrivals.add_signal(make_signal())
    assert arrivals.take_ready(T0 + 5.0, all_read=True) == []
    assert arrivals.take_ready(T0 + 5.1, all_read=False) == []
    [(_, prediction)] = arrivals.take_ready(T0 + 5.1, all_read=True)
    assert prediction is None


def test_a_prediction_whose_signal_never_comes_is_forgotten() -> None:
    arrivals = Arrivals(5.0)
    arrivals.add_prediction(make_prediction(make_signal()))
    arrivals.take_ready(T0 + 100, all_read=True)
    assert not arrivals.predictions_waiting
