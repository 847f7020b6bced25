"""Chance from one seed: an independent generator for every stream and number, in any order of asking.

Philox is counter-based (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): what minute
5,000 of a stream draws does not depend on whether minute 4,999 was ever asked for.
"""

import hashlib

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]


class Chance:
    """All the chance of one market."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys: dict[str, Words] = {}

    def generator(self, stream: str, number: int) -> np.random.Generator:
        """Return the generator of one number (not negative) of a stream, always from its beginning."""
        key = self._keys.get(stream)
        if key is None:
            key = self._keys[stream] = _key(self._seed, stream)
        counter = np.array([0, number, 0, 0], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=key, counter=counter))


def _key(seed: int, stream: str) -> Words:
    digest = hashlib.sha256(f"{seed}|{stream}".encode()).digest()
    return np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64)
