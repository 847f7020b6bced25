"""What one symbol's windows leave behind for its next ones."""

import math

from src.features.regime import RegimeState
from src.market.flow_scale import FlowScale, ScaleWeights
from src.market.funding_rates import FundingRates


class SymbolHistory:
    """One symbol's scale of order flow, funding, regime and last score."""

    __slots__ = ("flow", "funding", "last_score", "regime", "written_ts")

    def __init__(self, weights: ScaleWeights) -> None:
        self.flow = FlowScale(weights)
        self.funding = FundingRates()
        self.regime: RegimeState | None = None
        self.last_score: tuple[float, float | None] | None = None
        """Close of the last window and its score."""
        self.written_ts = -math.inf
        """Close of the newest window that is told."""
