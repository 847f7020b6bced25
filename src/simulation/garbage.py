"""How often a stepped run looks for garbage that only circles keep alive."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (50_000, 20, 100)
"""Objects more than were freed before the youngest are looked through, and how often the older ones are with them."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Have the interpreter look for circles seldom, and at the end: a leg makes next to none, and is one itself."""
    usual = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.collect()
