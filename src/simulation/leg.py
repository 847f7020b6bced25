"""What both kinds of leg promise: a piece of a run between two openings of everything."""

from typing import Protocol

from src.simulation.plan import Pace


class Leg(Protocol):
    """The bot and its market in one process, from one opening to the next."""

    def step(self) -> float:
        """Live one step of the market and let every stage answer it; return market time after it."""

    def ended(self) -> bool:
        """Return whether the market has nothing more to show."""

    def pace(self) -> Pace:
        """Return how far the run has come."""

    def close(self) -> None:
        """Bring everything to the disk and let go of it."""
