"""JSON text with the place of each key and value: for errors that point, edits that touch nothing else."""

import re
from dataclasses import dataclass

import orjson

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_WORDS = ("true", "false", "null")
_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Span:
    """One value in a text, from ``start`` to ``end`` in characters."""

    start: int
    end: int
    members: "tuple[Member, ...]" = ()
    """Of an object, in their order, repeated keys too."""
    items: "tuple[Span, ...]" = ()
    """Of an array."""
    kind: str = "scalar"
    """object, array or scalar."""

    def member(self, key: str) -> "Member | None":
        """Return the last member of this name, which is the one that counts."""
        return next((member for member in reversed(self.members) if member.key == key), None)


@dataclass(frozen=True, slots=True)
class Member:
    """One key of an object and its value."""

    key: str
    start: int
    """Where the key's opening quote stands."""
    value: Span


class JsonTextError(ValueError):
    """A text that is not JSON, and where it stops being so."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


def scan(text: str) -> Span:
    """Return the one value that a text holds; JsonTextError where it holds none, or more."""
    scanner = _Scanner(text)
    span = scanner.value(scanner.skip(0), depth=0)
    rest = scanner.skip(span.end)
    if rest < len(text):
        raise JsonTextError("expected the end of the file", rest)
    return span


def place(text: str, at: int) -> tuple[int, int]:
    """Return line and column of a character, both counted from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def replace_values(text: str, changes: dict[str, str]) -> str:
    """Return the text with the values at dotted paths replaced; every other character stays.

    Each new value is JSON text. Raises KeyError with the path that the text does not have.
    """
    root = scan(text)
    edits = sorted(
        ((_find(root, path), new) for path, new in changes.items()), key=lambda edit: edit[0].start
    )
    pieces: list[str] = []
    position = 0
    for span, new in edits:
        pieces += [text[position : span.start], new]
        position = span.end
    return "".join([*pieces, text[position:]])


def _find(root: Span, path: str) -> Span:
    span = root
    for key in path.split("."):
        member = span.member(key)
        if member is None:
            raise KeyError(path)
        span = member.value
    return span


@dataclass(slots=True)
class _Scanner:
    text: str

    def skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return at if match is None else match.end()

    def value(self, at: int, *, depth: int) -> Span:
        if depth > _MAX_DEPTH:
            raise JsonTextError(f"more than {_MAX_DEPTH} levels deep", at)
        start = self.text[at : at + 1]
        if start == "{":
            return self._object(at, depth)
        if start == "[":
            return self._array(at, depth)
        if start == '"':
            return Span(at, self._string(at))
        for word in _WORDS:
            if self.text.startswith(word, at):
                return Span(at, at + len(word))
        number = _NUMBER.match(self.text, at)
        if number is not None:
            return Span(at, number.end())
        raise JsonTextError(f"expected a value, found {self._found(at)}", at)

    def _object(self, start: int, depth: int) -> Span:
        members: list[Member] = []
        at = self.skip(start + 1)
        if self.text.startswith("}", at):
            return Span(start, at + 1, kind="object")
        while True:
            if not self.text.startswith('"', at):
                raise JsonTextError(f"expected a key in double quotes, found {self._found(at)}", at)
            end = self._string(at)
            colon = self.skip(end)
            if not self.text.startswith(":", colon):
                raise JsonTextError(f"expected ':' after the key, found {self._found(colon)}", colon)
            value = self.value(self.skip(colon + 1), depth=depth + 1)
            members.append(Member(self._key(at, end), at, value))
            at, more = self._next(value.end, "}")
            if not more:
                return Span(start, at, members=tuple(members), kind="object")

    def _array(self, start: int, depth: int) -> Span:
        items: list[Span] = []
        at = self.skip(start + 1)
        if self.text.startswith("]", at):
            return Span(start, at + 1, kind="array")
        while True:
            items.append(self.value(at, depth=depth + 1))
            at, more = self._next(items[-1].end, "]")
            if not more:
                return Span(start, at, items=tuple(items), kind="array")

    def _next(self, at: int, closing: str) -> tuple[int, bool]:
        """Return where it goes on after a part, and whether another part follows."""
        at = self.skip(at)
        if self.text.startswith(closing, at):
            return at + 1, False
        if not self.text.startswith(",", at):
            raise JsonTextError(f"expected ',' or '{closing}', found {self._found(at)}", at)
        after = self.skip(at + 1)
        if self.text.startswith(closing, after):
            raise JsonTextError(f"a comma before '{closing}': take it away", at)
        return after, True

    def _string(self, at: int) -> int:
        match = _STRING.match(self.text, at)
        if match is None:
            raise JsonTextError("a string that is not closed on its line, or holds a wrong escape", at)
        return match.end()

    def _key(self, start: int, end: int) -> str:
        try:
            key = orjson.loads(self.text[start:end])
        except orjson.JSONDecodeError as error:
            raise JsonTextError("a key with a wrong escape", start) from error
        return str(key)

    def _found(self, at: int) -> str:
        if at >= len(self.text):
            return "the end of the file"
        if self.text.startswith(("//", "#", "/*"), at):
            return "a comment, which JSON does not have: use a key that starts with _"
        found = self.text[at]
        if found in "\u201c\u201d\u2018\u2019\u201e\u00ab\u00bb":
            return f"the typographic quote {found}: use a plain one"
        if found == "'":
            return "a single quote: use a double one"
        return repr(self.text[at : at + 12].splitlines()[0] or found)
