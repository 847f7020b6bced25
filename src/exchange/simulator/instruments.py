"""The perpetuals that the paper exchange knows: the facts of each contract, as the wire tells them."""

from decimal import Decimal

from src.exchange.simulator.events import InstrumentSpec

MarginLevels = tuple[tuple[Decimal, Decimal, Decimal], ...]


def _levels(*rows: tuple[str, str]) -> MarginLevels:
    """Return tiers from (notional in USD, initial margin); maintenance is half of it."""
    return tuple((Decimal(above), Decimal(initial), Decimal(initial) / 2) for above, initial in rows)


DEEP = _levels(
    ("0", "0.01"), ("1000000", "0.02"), ("3000000", "0.04"), ("10000000", "0.1"), ("30000000", "0.25")
)
LIQUID = _levels(("0", "0.02"), ("500000", "0.04"), ("1500000", "0.1"), ("5000000", "0.25"))
USUAL = _levels(("0", "0.02"), ("250000", "0.05"), ("1000000", "0.1"), ("3000000", "0.5"))
THIN = _levels(("0", "0.05"), ("100000", "0.1"), ("500000", "0.25"), ("1000000", "0.5"))


class UnknownInstrumentError(ValueError):
    """A symbol that this exchange does not list."""

    def __init__(self, symbol: str) -> None:
        super().__init__(f"unknown symbol {symbol}; known are {', '.join(sorted(INSTRUMENTS))}")
        self.symbol = symbol


def instrument(symbol: str) -> InstrumentSpec:
    """Return the facts of a symbol; raises ``UnknownInstrumentError``."""
    try:
        return INSTRUMENTS[symbol]
    except KeyError:
        raise UnknownInstrumentError(symbol) from None


def _listed() -> dict[str, InstrumentSpec]:
    rows: tuple[tuple[str, str, str, int, str, MarginLevels], ...] = (
        # symbol, base, tick in USD, size decimals, largest position in contracts, margin
        ("PF_XBTUSD", "BTC", "1", 4, "1200", DEEP),
        ("PF_ETHUSD", "ETH", "0.1", 3, "25000", DEEP),
        ("PF_SOLUSD", "SOL", "0.01", 2, "300000", LIQUID),
        ("PF_XRPUSD", "XRP", "0.0001", 0, "15000000", LIQUID),
        ("PF_DOGEUSD", "DOGE", "0.00001", 0, "90000000", LIQUID),
        ("PF_ADAUSD", "ADA", "0.00001", 0, "20000000", USUAL),
        ("PF_AVAXUSD", "AVAX", "0.001", 2, "500000", USUAL),
        ("PF_LINKUSD", "LINK", "0.001", 1, "500000", USUAL),
        ("PF_LTCUSD", "LTC", "0.01", 2, "90000", USUAL),
        ("PF_DOTUSD", "DOT", "0.0001", 1, "2000000", USUAL),
        ("PF_BCHUSD", "BCH", "0.01", 2, "15000", USUAL),
        ("PF_UNIUSD", "UNI", "0.001", 1, "800000", USUAL),
        ("PF_ATOMUSD", "ATOM", "0.0001", 1, "1500000", USUAL),
        ("PF_NEARUSD", "NEAR", "0.0001", 1, "2000000", USUAL),
        ("PF_TRXUSD", "TRX", "0.00001", 0, "20000000", USUAL),
        ("PF_XLMUSD", "XLM", "0.00001", 0, "20000000", USUAL),
        ("PF_SUIUSD", "SUI", "0.0001", 0, "3000000", USUAL),
        ("PF_AAVEUSD", "AAVE", "0.01", 2, "20000", USUAL),
        ("PF_ETCUSD", "ETC", "0.001", 1, "200000", THIN),
        ("PF_FILUSD", "FIL", "0.0001", 1, "1000000", THIN),
        ("PF_ARBUSD", "ARB", "0.00001", 0, "8000000", THIN),
        ("PF_OPUSD", "OP", "0.00001", 0, "5000000", THIN),
        ("PF_PEPEUSD", "PEPE", "0.0000000001", -3, "300000000000", THIN),
    )
    return {
        symbol: InstrumentSpec(
            symbol=symbol,
            base=base,
            tick_size=Decimal(tick),
            size_decimals=decimals,
            max_position=Decimal(largest),
            margin_levels=levels,
        )
        for symbol, base, tick, decimals, largest, levels in rows
    }


INSTRUMENTS = _listed()
"""Every contract that can be asked for, by symbol."""
