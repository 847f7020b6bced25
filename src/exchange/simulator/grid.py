"""Whole ticks and whole steps: the integers that prices and sizes are counted in."""

from collections.abc import Iterable
from decimal import Decimal

from src.exchange.simulator.events import InstrumentSpec


class Grid:
    """The price tick and the size step of one contract."""

    def __init__(self, spec: InstrumentSpec) -> None:
        self.tick = spec.tick_size
        self.step = Decimal(1).scaleb(-spec.size_decimals)
        self._ticks_a_usd = float(1 / self.tick)
        self._steps_a_contract = float(1 / self.step)
        self._price_digits = max(0, -_exponent(self.tick))
        self._size_digits = max(0, spec.size_decimals)
        self._tick = float(self.tick)
        self._step = float(self.step)

    def ticks(self, price: float) -> int:
        """Return the nearest number of ticks to a price of the market."""
        return round(price * self._ticks_a_usd)

    def steps(self, size: float) -> int:
        """Return the nearest number of steps to a size of the market."""
        return round(size * self._steps_a_contract)

    def levels(self, levels: Iterable[tuple[float, float]]) -> list[tuple[int, int]]:
        """Return the nearest (ticks, steps) to (price, size) of many levels of the market."""
        a_usd, a_contract = self._ticks_a_usd, self._steps_a_contract
        return [(round(price * a_usd), round(size * a_contract)) for price, size in levels]

    def whole_ticks(self, price: Decimal) -> int | None:
        """Return the ticks of a participant's price, None where it lies between two."""
        ticks, rest = divmod(price, self.tick)
        return None if rest else int(ticks)

    def whole_steps(self, size: Decimal) -> int | None:
        """Return the steps of a participant's size, None where it lies between two."""
        steps, rest = divmod(size, self.step)
        return None if rest else int(steps)

    def floor_ticks(self, price: Decimal) -> int:
        """Return the ticks at or below a price."""
        return int(price // self.tick)

    def price(self, ticks: int) -> Decimal:
        """Return a price in USD."""
        return self.tick * ticks

    def size(self, steps: int) -> Decimal:
        """Return a size in contracts."""
        return self.step * steps

    def price_float(self, ticks: int) -> float:
        """Return a price in USD for the wire, without binary dust."""
        return round(ticks * self._tick, self._price_digits)

    def size_float(self, steps: int) -> float:
        """Return a size in contracts for the wire, without binary dust."""
        return round(steps * self._step, self._size_digits)


def _exponent(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    if not isinstance(exponent, int):
        raise TypeError(f"a tick must be finite, not {number}")
    return exponent
