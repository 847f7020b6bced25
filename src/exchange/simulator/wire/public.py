"""What anybody may read: instruments, tickers, books, prints, candles and funding."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.events import Candle, FundingPoint, InstrumentSpec
from src.exchange.simulator.fee_schedule import TIERS
from src.exchange.simulator.feed import Print
from src.exchange.simulator.ids import name_of
from src.exchange.simulator.order_form import seconds_of
from src.exchange.simulator.wire.values import iso, millis
from src.records.enums import Side

FEE_SCHEDULE = "paper-linear"
PRINTS_A_PAGE = 100


def instruments(core: Core) -> dict[str, object]:
    """Return the contracts that trade here."""
    return {"instruments": [_instrument(contract) for contract in core.contracts.values()]}


def instrument_statuses(core: Core) -> dict[str, object]:
    """Return each contract's state of emergency: none."""
    return {"instrumentStatus": [{"tradeable": symbol, **_calm()} for symbol in core.contracts]}


def instrument_status(core: Core, params: Mapping[str, str]) -> dict[str, object]:
    """Return one contract's state of emergency: none."""
    return {"tradeable": find(core, params).spec.symbol, **_calm()}


def tickers(core: Core) -> dict[str, object]:
    """Return the tickers of all contracts."""
    return {"tickers": [ticker(contract) for contract in core.contracts.values()]}


def one_ticker(core: Core, params: Mapping[str, str]) -> dict[str, object]:
    """Return one contract's ticker."""
    return {"ticker": ticker(find(core, params))}


def ticker(contract: Contract) -> dict[str, object]:
    """Return a ticker; what is not known is absent."""
    bid, ask = contract.touch(Side.BUY), contract.touch(Side.SELL)
    last = contract.prints[-1] if contract.prints else None
    day = contract.day.summary()
    shape: dict[str, object | None] = {
        "tag": "perpetual",
        "pair": pair(contract.spec),
        "symbol": contract.spec.symbol,
        "markPrice": contract.mark,
        "bid": bid and bid[0],
        "bidSize": bid and bid[1],
        "ask": ask and ask[0],
        "askSize": ask and ask[1],
        "openInterest": contract.open_interest,
        "indexPrice": contract.index,
        "last": contract.last,
        "lastTime": last and iso(last.ts),
        "lastSize": last and last.size,
        "suspended": contract.suspended,
        "fundingRate": contract.funding_rate,
        "fundingRatePrediction": contract.funding_rate_prediction,
        "postOnly": contract.post_only,
    }
    if day is not None:
        shape["vol24h"] = round(day.volume, 8)
        shape["volumeQuote"] = round(day.value_usd, 3)
        shape["open24h"], shape["high24h"], shape["low24h"] = day.open, day.high, day.low
        if contract.last is not None:
            shape["change24h"] = round(100 * (contract.last / day.open - 1), 2)
    return {name: value for name, value in shape.items() if value is not None}


def orderbook(core: Core, params: Mapping[str, str]) -> dict[str, object]:
    """Return the whole book of one contract, best prices first."""
    contract = find(core, params)
    return {"orderBook": {"bids": levels(contract, Side.BUY), "asks": levels(contract, Side.SELL)}}


def levels(contract: Contract, side: Side) -> list[tuple[float, float]]:
    """Return (price, size) of one side's levels, best first."""
    grid = contract.grid
    return [(grid.price_float(t), grid.size_float(s)) for t, s in contract.published(side)]


def history(core: Core, params: Mapping[str, str]) -> dict[str, object]:
    """Return the newest 100 prints, newest first, before ``lastTime`` if that is given."""
    contract = find(core, params)
    until = seconds_of(params["lastTime"], "lastTime") if params.get("lastTime") else float("inf")
    prints = [p for p in contract.prints if round(p.ts, 3) < until][-PRINTS_A_PAGE:]
    return {"history": [_print(p) for p in reversed(prints)]}


