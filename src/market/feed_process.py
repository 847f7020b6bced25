"""The shell around the feature builder: a websocket, a poller, and the files that it writes."""

import random
import time
from collections import Counter
from pathlib import Path

from src.clock import Clock
from src.market.feature_builder import FeatureBuilder
from src.market.feature_files import FeatureFiles
from src.market.heard import HeardTape
from src.market.kept_windows import read_kept_windows
from src.market.kraken_public import KrakenPublic
from src.market.poll_answers import hand_over
from src.market.poller import Poller, PollFailed, PollItem
from src.market.wire import subscription
from src.net.client import HttpClient
from src.net.inbox import Inbox
from src.net.retry import Backoff
from src.net.websocket import Closed, Opened, SocketItem, WebSocketFeed
from src.records.settings import BotSettings
from src.store.files import Files
from src.store.paths import Home

_FEEDS = ("book", "trade", "ticker")
_BATCH = 5000
_INBOX_CAPACITY = 200_000
REQUESTS_PER_S = 5.0
"""Questions to the venue in a second of the market."""
_TICKER_STALE_S = 60.0
_TICKERS_MISSED_REAL_S = 15.0

FeedItem = SocketItem | PollItem


class FeedProcess:
    """The worker behind ``feature_store/``: what arrives goes to the builder, what it closes to the files."""

    def __init__(
        self,
        *,
        builder: FeatureBuilder,
        inbox: Inbox[FeedItem],
        feed: WebSocketFeed,
        poller: Poller,
        client: HttpClient,
        files: FeatureFiles,
        tape: HeardTape | None,
    ) -> None:
        self.handled = 0
        self.outputs = 0
        self.failures: Counter[str] = Counter()
        """Questions to the venue that got no usable answer."""
        self._builder = builder
        self._inbox = inbox
        self._feed = feed
        self._poller = poller
        self._client = client
        self._files = files
        self._tape = tape
        self._connections = 0

    @property
    def last_event_ts(self) -> float | None:
        """Return the arrival of the newest message."""
        return self._builder.last_event_ts

    @property
    def dropped(self) -> Counter[str]:
        """Return what was thrown away of the market's messages, by reason."""
        return self._builder.dropped

    def start(self) -> None:
        """Begin to listen and to ask."""
        self._feed.start()
        self._poller.start()

    def step(self, now: float) -> int:
        """Handle what has arrived and write what is closed; return how many records that were.

        Raises RuntimeError where a thread that should listen or ask has died.
        """
        if not (self._feed.is_alive() and self._poller.is_alive()):
            raise RuntimeError("a thread of the feed has died")
        items = self._inbox.drain(_BATCH)
        for at, item in items:
            self._take(at, item)
        written = self._builder.step(now if len(items) < _BATCH else items[-1][0])
        for symbol in self._builder.take_lost_books():
            self._feed.send(subscription("unsubscribe", "book", [symbol]))
            self._feed.send(subscription("subscribe", "book", [symbol]))
        self.handled += len(items)
        self.outputs += written
        return len(items) + written

    def save(self) -> None:
        """Bring what was written to the disk, and compress a little of the recording."""
        self._files.save()

    def close(self) -> None:
        """End the connection, the poller and the files."""
        self._feed.close()
        self._poller.close()
        self._client.close()
        self._files.close()
        self._inbox.close()

    def inputs(self) -> tuple[Path, ...]:
        """Return no files: the market wakes it."""
        return ()

    def fds(self) -> tuple[int, ...]:
        """Return the descriptor that is readable while messages wait."""
        return (self._inbox.fileno(),)

    def backlog(self) -> bool:
        """Return whether messages wait."""
        return len(self._inbox) > 0

    def _take(self, at: float, item: FeedItem) -> None:
        if isinstance(item, bytes):
            self._builder.on_message(at, item)
            return
        if self._tape is not None:
            self._tape.hear(at, item)
        match item:
            case Opened():
                self._connected(at)
            case Closed():
                self._builder.on_disconnected(at)
            case PollFailed(question):
                self.failures[question] += 1
            case _:
                hand_over(self._builder, at, item)

    def _connected(self, at: float) -> None:
        self._connections += 1
        self._builder.on_connected(at)
        if self._connections > 1:
            self._poller.refresh()


def build_feature_builder(
    home: Home,
    settings: BotSettings,
    endpoint_url: str,
    clock: Clock,
    *,
    files: Files,
    rng: random.Random,
    requests_per_s: float = REQUESTS_PER_S,
) -> FeedProcess:
    """Return the worker, connected to the venue at ``endpoint_url`` (http or https) and warm from its own windows.

    ``requests_per_s`` counts market seconds, so that a faster clock fills its history as soon.
    """
    tracked = tuple(dict.fromkeys((*settings.symbols, settings.leader)))
    builder, outputs = open_builder(home, settings, clock, files=files)
    inbox: Inbox[FeedItem] = Inbox(capacity=_INBOX_CAPACITY, now=clock.now)
    client = HttpClient(
        real=clock.real,
        sleep=time.sleep,
        backoff=lambda: Backoff(first_s=0.5, maximum_s=5.0, rng=rng),
    )
    feed = WebSocketFeed(
        websocket_url(endpoint_url),
        put=inbox.put,
        put_always=lambda item: inbox.put(item, force=True),
        greetings=lambda: [subscription("subscribe", name, list(tracked)) for name in _FEEDS],
        backoff=Backoff(first_s=0.2, maximum_s=15.0, rng=rng),
        real=clock.real,
    )
    poller = Poller(
        venue=KrakenPublic(endpoint_url, client.get),
        symbols=tracked,
        clock=clock,
        put=lambda item: inbox.put(item, force=True),
        requests_per_s=requests_per_s * clock.speed,
    )
    tape = HeardTape(tracked, outputs.append) if settings.recording.keep_messages else None
    process = FeedProcess(
        builder=builder, inbox=inbox, feed=feed, poller=poller, client=client, files=outputs, tape=tape
    )
    if tape is not None:
        tape.started(clock.now())
    process.start()
    return process


def open_builder(
    home: Home, settings: BotSettings, clock: Clock, *, files: Files
) -> tuple[FeatureBuilder, FeatureFiles]:
    """Return a builder that is warm from its own windows, and the files that it writes."""
    kept = read_kept_windows(home.windows, symbols=len(settings.symbols))
    outputs = FeatureFiles(home, settings, files)
    builder = FeatureBuilder(
        symbols=settings.symbols,
        leader=settings.leader,
        window_s=settings.window_s,
        windows=outputs.windows,
        publish=outputs.publish,
        tape=outputs if settings.recording.keep_messages else None,
        ticker_stale_s=max(_TICKER_STALE_S, _TICKERS_MISSED_REAL_S * clock.speed),
    )
    builder.restore(kept)
    return builder, outputs


def websocket_url(endpoint_url: str) -> str:
    """Return where the venue's websocket is; ValueError for what is no http or https URL."""
    scheme, separator, rest = endpoint_url.rstrip("/").partition("://")
    if not separator or scheme not in {"http", "https"}:
        raise ValueError(f"not an http or https URL: {endpoint_url!r}")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/ws/v1"
