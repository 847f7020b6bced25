from collections.abc import Iterator

from src.audit.ahead import Ahead, Key


class Made:
    """A file of (id, ts), which counts how far it was read."""

    name = "made"

    def __init__(self, records: list[tuple[str, float]], whole_since: float | None = None) -> None:
        self.whole_since = whole_since
        self.read = 0
        self._records = records

    def __iter__(self) -> Iterator[tuple[int, tuple[str, float]]]:
        for seq, record in enumerate(self._records, start=1):
            self.read = seq
            yield seq, record


def ahead_of(source: Made, *, slack_s: float = 10.0) -> Ahead[tuple[str, float]]:
    return Ahead(source, lambda record: Key(*record) if record[0] != "skip" else None, slack_s=slack_s)


def test_records_are_found_in_nearly_the_same_order_and_once() -> None:
    ahead = ahead_of(Made([("b", 1.0), ("skip", 1.0), ("a", 1.0), ("c", 2.0)]))
    assert ahead.take("a", 1.0) == (3, ("a", 1.0))
    assert ahead.take("b", 1.0) == (1, ("b", 1.0))
    assert ahead.take("b", 1.0) is None
    assert ahead.take("c", 2.0) == (4, ("c", 2.0))


def test_what_is_missing_is_looked_for_no_further_than_the_slack() -> None:
    source = Made([(f"s{number}", float(number)) for number in range(1000)])
    ahead = ahead_of(source)
    assert ahead.take("nobody", 5.0) is None
    assert source.read < 20
    assert ahead.take("s7", 7.0) == (8, ("s7", 7.0))


def test_what_nobody_asks_for_is_forgotten() -> None:
    source = Made([(f"s{number}", float(number)) for number in range(1000)])
    ahead = ahead_of(source)
    for number in range(0, 1000, 100):
        assert ahead.take(f"s{number}", float(number)) is not None
        assert len(ahead._waiting) < 120


def test_what_rotation_may_have_removed_is_known() -> None:
    assert not ahead_of(Made([])).removed(5.0)
    assert ahead_of(Made([], whole_since=100.0)).removed(105.0)
    assert not ahead_of(Made([], whole_since=100.0)).removed(111.0)


def test_the_rest_is_read_for_the_proof_of_the_file() -> None:
    source = Made([(f"s{number}", float(number)) for number in range(50)])
    ahead = ahead_of(source)
    ahead.take("s1", 1.0)
    ahead.drain()
    assert source.read == 50
