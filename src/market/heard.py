"""What a builder heard beside the market's messages, as lines of its recording, which they make whole.

Such a line stands among the messages in the order of arrival; its feed is none of the venue's:

- ``session``: ``event`` is ``started`` (a builder began with the windows it had written before), ``connected`` or
  ``disconnected`` (the websocket);
- ``polled_tickers``: ``references``, the tickers of the symbols that are followed;
- ``polled_candles``: ``product_id``, ``resolution_s`` and ``bars`` of opening time, open, high, low, close, volume;
- ``polled_funding``: ``product_id`` and ``hours`` of the settled hour's end and its relative rate.

A question without an answer, and what the websocket says of itself, tell a builder nothing and leave no line.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from src.market.feature_builder import FeatureBuilder
from src.market.poll_answers import hand_over
from src.market.poller import Candles, FundingHours, PollFailed, PollItem, References
from src.market.quotes import Bar, FundingHour, Reference
from src.net.websocket import Closed, Opened
from src.records.operations import TapeLine

FEEDS = frozenset({"session", "polled_tickers", "polled_candles", "polled_funding"})


class _Session(msgspec.Struct, frozen=True, tag_field="feed", tag="session"):
    event: Literal["started", "connected", "disconnected"]


class _Tickers(msgspec.Struct, frozen=True, tag_field="feed", tag="polled_tickers"):
    references: Sequence[Reference]


class _Candles(msgspec.Struct, frozen=True, tag_field="feed", tag="polled_candles"):
    product_id: str
    resolution_s: int
    bars: Sequence[tuple[float, float, float, float, float, float]]


class _Funding(msgspec.Struct, frozen=True, tag_field="feed", tag="polled_funding"):
    product_id: str
    hours: Sequence[tuple[float, float]]


_Heard = _Session | _Tickers | _Candles | _Funding


class HeardTape:
    """Adds to a recording what a builder hears of its poller and of its connection."""

    def __init__(self, symbols: Iterable[str], append: Callable[[float, bytes], None]) -> None:
        """Keep the tickers of these symbols only; ``append`` takes the time of arrival and a line's message."""
        self._symbols = frozenset(symbols)
        self._append = append

    def started(self, at: float) -> None:
        """Note that a builder begins."""
        self._append(at, msgspec.json.encode(_Session("started")))

    def hear(self, at: float, item: PollItem | Opened | Closed) -> None:
        """Note what arrived at ``at``."""
        heard = self._heard(item)
        if heard is not None:
            self._append(at, msgspec.json.encode(heard))

    def _heard(self, item: PollItem | Opened | Closed) -> _Heard | None:
        match item:
            case Opened():
                return _Session("connected")
            case Closed():
                return _Session("disconnected")
            case References(references):
                return _Tickers([each for each in references if each.symbol in self._symbols])
            case Candles(symbol, resolution_s, bars):
                rows = [(bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars]
                return _Candles(symbol, resolution_s, [row for row in rows if _is_finite(row)])
            case FundingHours(symbol, hours):
                pairs = [(hour.ts, hour.relative_rate) for hour in hours]
                return _Funding(symbol, [pair for pair in pairs if _is_finite(pair)])
            case PollFailed():
                return None


def hear_again(builder: FeatureBuilder, line: TapeLine) -> None:
    """Tell a builder one line of a recording, at the time at which it was heard.

    Raises msgspec.ValidationError for a line of ours that is broken.
    """
    at = line.received_at
    if line.message.get("feed") not in FEEDS:
        builder.on_message(at, line.message)
        return
    match msgspec.convert(line.message, _Heard):
        case _Session("connected"):
            builder.on_connected(at)
        case _Session("disconnected"):
            builder.on_disconnected(at)
        case _Tickers(references):
            hand_over(builder, at, References(references))
        case _Candles(symbol, resolution_s, bars):
            hand_over(builder, at, Candles(symbol, resolution_s, [Bar(*bar) for bar in bars]))
        case _Funding(symbol, hours):
            hand_over(builder, at, FundingHours(symbol, [FundingHour(*hour) for hour in hours]))


def _is_finite(numbers: Iterable[float]) -> bool:
    """Infinity and not-a-number cannot stand in JSON; what has them counts for nothing."""
    return all(map(math.isfinite, numbers))
