"""The websocket face: who listens to what, and nobody waits for a slow listener."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence

import orjson
from aiohttp import WSMsgType, web

from src.exchange.simulator.auth import challenge_is_signed
from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.feed import (
    BookChange,
    BookReset,
    FeedMessage,
    FillNews,
    OrderNews,
    Print,
    RejectNews,
    TickerDue,
)
from src.exchange.simulator.latency import Line, Way
from src.exchange.simulator.listener import Listener
from src.exchange.simulator.stream_faults import StreamFaults
from src.exchange.simulator.wire import stream
from src.exchange.simulator.wire.private_stream import ACCOUNT_FEEDS, LOG_FEED, PRIVATE_FEEDS, PrivateFeeds
from src.exchange.simulator.wire.values import millis

TICKERS = ("ticker", "ticker_lite")
_OF_MARKET: Mapping[str, Callable[[Contract, float], dict[str, object]]] = {
    "book": lambda contract, _: stream.book_snapshot(contract),
    "trade": lambda contract, _: stream.trade_snapshot(contract),
    "ticker": stream.ticker_message,
    "ticker_lite": stream.ticker_lite,
}
PUBLIC_FEEDS = frozenset(_OF_MARKET)
HEARTBEAT_S = 1.0
GOODBYE_S = 1.0
"""Real seconds that a listener has to answer a goodbye."""
MOST_CONNECTIONS = 100
Topic = tuple[str, str]
"""A feed and a contract; the contract is empty for feeds of the account."""


class Hub:
    """All listeners and their topics; a message is serialised once, and only if somebody listens."""

    def __init__(
        self,
        core: Core,
        *,
        key: str,
        secret: str,
        account: str,
        ticker_every_s: float,
        real: Callable[[], float],
        way: Way | None = None,
    ) -> None:
        """``real`` tells real seconds; ``way`` is how messages reach the listeners, None: at once."""
        self._core = core
        self._real = real
        self._way = None if way is None or way.instant else way
        self._key = key
        self._secret = secret
        self._account = account
        self._private = PrivateFeeds(core, account)
        self._ticker_every_s = ticker_every_s
        self._ticker_told: dict[str, float] = {}
        self._topics: dict[Topic, set[Listener]] = {}
        self._connections: dict[Listener, web.WebSocketResponse] = {}
        self._connected = 0
        self.faults: StreamFaults | None = None
        """What goes wrong with the messages on demand."""

    # telling
    def publish(self, messages: Sequence[FeedMessage]) -> None:
        """Tell the listeners what the engine said, in its order."""
        for message in messages:
            match message:
                case BookChange():
                    if self._heard("book", message.symbol):
                        self._tell("book", message.symbol, stream.book_change(message))
                case Print():
                    if self._heard("trade", message.symbol):
                        self._tell("trade", message.symbol, stream.trade(message))
                case TickerDue():
                    self._tell_ticker(message)
                case BookReset():
                    if self._heard("book", message.symbol):
                        self._tell("book", message.symbol, self._snapshot("book", message.symbol))
                case OrderNews():
                    self._tell_order(message)
                case RejectNews():
                    self._tell("open_orders_verbose", "", stream.reject_news(message))
                case FillNews():
                    fills = stream.fills_message([message.fill], self._account, snapshot=False)
                    self._tell("fills", "", fills)
                    self._tell_account()
        self._tell_log()

    def beat(self) -> None:
        """Tell those who listen to the heartbeat that the exchange lives, and others the account.

        Whoever has sent no ping for too long is cut off.
        """
        for listener in tuple(self._connections):
            if listener.is_silent():
                listener.hang_up()
        if self._heard("heartbeat", ""):
            self._tell("heartbeat", "", {"feed": "heartbeat", "time": millis(self._core.now)})
        self._tell_account()

    async def close(self) -> None:
        """Say goodbye to everybody."""
        for listener in self._connections:
            listener.say_no_more()
        goodbyes = (
            socket.close(code=1001, message=b"going away") for socket in tuple(self._connections.values())
        )
        await asyncio.gather(*goodbyes, return_exceptions=True)

    def _tell_ticker(self, due: TickerDue) -> None:
        heard = [feed for feed in TICKERS if self._heard(feed, due.symbol)]
        if not heard or due.ts - self._ticker_told.get(due.symbol, 0.0) < self._ticker_every_s:
            return
        self._ticker_told[due.symbol] = due.ts
        for feed in heard:
            self._tell(feed, due.symbol, self._snapshot(feed, due.symbol))

    def _tell_order(self, news: OrderNews) -> None:
        for feed in ("open_orders", "open_orders_verbose"):
            if self._heard(feed, ""):
                self._tell(feed, "", stream.order_news(news) | {"feed": feed})

    def _tell_account(self) -> None:
        for feed in ACCOUNT_FEEDS:
            if self._heard(feed, ""):
                self._tell(feed, "", self._private.now(feed))

    def _tell_log(self) -> None:
        if self._heard(LOG_FEED, ""):
            for news in self._private.log_news():
                self._tell(LOG_FEED, "", news)

    def _heard(self, feed: str, symbol: str) -> bool:
        return bool(self._topics.get((feed, symbol)))

    def _tell(self, feed: str, symbol: str, message: dict[str, object]) -> None:
        listeners = self._topics.get((feed, symbol))
        if not listeners:
            return
        raw = orjson.dumps(message)
        told = (raw,) if self.faults is None else self.faults.pass_on(feed, symbol, raw)
        for listener in listeners:
            if told is None:
                listener.hang_up()
            else:
                for each in told:
                    listener.send(each)

    # listening
    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        if len(self._connections) >= MOST_CONNECTIONS:
            return web.Response(status=429, text="Too Many Connections")
        socket = web.WebSocketResponse(
            compress=False, max_msg_size=64 * 1024, timeout=GOODBYE_S, autoping=False
        )
        await socket.prepare(request)
        listener = Listener(request.transport, real=self._real, line=self._line())
        self._connections[listener] = socket
        sending = asyncio.create_task(listener.run())
        listener.send(b'{"event":"info","version":1}')
        try:
            async for received in socket:
                if received.type is WSMsgType.TEXT:
                    self._hear(listener, received.data)
                elif received.type is WSMsgType.PING:
                    listener.pinged()
                    await socket.pong(received.data)
        finally:
            del self._connections[listener]
            for listeners in self._topics.values():
                listeners.discard(listener)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    def _line(self) -> Line | None:
        self._connected += 1
        return None if self._way is None else Line(self._way, number=self._connected)

    def _hear(self, listener: Listener, text: str) -> None:
        if self.faults is not None and self.faults.silent:
            return
        if not listener.may_ask():
            _say(listener, {"event": "alert", "message": "Rate limit exceeded"})
            return
        try:
            asked = orjson.loads(text)
        except orjson.JSONDecodeError:
            asked = None
        if not isinstance(asked, dict):
            _say(listener, {"event": "error", "message": "Json Parse Error"})
            return
        match asked.get("event"):
            case "subscribe":
                self._subscribe(listener, asked)
            case "unsubscribe":
                self._unsubscribe(listener, asked)
            case "challenge":
                listener.challenge = str(uuid.uuid4())
                _say(listener, {"event": "challenge", "message": listener.challenge})
            case _:
                _say(listener, {"event": "error", "message": "Invalid event"})

    def _subscribe(self, listener: Listener, asked: dict[str, object]) -> None:
        topics = self._topics_of(listener, asked)
        if topics is None:
            return
        feed = str(asked["feed"])
        if any(listener in self._topics.get(topic, ()) for topic in topics):
            _say(listener, {"event": "alert", "message": "Already subscribed to feed, re-requesting"})
        self._tell_log()
        _say(listener, {**asked, "event": "subscribed"})
        for topic in topics:
            self._topics.setdefault(topic, set()).add(listener)
            if feed != "heartbeat":
                listener.send(orjson.dumps(self._snapshot(*topic)))

    def _unsubscribe(self, listener: Listener, asked: dict[str, object]) -> None:
        topics = self._topics_of(listener, asked)
        if topics is None:
            return
        for topic in topics:
            self._topics.get(topic, set()).discard(listener)
        _say(listener, {**asked, "event": "unsubscribed"})

    def _topics_of(self, listener: Listener, asked: dict[str, object]) -> list[Topic] | None:
        feed = asked.get("feed")
        if feed == "heartbeat":
            return [("heartbeat", "")]
        if feed in PRIVATE_FEEDS:
            if self._may_read(listener, asked):
                return [(str(feed), "")]
            _say(listener, {"event": "alert", "message": "Failed to subscribe to authenticated feed"})
            return None
        if feed not in PUBLIC_FEEDS:
            _say(listener, {"event": "alert", "message": "Couldn't subscribe to invalid feed"})
            return None
        products = asked.get("product_ids")
        wanted = products if isinstance(products, list) else []
        unknown = [symbol for symbol in wanted if symbol not in self._core.contracts]
        if not wanted or unknown:
            _say(listener, {"event": "alert", "message": "Invalid product id"})
            return None
        return [(str(feed), symbol) for symbol in wanted]

    def _may_read(self, listener: Listener, asked: dict[str, object]) -> bool:
        if listener.challenge is None or asked.get("original_challenge") != listener.challenge:
            return False
        signed = str(asked.get("signed_challenge", ""))
        known = asked.get("api_key") == self._key
        return known and challenge_is_signed(listener.challenge, signed, secret=self._secret)

    def _snapshot(self, feed: str, symbol: str) -> dict[str, object]:
        core = self._core
        if symbol:
            return _OF_MARKET[feed](core.contracts[symbol], core.now)
        return self._private.first(feed)


def _say(listener: Listener, message: dict[str, object]) -> None:
    listener.send(orjson.dumps(message))
