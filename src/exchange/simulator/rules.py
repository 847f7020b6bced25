"""Rules that the venue's documents leave open: switches, turned at any time, each with its likeliest position."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(slots=True)
class Rules:
    """How one exchange decides where its model may do either."""

    client_ids_stay_taken: bool = False
    """Whether an ended order still holds its client id, as long as the exchange knows of it."""
    refusals_with_events: bool = False
    """Whether every refused order is told with a REJECT event, not only those that met the book."""
    fee_factor: Decimal = Decimal(1)
    """How many times the fee of the schedule is charged."""
    clock_skew_s: float = 0.0
    """How far the clock that ``processBefore`` is held against runs ahead of the exchange's own."""
    history_lag_s: float = 0.0
    """How many seconds of the exchange's clock the history service is behind."""
