"""Learned values are leased: without fresh support they step back to what the human set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lapse:
    """A leased value that steps back."""

    target: str
    old: float
    new: float


def run_leases(
    leases: Mapping[str, int],
    values: Mapping[str, float],
    base: Mapping[str, float],
    *,
    length: int,
    supported: Callable[[str], bool],
    stepped_back: Callable[[str], float],
) -> tuple[dict[str, int], list[Lapse]]:
    """Return the leases after one more cycle, and the values that step back.

    A value at its base has no lease. One whose lease is over is renewed where it is supported, and else
    takes one step back and is leased anew until it is home.
    """
    left: dict[str, int] = {}
    lapses: list[Lapse] = []
    for name in sorted(values):
        if values[name] == base[name]:
            continue
        remaining = leases.get(name, length) - 1
        if remaining > 0:
            left[name] = remaining
        elif supported(name):
            left[name] = length
        else:
            new = stepped_back(name)
            lapses.append(Lapse(name, values[name], new))
            if new != base[name]:
                left[name] = length
    return left, lapses
