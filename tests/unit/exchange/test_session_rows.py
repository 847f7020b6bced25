"""Rows that are known are not read again, and rows that have changed always are."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.exchange.errors import NoAnswer
from src.exchange.session_rows import KnownRows


class Reader:
    """Counts what it reads."""

    def __init__(self) -> None:
        self.count = 0
        self.rows = KnownRows("rows", name="id", parse=self._parse)

    def _parse(self, row: Mapping[str, object]) -> object:
        self.count += 1
        return row["id"], row["value"]


ROWS = st.lists(st.fixed_dictionaries({"id": st.integers(0, 4), "value": st.integers(0, 2)}), max_size=5)


@given(st.lists(ROWS, max_size=6))
def test_what_is_read_is_what_stands_there(answers: list[list[dict[str, object]]]) -> None:
    reader = Reader()
    for rows in answers:
        assert reader.rows.read({"rows": rows}) == tuple((row["id"], row["value"]) for row in rows)


def test_a_row_that_is_as_it_was_is_read_once() -> None:
    reader = Reader()
    for _ in range(3):
        reader.rows.read({"rows": [{"id": 1, "value": 1}, {"id": 2, "value": 1}]})
    assert reader.count == 2
    reader.rows.read({"rows": [{"id": 3, "value": 1}, {"id": 1, "value": 1}, {"id": 2, "value": 9}]})
    assert reader.count == 4


@pytest.mark.parametrize("broken", [{}, {"rows": None}, {"rows": [7]}, {"rows": [{"id": 1}]}])
def test_what_cannot_be_read_is_no_answer_every_time(broken: dict[str, object]) -> None:
    reader = Reader()
    good = {"rows": [{"id": 1, "value": 1}]}
    assert reader.rows.read(good) == ((1, 1),)
    for _ in range(2):
        with pytest.raises(NoAnswer):
            reader.rows.read(broken)
    assert reader.rows.read(good) == ((1, 1),)
