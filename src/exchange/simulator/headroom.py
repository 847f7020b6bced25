"""How far equity is from maintenance margin at least, in floats, so that most new marks need no exact account."""

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.funding import HOUR_S
from src.exchange.simulator.margin import Margins

_SPARE_USD = 0.01
_SPARE_SHARE = 1e-6
"""What is set aside for the rounding of floats and of funding: an amount, and a share of all amounts together."""


class Headroom:
    """A lower bound of equity less maintenance margin, from one exact account until the positions change.

    Every contract counts at its strictest tier. With each new mark the bound moves by no less than what the
    position could have lost and its margin could have grown.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._stands = (-1, -1)
        self._usd = 0.0
        self._funding_usd_a_second = 0.0
        self._since = 0.0
        self._held: dict[str, tuple[float, float]] = {}

    def lasts(self, contract: Contract) -> bool:
        """Return whether equity is surely above maintenance margin after this contract's new mark."""
        if self._stands != self._now_stands() or contract.mark is None:
            return False
        symbol, mark = contract.spec.symbol, contract.mark
        weight, known = self._held[symbol]
        self._held[symbol] = (weight, mark)
        self._usd += weight * (mark - known)
        return self._usd > self._funding_usd_a_second * (self._core.now - self._since)

    def measure(self, margins: Margins) -> None:
        """Begin anew from an exact account of this moment."""
        core = self._core
        if core.state.account.currencies:  # their prices move too
            self._stands = (-1, -1)
            return
        amounts, demanded, accruing = abs(float(margins.balance)), 0.0, 0.0
        self._held = {}
        for symbol, position in core.state.account.positions.items():
            contract = core.contracts[symbol]
            if contract.mark is None:
                self._stands = (-1, -1)
                return
            size = float(position.size)
            strictest = max(float(level[2]) for level in contract.spec.margin_levels)
            notional = abs(size) * contract.mark
            amounts += notional + abs(float(position.cost_usd))
            demanded += notional * strictest
            accruing += abs(size * float(core.funding.rate(symbol) or 0)) / HOUR_S
            self._held[symbol] = (size - abs(size) * strictest, contract.mark)
        self._usd = float(margins.equity) - demanded - amounts * _SPARE_SHARE - _SPARE_USD
        self._funding_usd_a_second, self._since = accruing, core.now
        self._stands = self._now_stands()

    def _now_stands(self) -> tuple[int, int]:
        return self._core.state.changes, self._core.funding.changes
