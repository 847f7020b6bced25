"""Striking secrets out of what leaves the machine."""

import re
from collections.abc import Iterable

_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{40,}")
"""Keys of the venue have 56 characters and more, their secrets 88; nothing that an alert names is as long."""
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_LONGEST = 500


def scrubbed(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text of one line without the ``secrets``, without addresses, and without whatever looks like a key."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = _TOKEN.sub("***", _ADDRESS.sub("***", text))
    plain = "".join(char if char.isprintable() else " " for char in text)
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
