"""How likely a signal is to win."""

from src.records.base import Line, Record
from src.records.enums import Direction


class MemberForecast(Record, frozen=True, kw_only=True):
    """What one member of the ensemble said."""

    name: str
    win_probability: float | None
    """None where it has nothing to go by; it then has no say."""
    confidence: float
    weight: float
    """How much its distance from even odds counted, 0..1: 1 for the prior, shares of 1 among the others."""
    evidence: int
    """How many resolved outcomes it rests on."""


class Prediction(Line, frozen=True, kw_only=True):
    """The ensemble's answer to one signal; ``ts`` is the signal's decision point."""

    signal_id: str
    recorded_at: float
    symbol: str
    direction: Direction
    win_probability: float
    """Probability that the signal's direction is right after its holding time, 0..1."""
    confidence: float
    size_multiplier: float
    """What the ensemble would size by, 0.5..2; the gate never lets it raise a size."""
    evidence: int
    """Resolved outcomes behind the blend; 0 means it is a prior."""
    members: tuple[MemberForecast, ...]
