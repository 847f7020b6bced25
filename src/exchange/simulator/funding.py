"""Funding between two settlements: accrues linearly at the running hour's absolute rate.

A position of ``size`` contracts receives ``-size * rate`` USD over a full hour; realised on the hour and
whenever the position changes.
"""

from decimal import ROUND_HALF_EVEN, Decimal

from src.exchange.simulator.account import CENT_FRACTION, ZERO
from src.records.exchange_journal import ExchangePosition

HOUR_S = 3600


class FundingMeter:
    """The running rates, and what accrued at rates that have changed since the last settlement."""

    def __init__(self) -> None:
        self._rates: dict[str, Decimal] = {}
        self._carried: dict[str, tuple[Decimal, float]] = {}
        self.changes = 0
        """How often a rate has changed."""

    def rate(self, symbol: str) -> Decimal | None:
        """Return the running absolute rate, None while the market has not told one."""
        return self._rates.get(symbol)

    def change(
        self, symbol: str, rate: Decimal | None, *, position: ExchangePosition | None, now: float
    ) -> None:
        """Hear the running rate; what accrued until now accrued at the old one."""
        if rate == self._rates.get(symbol):
            return
        self.changes += 1
        if position is not None:
            self._carried[symbol] = (self._exact(position, now), now)
        if rate is None:
            self._rates.pop(symbol, None)
        else:
            self._rates[symbol] = rate

    def accrued(self, position: ExchangePosition, now: float) -> Decimal:
        """Return the unrealised funding of a position in USD; positive will be received."""
        return self._exact(position, now).quantize(CENT_FRACTION, ROUND_HALF_EVEN)

    def settled(self, symbol: str) -> None:
        """Hear that everything accrued was realised."""
        self._carried.pop(symbol, None)

    def _exact(self, position: ExchangePosition, now: float) -> Decimal:
        carried, since = self._carried.get(position.symbol, (ZERO, position.funded_ts))
        rate = self._rates.get(position.symbol, ZERO)
        elapsed = Decimal(str(round(max(0.0, now - since), 6)))
        return carried - position.size * rate * elapsed / HOUR_S
