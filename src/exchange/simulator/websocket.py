"""The websocket face: who listens to what, and nobody waits for a slow listener."""

import asyncio
import logging
import uuid
from collections import deque
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
from src.exchange.simulator.stream_faults import StreamFaults
from src.exchange.simulator.wire import stream
from src.exchange.simulator.wire.account_stream import AccountFeeds
from src.exchange.simulator.wire.values import millis

TICKERS = ("ticker", "ticker_lite")
_OF_MARKET: Mapping[str, Callable[[Contract, float], dict[str, object]]] = {
    "book": lambda contract, _: stream.book_snapshot(contract),
    "trade": lambda contract, _: stream.trade_snapshot(contract),
    "ticker": stream.ticker_message,
    "ticker_lite": stream.ticker_lite,
}
PUBLIC_FEEDS = frozenset(_OF_MARKET)
ACCOUNT_FEEDS = ("open_positions", "balances")
"""What every fill changes; told again each second too."""
PRIVATE_FEEDS = frozenset({"open_orders", "open_orders_verbose", "fills", *ACCOUNT_FEEDS})
HEARTBEAT_S = 1.0
GOODBYE_S = 1.0
"""Real seconds that a listener has to answer a goodbye."""
LONGEST_BACKLOG_BYTES = 32 * 1024 * 1024

log = logging.getLogger(__name__)
Topic = tuple[str, str]
"""A feed and a contract; the contract is empty for feeds of the account."""


class Listener:
    """One connection, with what waits to be sent to it."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.BaseTransport | None,
        *,
        longest_backlog: int = LONGEST_BACKLOG_BYTES,
    ) -> None:
        self._socket = socket
        self._longest_backlog = longest_backlog
        self._transport = transport
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self.challenge: str | None = None
        self.dropped = False

    def send(self, message: bytes) -> None:
        """Queue a message; a listener that is too far behind is cut off."""
        if self.dropped:
            return
        self._waiting.append(message)
        self._bytes += len(message)
        self._wake.set()
        if self._bytes > self._longest_backlog:
            log.warning("listener_too_slow", extra={"facts": {"backlog_bytes": self._bytes}})
            self.hang_up()

    def hang_up(self) -> None:
        """Cut the connection without a goodbye."""
        self.dropped = True
        self._waiting.clear()
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    async def run(self) -> None:
        """Send what waits, until the connection ends."""
        while not self.dropped:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                message = self._waiting.popleft()
                self._bytes -= len(message)
                await self._socket.send_frame(message, WSMsgType.TEXT)


class Hub:
    """All listeners and their topics; a message is serialised once, and only if somebody listens."""

    def __init__(self, core: Core, *, key: str, secret: str, account: str, ticker_every_s: float) -> None:
        self._core = core
        self._key = key
        self._secret = secret
        self._account = account
        self._accounts = AccountFeeds(core, account)
        self._ticker_every_s = ticker_every_s
        self._ticker_told: dict[str, float] = {}
        self._topics: dict[Topic, set[Listener]] = {}
        self._sockets: set[web.WebSocketResponse] = set()
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

    def beat(self) -> None:
        """Tell those who listen to the heartbeat that the exchange lives, and others the account."""
        if self._heard("heartbeat", ""):
            self._tell("heartbeat", "", {"feed": "heartbeat", "time": millis(self._core.now)})
        self._tell_account()

    async def close(self) -> None:
        """Say goodbye to everybody."""
        goodbyes = (socket.close(code=1001, message=b"going away") for socket in tuple(self._sockets))
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
        if self._heard("open_positions", ""):
            self._tell("open_positions", "", self._accounts.open_positions())
        if self._heard("balances", ""):
            self._tell("balances", "", self._accounts.balances())

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
        socket = web.WebSocketResponse(compress=False, max_msg_size=64 * 1024, timeout=GOODBYE_S)
        await socket.prepare(request)
        listener = Listener(socket, request.transport)
        self._sockets.add(socket)
        sending = asyncio.create_task(listener.run())
        listener.send(b'{"event":"info","version":1}')
        try:
            async for received in socket:
                if received.type is WSMsgType.TEXT:
                    self._hear(listener, received.data)
        finally:
            self._sockets.discard(socket)
            for listeners in self._topics.values():
                listeners.discard(listener)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    def _hear(self, listener: Listener, text: str) -> None:
        if self.faults is not None and self.faults.silent:
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
        match feed:
            case "open_positions":
                return self._accounts.open_positions()
            case "balances":
                return self._accounts.balances_snapshot()
            case "fills":
                newest = core.state.fills[-stream.FILLS_IN_SNAPSHOT :]
                return stream.fills_message(newest, self._account, snapshot=True)
            case _:
                shape = stream.open_orders_snapshot(list(core.state.open.values()), self._account)
                return shape | {"feed": f"{feed}_snapshot"}


def _say(listener: Listener, message: dict[str, object]) -> None:
    listener.send(orjson.dumps(message))
