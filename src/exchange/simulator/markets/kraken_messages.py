"""What the venue's websocket says, as far as a live market passes it on."""

import msgspec

from src.exchange.simulator.events import WireSide
from src.market.wire import WireDelta, WireHeartbeat, WireSnapshot, subscription

FEEDS = ("book", "trade", "ticker")


class UpstreamTrade(msgspec.Struct, frozen=True, gc=False, tag_field="feed", tag="trade"):
    """A trade; the side is the taker's."""

    product_id: str
    side: WireSide
    price: float
    qty: float
    seq: int | None = None
    """Rises from trade to trade of a product."""
    type: str = "fill"


class UpstreamTrades(msgspec.Struct, frozen=True, tag_field="feed", tag="trade_snapshot"):
    """The newest trades of a product: they were before the subscription."""

    product_id: str


class UpstreamTicker(msgspec.Struct, frozen=True, gc=False, tag_field="feed", tag="ticker"):
    """The venue's reference values of a product, and whether it trades."""

    product_id: str
    mark: float | None = msgspec.field(name="markPrice", default=None)
    index: float | None = None
    funding_rate: float | None = None
    funding_rate_prediction: float | None = None
    open_interest: float | None = msgspec.field(name="openInterest", default=None)
    suspended: bool = False
    post_only: bool = False


UpstreamMessage = WireSnapshot | WireDelta | UpstreamTrade | UpstreamTrades | UpstreamTicker | WireHeartbeat


class UpstreamEvent(msgspec.Struct, frozen=True):
    """What the server says of the connection itself."""

    event: str
    message: str = ""


class UpstreamDecoder:
    """Reads messages; one object, since a decoder keeps its working memory."""

    def __init__(self) -> None:
        self._messages: msgspec.json.Decoder[UpstreamMessage] = msgspec.json.Decoder(UpstreamMessage)
        self._events: msgspec.json.Decoder[UpstreamEvent] = msgspec.json.Decoder(UpstreamEvent)

    def decode(self, raw: bytes) -> UpstreamMessage | UpstreamEvent | None:
        """Return what some bytes say; None where they are nothing that was asked for."""
        try:
            return self._messages.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        try:
            return self._events.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None


def greetings(symbols: tuple[str, ...]) -> list[str]:
    """Return what is asked for at the begin of each connection."""
    heartbeat = msgspec.json.encode({"event": "subscribe", "feed": "heartbeat"}).decode()
    return [heartbeat, *(subscription("subscribe", feed, list(symbols)) for feed in FEEDS)]


def book_again(symbol: str) -> tuple[str, str]:
    """Return what is asked for to hear a whole book anew."""
    return subscription("unsubscribe", "book", [symbol]), subscription("subscribe", "book", [symbol])
