"""How each contract behaves in the synthetic market: its price, liveliness, kinship to the leader and depth."""

from dataclasses import dataclass

from src.exchange.simulator.instruments import UnknownInstrumentError

LEADER_VOLATILITY = 0.025
"""Daily volatility of the common factor, as a fraction of price."""


@dataclass(frozen=True, slots=True)
class Character:
    """What makes one synthetic market differ from another."""

    start_price: float
    """In USD, at the market's start."""
    daily_volatility: float
    """Typical standard deviation of a day's return, as a fraction of price."""
    beta: float
    """Slope of its return on the common factor's."""
    depth_usd: float
    """Typical value of the best level, in USD."""
    open_interest_usd: float
    """Open interest around which it varies, in USD."""

    @property
    def correlation(self) -> float:
        """Return the correlation of its return with the common factor's, at most 0.95."""
        return min(0.95, self.beta * LEADER_VOLATILITY / self.daily_volatility)


CHARACTERS = {
    "PF_XBTUSD": Character(84000.0, 0.026, 0.98, 80_000.0, 180e6),
    "PF_ETHUSD": Character(3150.0, 0.034, 1.15, 60_000.0, 120e6),
    "PF_SOLUSD": Character(142.0, 0.042, 1.30, 35_000.0, 60e6),
    "PF_XRPUSD": Character(2.20, 0.040, 1.10, 30_000.0, 40e6),
    "PF_DOGEUSD": Character(0.152, 0.045, 1.30, 20_000.0, 20e6),
    "PF_ADAUSD": Character(0.82, 0.043, 1.20, 15_000.0, 12e6),
    "PF_AVAXUSD": Character(18.5, 0.044, 1.25, 14_000.0, 9e6),
    "PF_LINKUSD": Character(15.2, 0.042, 1.20, 15_000.0, 12e6),
    "PF_LTCUSD": Character(92.0, 0.036, 0.90, 14_000.0, 8e6),
    "PF_DOTUSD": Character(4.10, 0.043, 1.20, 12_000.0, 7e6),
    "PF_BCHUSD": Character(485.0, 0.037, 0.90, 12_000.0, 7e6),
    "PF_UNIUSD": Character(7.20, 0.048, 1.20, 10_000.0, 5e6),
    "PF_ATOMUSD": Character(4.30, 0.042, 1.10, 9_000.0, 4e6),
    "PF_NEARUSD": Character(2.60, 0.048, 1.25, 9_000.0, 5e6),
    "PF_TRXUSD": Character(0.285, 0.022, 0.40, 12_000.0, 6e6),
    "PF_XLMUSD": Character(0.262, 0.042, 1.00, 9_000.0, 4e6),
    "PF_SUIUSD": Character(1.75, 0.052, 1.40, 12_000.0, 9e6),
    "PF_AAVEUSD": Character(178.0, 0.046, 1.25, 10_000.0, 5e6),
    "PF_ETCUSD": Character(15.8, 0.038, 1.00, 7_000.0, 3e6),
    "PF_FILUSD": Character(1.62, 0.048, 1.20, 6_000.0, 3e6),
    "PF_ARBUSD": Character(0.235, 0.050, 1.25, 6_000.0, 3e6),
    "PF_OPUSD": Character(0.345, 0.052, 1.30, 6_000.0, 3e6),
    "PF_PEPEUSD": Character(0.0000047, 0.060, 1.40, 8_000.0, 5e6),
}


def character(symbol: str) -> Character:
    """Return how a symbol behaves; raises ``UnknownInstrumentError``."""
    try:
        return CHARACTERS[symbol]
    except KeyError:
        raise UnknownInstrumentError(symbol) from None
