"""Lines are JSON that any reader takes: the bytes of orjson, and never a number that JSON cannot say."""

import math
from collections.abc import Callable
from decimal import Decimal

import msgspec
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from src.records.base import Record
from src.records.enums import Direction
from src.store.encoding import encode_line
from src.store.errors import NonFiniteNumber
from tests.record_fakes import all_records, made


class Inner(Record, frozen=True, kw_only=True):
    """A part of a line."""

    numbers: tuple[float | None, ...] = ()
    named: dict[str, float | None] = msgspec.field(default_factory=dict)


class Shapes(Record, frozen=True, kw_only=True):
    """A value of every kind that records hold."""

    text: str = ""
    number: float | None = None
    count: int = 0
    money: Decimal = Decimal(0)
    direction: Direction = Direction.LONG
    renamed: bool = msgspec.field(name="_renamed", default=False)
    inner: Inner = Inner()


finite = st.floats(allow_nan=False, allow_infinity=False)
shapes = st.builds(
    Shapes,
    text=st.text(st.characters(exclude_categories=("Cs",))),
    number=st.none() | finite,
    count=st.integers(-(2**63), 2**64 - 1),
    money=st.decimals(allow_nan=False, allow_infinity=False),
    direction=st.sampled_from(Direction),
    renamed=st.booleans(),
    inner=st.builds(
        Inner,
        numbers=st.lists(st.none() | finite, max_size=5).map(tuple),
        named=st.dictionaries(
            st.text(st.characters(exclude_categories=("Cs",))), st.none() | finite, max_size=3
        ),
    ),
)


@given(record=shapes)
@example(record=Shapes(number=-0.0))
@example(record=Shapes(number=5e-324))
@example(record=Shapes(number=1.7976931348623157e308))
@example(record=Shapes(text='\x00\x1f\x7f\u2028\U0001f600"\\/'))
def test_what_is_written_is_what_was_meant(record: Shapes) -> None:
    encoded = encode_line(record)
    decoded = msgspec.json.decode(encoded, type=Shapes)
    assert decoded == record
    assert repr(decoded) == repr(record)
    assert b"\n" not in encoded


@given(record=shapes)
def test_bytes_are_those_of_orjson_but_for_large_exponents(record: Shapes) -> None:
    theirs = orjson.dumps(msgspec.to_builtins(record))
    ours = encode_line(record)
    if all(abs(number) < 1e16 for number in numbers_of(record)):
        assert ours == theirs
    assert orjson.loads(ours) == orjson.loads(theirs)


@pytest.mark.parametrize("record", all_records(), ids=lambda record: record.__name__)
@pytest.mark.parametrize("full", [True, False])
def test_every_record_has_the_bytes_of_orjson(record: type[Record], *, full: bool) -> None:
    one = made(record, full=full)
    assert encode_line(one) == orjson.dumps(msgspec.to_builtins(one, str_keys=True))


@pytest.mark.parametrize("bad", [math.nan, -math.nan, math.inf, -math.inf, float("-nan")])
@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("number", lambda bad: Shapes(number=bad)),
        (r"inner\.numbers\[1\]", lambda bad: Shapes(inner=Inner(numbers=(None, bad)))),
        (r"inner\.named\.x", lambda bad: Shapes(inner=Inner(named={"a": 1.0, "x": bad}))),
    ],
)
def test_a_number_that_is_none_is_refused_by_name(
    bad: float, name: str, place: Callable[[float], Shapes]
) -> None:
    with pytest.raises(NonFiniteNumber, match=rf"Shapes\.{name} is not a finite number"):
        encode_line(place(bad))


def numbers_of(record: Shapes) -> list[float]:
    found = [record.number, *record.inner.numbers, *record.inner.named.values()]
    return [number for number in found if number is not None]
