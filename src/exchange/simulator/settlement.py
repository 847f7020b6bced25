"""What falls due on each full hour: funding of every position, and interest on a debt."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from src.exchange.simulator.account import CENT_FRACTION, ZERO
from src.exchange.simulator.core import Core
from src.exchange.simulator.debts import interest
from src.exchange.simulator.events import FundingPoint
from src.exchange.simulator.funding import HOUR_S
from src.records.exchange_effects import Settled


class Settlement:
    """Books the hours."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def hour(self) -> None:
        """Settle the hour that ends now."""
        core = self._core
        for position in tuple(core.state.account.positions.values()):
            rate = core.funding.rate(position.symbol)
            amount = core.funding.accrued(position, core.now)
            core.apply(Settled(symbol=position.symbol, amount_usd=amount, funding_rate=rate or ZERO))
            core.funding.settled(position.symbol)
        if (charged := interest(core.state.account)) is not None:
            core.apply(charged)
        core.commit("funding")

    def missed(self, symbol: str, points: Sequence[FundingPoint]) -> None:
        """Settle the hours of funding that passed while the exchange was down, at the rates that the market tells."""
        core = self._core
        for point in points:
            position = core.state.account.positions.get(symbol)
            if position is None or point.ts <= position.funded_ts or point.ts > core.now:
                continue
            hours = Decimal(str(round(min(HOUR_S, point.ts - position.funded_ts), 6))) / HOUR_S
            rate = Decimal(str(point.rate))
            amount = (-position.size * rate * hours).quantize(CENT_FRACTION, ROUND_HALF_EVEN)
            self._at(point.ts, Settled(symbol=symbol, amount_usd=amount, funding_rate=rate))

    def _at(self, ts: float, settled: Settled) -> None:
        now, self._core.now = self._core.now, ts
        self._core.apply(settled)
        self._core.commit("funding")
        self._core.now = now
