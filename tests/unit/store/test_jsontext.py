import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.store.jsontext import JsonTextError, place, replace_values, scan

KEYS = st.text(st.characters(exclude_characters=".", exclude_categories=["Cs"]), min_size=1, max_size=8)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)
SPACES = st.text(" \n\t\r", max_size=3)


@st.composite
def texts(draw: st.DrawFn, value: object) -> str:
    """Write a value as JSON with spaces wherever JSON allows them."""
    if isinstance(value, dict):
        parts = [
            f"{draw(SPACES)}{json.dumps(key)}{draw(SPACES)}:{draw(SPACES)}{draw(texts(part))}{draw(SPACES)}"
            for key, part in value.items()
        ]
        return "{" + (",".join(parts) or draw(SPACES)) + "}"
    if isinstance(value, list):
        parts = [f"{draw(SPACES)}{draw(texts(part))}{draw(SPACES)}" for part in value]
        return "[" + (",".join(parts) or draw(SPACES)) + "]"
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


def paths_of(value: object, path: str = "") -> list[str]:
    if not isinstance(value, dict):
        return []
    found = []
    for key, part in value.items():
        here = f"{path}.{key}" if path else key
        found += [here, *paths_of(part, here)]
    return found


@given(st.data(), st.dictionaries(KEYS, VALUES, min_size=1, max_size=5), SCALARS)
def test_an_edit_changes_one_value_and_not_one_other_character(
    data: st.DataObject, value: dict[str, object], new: object
) -> None:
    text = data.draw(texts(value))
    path = data.draw(st.sampled_from(paths_of(value)))
    edited = replace_values(text, {path: json.dumps(new)})
    owner: object = value
    *above, last = path.split(".")
    for key in above:
        assert isinstance(owner, dict)
        owner = owner[key]
    assert isinstance(owner, dict)
    old = owner[last]
    owner[last] = new
    assert json.loads(edited) == value
    kept = len(text) - len(edited) + len(json.dumps(new))
    assert any(
        text[:at] == edited[:at] and text[at + kept :] == edited[at + len(json.dumps(new)) :]
        for at in range(len(text))
    )
    owner[last] = old
    assert json.loads(text) == value


@given(VALUES.flatmap(texts))
def test_what_json_accepts_is_scanned(text: str) -> None:
    span = scan(f" {text}\n")
    assert f" {text}\n"[span.start : span.end] == text


@given(st.dictionaries(KEYS, VALUES, max_size=4).map(json.dumps), st.data())
def test_no_half_of_an_object_is_json(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(JsonTextError):
        scan(text[:cut])


def test_several_values_are_replaced_at_once() -> None:
    text = '{"a": 1, "b": {"c": [1, 2]}, "d": "x"}'
    edited = replace_values(text, {"d": '"y"', "a": "22", "b.c": "[]"})
    assert edited == '{"a": 22, "b": {"c": []}, "d": "y"}'


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match=r"b\.x"):
        replace_values('{"b": {"c": 1}}', {"b.x": "1"})


BROKEN = [
    ('{"a": 1,}', 1, 8, "comma"),
    ('{"a": [1, 2,]}', 1, 12, "comma"),
    ('{"a": 1 "b": 2}', 1, 9, "expected ','"),
    ('{\n  // why\n  "a": 1}', 2, 3, "comment"),
    ('{"a": 1} # why', 1, 10, "end of the file"),
    ("{'a': 1}", 1, 2, "single quote"),
    ("{\u201ca\u201d: 1}", 1, 2, "typographic"),
    ('{"a": NaN}', 1, 7, "expected a value"),
    ('{"a": -Infinity}', 1, 7, "expected a value"),
    ('{"a": 01}', 1, 8, "expected ','"),
    ('{"a": .5}', 1, 7, "expected a value"),
    ('{"a": "b\n"}', 1, 7, "not closed"),
    ('{"a": "\\q"}', 1, 7, "escape"),
    ('{"a" 1}', 1, 6, "':'"),
    ('{"a": 1', 1, 8, "end of the file"),
    ("", 1, 1, "end of the file"),
    ("[" * 80, 1, 66, "deep"),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), BROKEN)
def test_an_error_points_at_its_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(JsonTextError) as caught:
        scan(text)
    assert place(text, caught.value.at) == (line, column)
    assert words in caught.value.reason
