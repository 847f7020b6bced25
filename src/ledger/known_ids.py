"""Names that were seen: small enough for millions of them."""


class KnownIds:
    """A set of names; what is a UUID is kept as its sixteen bytes."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: set[bytes | str] = set()

    def add(self, name: str) -> bool:
        """Remember a name; return whether it is new."""
        before = len(self._names)
        self._names.add(_packed(name))
        return len(self._names) > before

    def __contains__(self, name: str) -> bool:
        return _packed(name) in self._names

    def __len__(self) -> int:
        return len(self._names)

    def __eq__(self, other: object) -> bool:
        return self._names == other._names if isinstance(other, KnownIds) else NotImplemented

    __hash__ = None  # type: ignore[assignment] # it changes with every name


def _packed(name: str) -> bytes | str:
    if len(name) != 36 or not name[8] == name[13] == name[18] == name[23] == "-":
        return name
    try:
        return bytes.fromhex(name.replace("-", ""))
    except ValueError:
        return name
