"""Whether the text of a hand-edited file is a configuration, and if not, everything that is wrong with it."""

import difflib
import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, TypeVar, get_args, get_origin

import msgspec
import orjson

from src.records.base import Config
from src.store.jsontext import JsonTextError, Member, Span, place, scan

C = TypeVar("C", bound=Config)


@dataclass(frozen=True, slots=True)
class TextFault:
    """What is wrong at one place of a text."""

    line: int
    column: int
    key: str
    rule: str


class TextFaults(ValueError):
    """A text that is no configuration."""

    def __init__(self, faults: tuple[TextFault, ...]) -> None:
        super().__init__("; ".join(fault.rule for fault in faults))
        self.faults = faults


def check_text(content: bytes, record_type: type[C]) -> C:
    """Return the configuration in the bytes of a file; TextFaults with every fault that is found.

    A byte order mark is passed over. Keys that start with ``_`` are the human's own, unless the record
    has a field of that name.
    """
    text = _decoded(content)
    try:
        root = scan(text)
    except JsonTextError as error:
        raise TextFaults((TextFault(*place(text, error.at), "", error.reason),)) from error
    if root.kind != "object":
        raise TextFaults((TextFault(*place(text, root.start), "", "expected an object in { }"),))
    faults = [
        TextFault(*place(text, at), key, rule) for key, at, rule in _Checker(text).check(root, record_type)
    ]
    if faults:
        raise TextFaults(tuple(sorted(faults, key=lambda fault: (fault.line, fault.column))))
    try:
        return msgspec.convert(_plain(text, root, record_type), record_type)
    except msgspec.ValidationError as error:
        raise TextFaults((_whole_fault(text, root, str(error)),)) from error


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        fault = TextFault(*place(before, len(before)), "", "expected UTF-8 text")
        raise TextFaults((fault,)) from error
    if not text.strip():
        raise TextFaults((TextFault(1, 1, "", "the file is empty"),))
    return text


Found = Iterator[tuple[str, int, str]]
"""Key, place in the text, and rule of each fault."""


class _Checker:
    """Goes through a text and its record's fields side by side."""

    def __init__(self, text: str) -> None:
        self._text = text

    def check(self, span: Span, wanted: object, path: str = "") -> Found:
        wanted = _bare_struct(wanted)
        if span.kind == "object":
            yield from _doubled(self._text, span, path)
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            yield from self._struct(span, wanted, path)
        elif get_origin(wanted) is dict and span.kind == "object":
            yield from self._dict(span, wanted, path)
        elif get_origin(wanted) is tuple and span.kind == "array" and get_args(wanted)[-1] is Ellipsis:
            for index, item in enumerate(span.items):
                yield from self.check(item, get_args(wanted)[0], f"{path}[{index}]")
        else:
            yield from self._value(span, wanted, path)

    def _struct(self, span: Span, wanted: type[msgspec.Struct], path: str) -> Found:
        if span.kind != "object":
            yield path, span.start, f"expected an object, found {_excerpt(self._text, span)}"
            return
        fields = {known.encode_name: known for known in msgspec.structs.fields(wanted)}
        for member in span.members:
            known = fields.get(member.key)
            if known is not None:
                yield from self.check(member.value, known.type, _join(path, member.key))
            elif not member.key.startswith("_"):
                yield _join(path, member.key), member.start, _unknown(member.key, list(fields))
        present = {member.key for member in span.members}
        for name, known in fields.items():
            if known.required and name not in present:
                yield _join(path, name), span.start, "expected this key, it is missing"

    def _dict(self, span: Span, wanted: object, path: str) -> Found:
        key_type, value_type = get_args(wanted)
        for member in _counted(span):
            try:
                msgspec.convert(member.key, key_type)
            except msgspec.ValidationError as error:
                yield _join(path, member.key), member.start, _rule(str(error), repr(member.key), key_type)
                continue
            yield from self.check(member.value, value_type, _join(path, member.key))

    def _value(self, span: Span, wanted: object, path: str) -> Found:
        try:
            value = orjson.loads(self._text[span.start : span.end].encode("utf-8", "surrogatepass"))
        except orjson.JSONDecodeError as error:
            yield path, span.start, f"not a value that can be kept: {error.msg}"
            return
        if value in (float("inf"), float("-inf")):
            yield path, span.start, f"expected a finite number, found {_excerpt(self._text, span)}"
            return
        try:
            msgspec.convert(value, wanted)
        except msgspec.ValidationError as error:
            yield path, span.start, _rule(str(error), _excerpt(self._text, span), wanted)


def _doubled(text: str, span: Span, path: str) -> Found:
    first: dict[str, Member] = {}
    for member in span.members:
        earlier = first.setdefault(member.key, member)
        if earlier is not member:
            line = place(text, earlier.start)[0]
            yield _join(path, member.key), member.start, f"this key stands in line {line} already"


def _bare_struct(wanted: object) -> object:
    """Return what is annotated, where that is a container to look into; bounds of a plain value stay."""
    if get_origin(wanted) is Annotated:
        inner = get_args(wanted)[0]
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            return inner
    return wanted


def _counted(span: Span) -> Iterator[Member]:
    return (member for member in span.members if not member.key.startswith("_"))


def _plain(text: str, span: Span, wanted: object) -> object:
    """Return the text's value without the human's own keys."""
    wanted = _bare_struct(wanted)
    if span.kind == "array":
        inner = get_args(wanted)[0] if get_origin(wanted) is tuple else None
        return [_plain(text, item, inner) for item in span.items]
    if span.kind != "object":
        return orjson.loads(text[span.start : span.end])
    types: dict[str, object] = {}
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        types = {known.encode_name: known.type for known in msgspec.structs.fields(wanted)}
    inner = get_args(wanted)[1] if get_origin(wanted) is dict else None
    return {
        member.key: _plain(text, member.value, types.get(member.key, inner))
        for member in span.members
        if member.key in types or not member.key.startswith("_")
    }


def _whole_fault(text: str, root: Span, message: str) -> TextFault:
    """Return a fault of the record as a whole, at the field that its message names first."""
    rule, _, where = message.partition(" - at `$.")
    words = rule.replace(",", " ").split()
    named = [re.split(r"[.`\[]", where, maxsplit=1)[0]] if where else words
    member = next((found for found in map(root.member, named) if found is not None), None)
    if member is None:
        return TextFault(*place(text, root.start), "", rule)
    return TextFault(*place(text, member.start), member.key, rule)


def _rule(message: str, found: str, wanted: object) -> str:
    """Return what was expected and what was found, e.g. ``expected `float` <= 0.9, found 5.5``."""
    if isinstance(wanted, type) and issubclass(wanted, enum.Enum):
        return f"expected one of {', '.join(str(choice.value) for choice in wanted)}, found {found}"
    expected = message.split(" - at `$", maxsplit=1)[0].split(", got ", maxsplit=1)[0]
    return f"{expected[:1].lower()}{expected[1:]}, found {found}"


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"no such key{hint}"


def _excerpt(text: str, span: Span) -> str:
    found = " ".join(text[span.start : span.end].split())
    return found if len(found) <= 40 else f"{found[:37]}..."


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
