from decimal import Decimal
from typing import Annotated

import msgspec
import pytest

from src.cli.type_words import parts, words
from src.records.decisions import Verdict
from src.records.enums import Direction
from src.records.settings import Count, Positive, Symbol


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (str, "text"),
        (float | None, "number or null"),
        (Decimal, "decimal number as text"),
        (bool, "true or false"),
        (object, "any JSON"),
        (Direction, "`LONG` or `SHORT`"),
        (Verdict, "[Verdict](#verdict)"),
        (tuple[Verdict, ...], "list of [Verdict](#verdict)"),
        (tuple[float, int], "list: number, whole number"),
        (dict[str, int | None], "map of text to whole number or null"),
        (Positive, "number (more than 0)"),
        (Count, "whole number (at least 1)"),
        (Symbol, "text (like `^[A-Za-z0-9_]{1,32}$`)"),
        (Annotated[float, msgspec.Meta(ge=0.25, le=1_000_000)], "number 0.25..1,000,000"),
        (Annotated[float, msgspec.Meta(gt=0, lt=1)], "number (more than 0, less than 1)"),
        (Annotated[tuple[str, ...], msgspec.Meta(min_length=1)], "list of text (1 or more of them)"),
    ],
)
def test_type_is_said_in_words(hint: object, said: str) -> None:
    assert words(hint) == said


def test_type_without_words_is_an_error() -> None:
    with pytest.raises(TypeError, match="complex"):
        words(complex)


def test_records_inside_a_type_are_found() -> None:
    assert list(parts(dict[str, tuple[Verdict, ...] | None])) == [Verdict]
    assert list(parts(dict[str, float])) == []
