"""A recorded market cut short, and books kept straight from its messages by nothing that is under test."""

import gzip
import os
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import orjson
import pytest

NAME = "btc_eth_perp_20240808.jsonl.gz"
TAPE_SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
TAPES = os.environ.get("TRADING_BOT_TAPES")

needs_tape = pytest.mark.skipif(
    TAPES is None or not (Path(TAPES) / NAME).exists(),
    reason=f"TRADING_BOT_TAPES names no folder with {NAME}",
)

Message = dict[str, object]
Levels = list[tuple[float, float]]


def told(path: Path) -> Iterator[tuple[float, Message]]:
    """Yield (received_at, message) of a tape, plain or gzipped."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for line in lines:
            row = orjson.loads(line)
            yield row["received_at"], row["message"]


def cut_tape(target: Path, *, seconds: float) -> Path:
    """Write the first seconds of the real recording to a plain file and return it."""
    rows = told(Path(str(TAPES)) / NAME)
    start = next(told(Path(str(TAPES)) / NAME))[0]
    kept = takewhile(lambda row: row[0] < start + seconds, rows)
    with target.open("wb") as out:
        for at, message in kept:
            out.write(orjson.dumps({"received_at": at, "message": message}) + b"\n")
    return target


class SimpleBook:
    """Two dicts; sorted whenever somebody looks."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[float, float]] = {"buy": {}, "sell": {}}

    def take(self, message: Message) -> None:
        """Take one message of any feed."""
        if message["feed"] == "book_snapshot":
            for side, name in (("buy", "bids"), ("sell", "asks")):
                levels = message[name]
                assert isinstance(levels, list)
                self.sides[side] = {level["price"]: level["qty"] for level in levels}
        elif message["feed"] == "book":
            levels_of = self.sides[str(message["side"])]
            price, qty = float(str(message["price"])), float(str(message["qty"]))
            if qty == 0:
                levels_of.pop(price, None)
            else:
                levels_of[price] = qty

    def levels(self, side: str) -> Levels:
        """Return a side, best first."""
        return sorted(self.sides[side].items(), reverse=side == "buy")

    def top(self) -> tuple[float, float] | None:
        """Return the best bid and ask; None while a side is empty."""
        if not self.sides["buy"] or not self.sides["sell"]:
            return None
        return max(self.sides["buy"]), min(self.sides["sell"])


class Shown:
    """The book messages of one symbol in their order."""

    def __init__(self, path: Path, symbol: str) -> None:
        self.at: list[float] = []
        self.messages: list[Message] = []
        for at, message in told(path):
            if message.get("product_id") == symbol and message["feed"] in {"book_snapshot", "book"}:
                self.at.append(at)
                self.messages.append(message)


def millis(ts: float) -> int:
    """Return seconds as whole milliseconds, as the wire tells them."""
    return round(ts * 1000)