def candles(bars: Sequence[Candle], *, limit: int) -> dict[str, object]:
    """Return bars as the chart service writes them."""
    return {
        "candles": [
            {
                "time": millis(bar.ts),
                "open": price_text(bar.open),
                "high": price_text(bar.high),
                "low": price_text(bar.low),
                "close": price_text(bar.close),
                "volume": price_text(bar.volume),
            }
            for bar in bars[:limit]
        ],
        "more_candles": len(bars) > limit,
    }


def funding_rates(points: Sequence[FundingPoint]) -> dict[str, object]:
    """Return the settled hours of funding, oldest first."""
    return {
        "rates": [
            {
                "timestamp": iso(point.ts)[:-5] + "Z",
                "fundingRate": point.rate,
                "relativeFundingRate": point.relative_rate,
            }
            for point in points
        ]
    }


def fee_schedules() -> dict[str, object]:
    """Return the one fee schedule, in percent."""
    tiers = [
        {
            "makerFee": float(tier.maker * 100),
            "takerFee": float(tier.taker * 100),
            "usdVolume": float(tier.volume_usd),
        }
        for tier in TIERS
    ]
    return {"feeSchedules": [{"uid": FEE_SCHEDULE, "name": "Paper linear fees", "tiers": tiers}]}


def whole(params: Mapping[str, str], name: str, otherwise: int) -> int:
    """Return an optional whole number that is not negative."""
    text = params.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadCall(f"invalidArgument: {name}")
    return int(text)


def find(core: Core, params: Mapping[str, str]) -> Contract:
    """Return the contract that a request names."""
    contract = core.contracts.get(params.get("symbol", "").upper())
    if contract is None:
        raise BadCall("contractNotFound")
    return contract


def pair(spec: InstrumentSpec) -> str:
    """Return the pair of currencies as tickers write it."""
    return f"{spec.symbol.removeprefix('PF_').removesuffix('USD')}:USD"


def print_uid(printed: Print) -> str:
    """Return the name of a print."""
    return name_of(printed.symbol, "print", printed.seq)


def price_text(value: float) -> str:
    """Return a price or a size as charts and history write it."""
    text = repr(value)
    if "e" in text:
        return f"{Decimal(text):f}"
    return text.removesuffix(".0")


def _instrument(contract: Contract) -> dict[str, object]:
    spec = contract.spec
    tick: float | int = (
        int(spec.tick_size) if spec.tick_size == int(spec.tick_size) else float(spec.tick_size)
    )
    return {
        "symbol": spec.symbol,
        "type": "flexible_futures",
        "tickSize": tick,
        "contractSize": 1,
        "tradeable": not contract.suspended,
        "impactMidSize": float(10 * Decimal(1).scaleb(-spec.size_decimals)),
        "maxPositionSize": float(spec.max_position),
        "openingDate": "2022-03-22T13:15:36Z",
        "marginLevels": [
            {
                "numNonContractUnits": float(threshold),
                "initialMargin": float(initial),
                "maintenanceMargin": float(maintenance),
            }
            for threshold, initial, maintenance in spec.margin_levels
        ],
        "fundingRateCoefficient": spec.funding_coefficient,
        "maxRelativeFundingRate": float(spec.max_relative_funding_rate),
        "contractValueTradePrecision": spec.size_decimals,
        "postOnly": contract.post_only,
        "feeScheduleUid": FEE_SCHEDULE,
        "mtf": True,
        "base": spec.base,
        "quote": "USD",
        "pair": f"{spec.base}:USD",
        "category": "",
        "tradfi": False,
        "isExpired": False,
    }


def _calm() -> dict[str, object]:
    return {
        "experiencingDislocation": False,
        "priceDislocationDirection": None,
        "experiencingExtremeVolatility": False,
        "extremeVolatilityInitialMarginMultiplier": 1,
    }


def _print(p: Print) -> dict[str, object]:
    return {
        "time": iso(p.ts),
        "trade_id": p.seq,
        "price": p.price,
        "size": p.size,
        "side": p.side,
        "type": p.kind,
        "uid": print_uid(p),
    }
