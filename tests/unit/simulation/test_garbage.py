"""A run leaves the collector of garbage as it found it."""

import gc

from src.simulation.garbage import seldom_collected


class Circle:
    """Something that keeps itself alive."""

    def __init__(self) -> None:
        self.itself = self


def test_the_usual_thresholds_come_back() -> None:
    usual = gc.get_threshold()
    with seldom_collected():
        assert gc.get_threshold() != usual
    assert gc.get_threshold() == usual


def test_what_a_leg_leaves_behind_is_gone_at_its_end() -> None:
    with seldom_collected():
        Circle()
    assert not [each for each in gc.get_objects() if type(each) is Circle]
