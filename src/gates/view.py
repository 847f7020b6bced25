"""What the gate sees of the market and of what is held, gathered from records."""

from collections.abc import Iterable

from src.gates.base import Exposure
from src.records.features import Features
from src.records.ledger import PositionView


class MarketView:
    """The newest window of each symbol."""

    def __init__(self) -> None:
        self.newest: dict[str, Features] = {}

    def take(self, features: Features) -> bool:
        """Take a window; return False for one that is no newer than what is known."""
        known = self.newest.get(features.symbol)
        if known is not None and known.ts >= features.ts:
            return False
        self.newest[features.symbol] = features
        return True

    def price_of(self, symbol: str) -> float | None:
        """Return the newest mid price in USD, the mark where there is no mid, or None."""
        features = self.newest.get(symbol)
        if features is None:
            return None
        return features.mid if features.mid is not None else features.mark


def exposures_of(positions: Iterable[PositionView], view: MarketView) -> tuple[Exposure, ...]:
    """Return the open positions at their newest price."""
    return tuple(
        Exposure(
            symbol=position.symbol, direction=position.direction, notional_usd=_notional_usd(position, view)
        )
        for position in positions
    )


def _notional_usd(position: PositionView, view: MarketView) -> float | None:
    price = view.price_of(position.symbol)
    if price is None and position.mark_price is not None:
        price = float(position.mark_price)
    return None if price is None else float(position.size) * price
