"""The ``stops`` of ``configs/bot.json``: how positions are protected on the exchange."""

from typing import Annotated

import msgspec

from src.records.base import Record
from src.records.enums import TriggerSignal

_Positive = Annotated[float, msgspec.Meta(gt=0.0)]
_Bps = Annotated[float, msgspec.Meta(gt=0.0, le=5000.0)]


class Stops(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stop that every position has on the exchange, and how one is left that its stop did not close."""

    trigger: TriggerSignal = TriggerSignal.MARK
    """Which price fires it."""
    limit_offset_bps: _Bps | None = None
    """How far beyond its price a fired stop may trade; None fires a market order, which the venue keeps within 1 %
    of the best price of that moment."""
    ladder_bps: Annotated[tuple[_Bps, ...], msgspec.Meta(min_length=1, max_length=20)] = (
        25.0,
        50.0,
        100.0,
        200.0,
        400.0,
        800.0,
    )
    """How far beyond the best price each further reduce-only order may trade; the last holds until the position is
    flat."""
    rung_s: _Positive = 0.5
    """Real seconds from one of them to the next."""

    def __post_init__(self) -> None:
        """Refuse a ladder that does not widen."""
        if list(self.ladder_bps) != sorted(set(self.ladder_bps)):
            raise ValueError("ladder_bps must widen from each step to the next")
