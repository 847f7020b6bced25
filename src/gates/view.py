"""What the gate sees of the market and of what is held, gathered from records."""

from collections.abc import Iterable

from src.records.features import Features
from src.records.gate_facts import Exposure
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
    """Return the open positions at their newest price, with what they lose from there to their stops."""
    return tuple([_exposure(position, view) for position in positions])


def _exposure(position: PositionView, view: MarketView) -> Exposure:
    price, size, stop = view.price_of(position.symbol), float(position.size), position.stop
    if price is None and position.mark_price is not None:
        price = float(position.mark_price)
    loss = None
    if price is not None and stop is not None:
        loss = max(0.0, position.direction.sign * (price - float(stop.price)) * size)
    return Exposure(
        symbol=position.symbol,
        direction=position.direction,
        notional_usd=None if price is None else size * price,
        stop_loss_usd=loss,
    )
