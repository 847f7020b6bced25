"""What the venue's websocket says, as typed messages; what is not one of them is not market data."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from src.market.quotes import Reference

WireSide = Literal["buy", "sell"]


class WireError(ValueError):
    """A message that is not what its feed promises."""


class WireLevel(msgspec.Struct, frozen=True):
    """One price level of a snapshot."""

    price: float
    qty: float


class WireSnapshot(msgspec.Struct, frozen=True, tag_field="feed", tag="book_snapshot"):
    """The whole book of a product."""

    product_id: str
    bids: list[WireLevel]
    asks: list[WireLevel]
    seq: int | None = None


class WireDelta(msgspec.Struct, frozen=True, tag_field="feed", tag="book"):
    """One level's new size; 0 removes it."""

    product_id: str
    side: WireSide
    """``buy`` is the bid side."""
    price: float
    qty: float
    seq: int | None = None
    """One more than the product's message before."""


class WireTrade(msgspec.Struct, frozen=True, tag_field="feed", tag="trade"):
    """A trade; the side is the taker's."""

    product_id: str
    side: WireSide
    price: float
    qty: float
    uid: str | None = None
    type: str = "fill"


class WireTrades(msgspec.Struct, frozen=True, tag_field="feed", tag="trade_snapshot"):
    """The newest trades of a product, newest first."""

    product_id: str
    trades: list[WireTrade]


class WireTicker(msgspec.Struct, frozen=True, tag_field="feed", tag="ticker"):
    """The venue's reference values of a product."""

    product_id: str
    mark: float | None = msgspec.field(name="markPrice", default=None)
    index: float | None = None
    relative_funding_rate: float | None = None
    open_interest: float | None = msgspec.field(name="openInterest", default=None)

    def reference(self) -> Reference:
        """Return it as this package hands reference values on."""
        return Reference(
            symbol=self.product_id,
            mark=self.mark,
            index=self.index,
            funding_rate=self.relative_funding_rate,
            open_interest=self.open_interest,
        )


class WireHeartbeat(msgspec.Struct, frozen=True, tag_field="feed", tag="heartbeat"):
    """The connection lives; it belongs to no product."""

    product_id: str = ""


WireMessage = WireSnapshot | WireDelta | WireTrade | WireTrades | WireTicker | WireHeartbeat


class WireEvent(msgspec.Struct, frozen=True):
    """What the server says of the connection itself."""

    event: str
    message: str = ""


class Decoder:
    """Reads messages; one object, since a decoder keeps its working memory."""

    def __init__(self) -> None:
        self._messages: msgspec.json.Decoder[WireMessage] = msgspec.json.Decoder(WireMessage)
        self._events: msgspec.json.Decoder[WireEvent] = msgspec.json.Decoder(WireEvent)

    def decode(self, message: bytes | Mapping[str, object]) -> WireMessage | WireEvent:
        """Return the typed message of some bytes or of a parsed object; raises WireError."""
        try:
            if isinstance(message, bytes):
                return self._messages.decode(message)
            parsed: WireMessage = msgspec.convert(message, WireMessage)
        except msgspec.ValidationError as error:
            return self._event(message, error)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise WireError(str(error)) from error
        return parsed

    def _event(self, message: bytes | Mapping[str, object], cause: Exception) -> WireEvent:
        try:
            if isinstance(message, bytes):
                return self._events.decode(message)
            return msgspec.convert(message, WireEvent)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise WireError(str(cause)) from cause


def subscription(event: Literal["subscribe", "unsubscribe"], feed: str, product_ids: list[str]) -> str:
    """Return the request that begins or ends a feed of some products."""
    request = {"event": event, "feed": feed, "product_ids": product_ids}
    return msgspec.json.encode(request).decode()
