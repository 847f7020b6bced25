"""Made-up markets and collectors for the tests of market data."""

import random
from collections.abc import Iterator, Sequence

from src.market.feature_builder import FeatureBuilder
from src.market.kept_windows import KeptWindow
from src.market.quotes import Bar, FundingHour, Reference
from src.records.features import Features

START = 1_700_006_400.0
"""A full hour, in seconds since the epoch."""
SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD")
LEADER = SYMBOLS[0]

Message = dict[str, object]


class Collected:
    """A writer that keeps what is written."""

    def __init__(self) -> None:
        self.lines: list[Features] = []
        self.published: dict[str, Features] = {}

    def append(self, record: Features) -> int:
        self.lines.append(record)
        return len(self.lines)

    def publish(self, features: Features) -> None:
        self.published[features.symbol] = features

    def of(self, symbol: str) -> list[Features]:
        return [line for line in self.lines if line.symbol == symbol]


class KeptTape:
    """A tape in memory."""

    def __init__(self) -> None:
        self.messages: list[tuple[float, bytes]] = []

    def append(self, received_at: float, message: bytes) -> None:
        self.messages.append((received_at, message))


def make_builder(
    collected: Collected, *, window_s: float = 60.0, symbols: Sequence[str] = SYMBOLS, leader: str = LEADER
) -> FeatureBuilder:
    return FeatureBuilder(
        symbols=symbols,
        leader=leader,
        window_s=window_s,
        windows=collected,
        publish=collected.publish,
    )


def snapshot(
    symbol: str, *, seq: int = 1, bid: float = 99.0, ask: float = 101.0, size: float = 5.0
) -> Message:
    return {
        "feed": "book_snapshot",
        "product_id": symbol,
        "timestamp": 1,
        "seq": seq,
        "tickSize": None,
        "bids": [{"price": bid - step, "qty": size} for step in range(6)],
        "asks": [{"price": ask + step, "qty": size} for step in range(6)],
    }


def delta(symbol: str, side: str, price: float, qty: float, *, seq: int) -> Message:
    return {
        "feed": "book",
        "product_id": symbol,
        "side": side,
        "seq": seq,
        "price": price,
        "qty": qty,
        "timestamp": 1,
    }


def trade(
    symbol: str, side: str, price: float, qty: float, *, uid: str | None = None, kind: str = "fill"
) -> Message:
    return {
        "feed": "trade",
        "product_id": symbol,
        "uid": uid,
        "side": side,
        "type": kind,
        "seq": 1,
        "time": 1,
        "qty": qty,
        "price": price,
    }


def ticker(symbol: str, *, mark: float = 100.0, interest: float = 1000.0, rate: float = 1e-5) -> Message:
    return {
        "feed": "ticker",
        "product_id": symbol,
        "markPrice": mark,
        "index": mark,
        "relative_funding_rate": rate,
        "openInterest": interest,
        "bid": mark - 1,
    }


class RandomSymbol:
    """A made-up book that moves by whole dollars and never crosses."""

    def __init__(self, symbol: str, rng: random.Random) -> None:
        self.symbol = symbol
        self.mid = 1000
        self.seq = 1
        self._rng = rng
        self._trades = 0

    def snapshot(self) -> Message:
        return snapshot(self.symbol, seq=self.seq, bid=self.mid - 1.0, ask=self.mid + 1.0)

    def delta(self, side: str, price: float, qty: float) -> Message:
        self.seq += 1
        return delta(self.symbol, side, price, qty, seq=self.seq)

    def turn(self) -> list[Message]:
        draw = self._rng.random()
        if draw < 0.25:
            return self._trade()
        if draw < 0.35:
            return self._move(self._rng.choice([1, -1]))
        side = self._rng.choice(["buy", "sell"])
        price = self.mid + (-1.0 if side == "buy" else 1.0)
        return [self.delta(side, price, round(self._rng.uniform(0.5, 9.0), 3))]

    def _trade(self) -> list[Message]:
        self._trades += 1
        kind = "liquidation" if self._rng.random() < 0.02 else "fill"
        uid = f"{self.symbol}-{self._trades}"
        side = self._rng.choice(["buy", "sell"])
        qty = round(self._rng.lognormvariate(0, 1), 3) + 0.001
        return [trade(self.symbol, side, float(self.mid), qty, uid=uid, kind=kind)]

    def _move(self, step: int) -> list[Message]:
        """Take the level that is in the way, then build the ones behind."""
        size = round(self._rng.uniform(0.5, 9.0), 3)
        bid, ask = self.mid - 1.0, self.mid + 1.0
        self.mid += step
        if step > 0:
            return [
                self.delta("sell", ask, 0.0),
                self.delta("buy", bid + 1, size),
                self.delta("sell", ask + 6, 5.0),
            ]
        return [
            self.delta("buy", bid, 0.0),
            self.delta("sell", ask - 1, size),
            self.delta("buy", bid - 6, 5.0),
        ]


def random_market(
    *,
    seed: int,
    seconds: float,
    every_s: float = 2.0,
    symbols: Sequence[str] = SYMBOLS,
    start: float = START + 0.5,
) -> Iterator[tuple[float, Message]]:
    """Yield arrivals and messages of a made-up market: snapshots, then turns of every symbol, and tickers."""
    rng = random.Random(seed)
    books = [RandomSymbol(symbol, rng) for symbol in symbols]
    for book in books:
        yield start, book.snapshot()
    at = start
    while at < start + seconds:
        for book in books:
            at += every_s / len(books) * rng.uniform(0.5, 1.5)
            for message in book.turn():
                yield at, message
        if rng.random() < 0.2:
            book = rng.choice(books)
            yield at, ticker(book.symbol, mark=float(book.mid), interest=1000 + rng.random() * 10)


def bars(
    seed: int, *, count: int, resolution_s: int, until: float = START, price: float = 1000.0
) -> list[Bar]:
    """Return made-up candles whose last one closes at ``until``."""
    rng = random.Random(seed)
    made = []
    for back in range(count, 0, -1):
        price *= 1 + rng.gauss(0, 0.001)
        made.append(Bar(until - back * resolution_s, price, price, price, price, 1.0))
    return made


def seed_history(builder: FeatureBuilder, *, at: float = START, symbols: Sequence[str] = SYMBOLS) -> None:
    """Hand a builder the candles and the funding that a venue would tell at a start."""
    for number, symbol in enumerate(symbols):
        builder.on_candles(at, symbol, bars(number, count=2880, resolution_s=900, until=at), resolution_s=900)
        builder.on_candles(
            at, symbol, bars(number + 50, count=2000, resolution_s=60, until=at), resolution_s=60
        )
        rng = random.Random(number)
        hours = [FundingHour(at - 3600 * back, rng.gauss(1e-5, 1e-6)) for back in range(900)]
        builder.on_funding_history(at, symbol, hours)
        builder.on_reference(at, Reference(symbol, 1000.0, 1000.0, 1.2e-5, 1000.0))


def kept(lines: Sequence[Features]) -> list[KeptWindow]:
    """Return what a restart would read back of written lines."""
    return [
        KeptWindow(
            ts=line.ts,
            symbol=line.symbol,
            window_s=line.window_s,
            sums=line.sums,
            mid=line.mid,
            ofi=line.ofi,
            open_interest=line.open_interest,
            regime=line.regime,
            incomplete=line.incomplete,
        )
        for line in lines
    ]
