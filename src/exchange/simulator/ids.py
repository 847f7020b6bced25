"""Names for orders, fills and prints: functions of the seed and a counter, so that a replay gives the same."""

import hashlib
import uuid


def name_of(seed: str, kind: str, number: int) -> str:
    """Return a UUID that depends on nothing but its arguments."""
    digest = hashlib.blake2b(f"{seed}|{kind}|{number}".encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))
