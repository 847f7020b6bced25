"""Whose turn it is: the counts of a plan's faults, and the dice."""

import random
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from src.exchange.simulator.fault_plan import Turns

F = TypeVar("F", bound=Turns)


class Turn(Generic[F]):
    """One fault with what it has seen and done."""

    def __init__(self, fault: F, *, seed: str) -> None:
        self.fault = fault
        self.seen = 0
        """Calls or messages that matched it."""
        self.struck = 0
        self._dice = random.Random(seed)  # noqa: S311 - made-up faults, the same from the same seed

    def comes(self) -> bool:
        """Count one more that matches; return whether it is to be struck."""
        fault = self.fault
        self.seen += 1
        hit = fault.chance is None or self._dice.random() < fault.chance
        if fault.nth and self.seen not in fault.nth:
            return False
        if fault.every is not None and self.seen % fault.every:
            return False
        return hit and (fault.times is None or self.struck < fault.times)


class Schedule(Generic[F]):
    """All faults of one kind; the first whose turn it is strikes."""

    def __init__(self, faults: Sequence[F], *, seed: str) -> None:
        self._turns = [Turn(fault, seed=f"{seed} {number}") for number, fault in enumerate(faults)]

    def __bool__(self) -> bool:
        return bool(self._turns)

    def strikes(self, matches: Callable[[F], bool]) -> F | None:
        """Return the fault that strikes what ``matches`` describes; every fault that matches counts it."""
        due = [turn for turn in self._turns if matches(turn.fault) and turn.comes()]
        if not due:
            return None
        due[0].struck += 1
        return due[0].fault

    def counts(self) -> list[dict[str, int]]:
        """Return what each fault has seen and struck, in the plan's order."""
        return [{"seen": turn.seen, "struck": turn.struck} for turn in self._turns]
