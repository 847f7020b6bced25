"""Names for orders, fills and prints: functions of the seed and a counter, so that a replay gives the same.

They have the form of a UUID of version 4.
"""

import hashlib
from typing import Final

_VARIANTS: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""What RFC 9562 makes of the digit behind the version."""


def name_of(seed: str, kind: str, number: int) -> str:
    """Return a UUID that depends on nothing but its arguments."""
    name = hashlib.blake2b(f"{seed}|{kind}|{number}".encode(), digest_size=16).hexdigest()
    variant = _VARIANTS[name[16]]
    return f"{name[:8]}-{name[8:12]}-4{name[13:16]}-{variant}{name[17:20]}-{name[20:]}"
