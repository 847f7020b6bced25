"""What the venue answered when it was asked, handed on to the builder."""

from src.market.feature_builder import FeatureBuilder
from src.market.poller import Candles, FundingHours, PollFailed, PollItem, References


def hand_over(builder: FeatureBuilder, at: float, item: PollItem) -> None:
    """Tell the builder an answer that arrived at ``at``; one that never came tells nothing."""
    match item:
        case References(references):
            for reference in references:
                builder.on_reference(at, reference)
        case Candles(symbol, resolution_s, bars):
            builder.on_candles(at, symbol, bars, resolution_s=resolution_s)
        case FundingHours(symbol, hours):
            builder.on_funding_history(at, symbol, hours)
        case PollFailed():
            return
