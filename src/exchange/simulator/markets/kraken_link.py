"""The threads that listen to a venue, and the market that is opened on them."""

import logging
import random
import threading
import time
from collections.abc import Callable

from src.clock import Clock
from src.exchange.simulator.errors import UpstreamUnreachable
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.kraken import INBOX_CAPACITY, KrakenMarket, UpstreamItem
from src.exchange.simulator.markets.kraken_messages import greetings
from src.exchange.simulator.markets.kraken_rest import KrakenRest, Listing
from src.market.feed_process import websocket_url
from src.net.client import HttpClient
from src.net.inbox import Inbox
from src.net.retry import Backoff
from src.net.websocket import WebSocketFeed

LISTING_EVERY_S = 300.0
AFTER_FAILURE_S = 15.0
ANSWER_WITHIN_S = 4.0
HANG_UP_S = 15.0
"""A connection that is silent for this long is made anew."""
PATIENCE_S = 20.0
"""How long the start tries to reach the venue: a network may come up after us."""
AGAIN_S = 2.0
FIRST_STATE_S = 5.0
"""How long the start waits to see every contract; one that is not seen by then begins suspended."""
LOOK_EVERY_S = 0.01

log = logging.getLogger(__name__)


class ListingWatch:
    """A thread that asks for the instruments every few minutes, and whenever it is told to."""

    def __init__(self, ask: Callable[[], Listing], put: Callable[[Listing], object]) -> None:
        self._ask = ask
        self._put = put
        self._stopping = threading.Event()
        self._soon = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listing", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def ask_soon(self) -> None:
        """Do not wait for the next time."""
        self._soon.set()

    def is_alive(self) -> bool:
        """Return whether the thread lives: it ends only by ``close``, or by an error of ours."""
        return self._thread.is_alive()

    def close(self) -> None:
        """End the thread; a question under way is left behind."""
        self._stopping.set()
        self._soon.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    def _run(self) -> None:
        wait_s = LISTING_EVERY_S
        while True:
            self._soon.wait(wait_s)
            self._soon.clear()
            if self._stopping.is_set():
                return
            wait_s = LISTING_EVERY_S
            try:
                self._put(self._ask())
            except UpstreamUnreachable as error:
                log.warning("listing_not_read", extra={"facts": {"error": error}})
                wait_s = AFTER_FAILURE_S


class KrakenLink:
    """The websocket, the watch over the instruments, and the client for both faces of HTTP."""

    def __init__(self, feed: WebSocketFeed, watch: ListingWatch, client: HttpClient) -> None:
        self._feed = feed
        self._watch = watch
        self._client = client

    def start(self) -> None:
        """Begin to listen."""
        self._feed.start()
        self._watch.start()

    def send(self, text: str) -> bool:
        """Send a request over the websocket; False where there is none."""
        return self._feed.send(text)

    def ask_listing(self) -> None:
        """Ask for the instruments soon."""
        self._watch.ask_soon()

    def is_alive(self) -> bool:
        """Return whether all that listens is alive."""
        return self._feed.is_alive() and self._watch.is_alive()

    def close(self) -> None:
        """End all connections."""
        self._feed.close()
        self._watch.close()
        self._client.close()


def open_kraken_market(
    url: str, symbols: tuple[str, ...], clock: Clock, *, patience_s: float = PATIENCE_S
) -> KrakenMarket:
    """Return the market at ``url``, listening, once every symbol was seen or a few seconds have passed.

    Raises UpstreamUnreachable where the venue does not tell its instruments within ``patience_s``,
    MarketSpecError for a symbol that it does not list.
    """
    rng = random.Random()  # noqa: S311 - spreads retries, decides nothing
    client = HttpClient(
        real=clock.real,
        sleep=time.sleep,
        backoff=lambda: Backoff(first_s=0.2, maximum_s=2.0, rng=rng),
        deadline_s=ANSWER_WITHIN_S,
        attempts=2,
    )
    rest = KrakenRest(url, client.get, now=clock.now, real=clock.real, sleep=time.sleep)
    listing = _first_listing(rest, clock, patience_s=patience_s)
    absent = [symbol for symbol in symbols if symbol not in listing.specs]
    if absent:
        raise MarketSpecError(f"{url} does not list {', '.join(absent)} as a perpetual that can be traded")
    inbox: Inbox[UpstreamItem] = Inbox(capacity=INBOX_CAPACITY, now=clock.now)
    feed = WebSocketFeed(
        websocket_url(url),
        put=inbox.put,
        put_always=lambda item: inbox.put(item, force=True),
        greetings=lambda: greetings(symbols),
        backoff=Backoff(first_s=0.2, maximum_s=15.0, rng=rng),
        real=clock.real,
        silence_s=HANG_UP_S,
    )
    watch = ListingWatch(rest.listing, lambda found: inbox.put(found, force=True))
    link = KrakenLink(feed, watch, client)
    specs = [listing.specs[symbol] for symbol in symbols]
    market = KrakenMarket(specs, rest=rest, inbox=inbox, upstream=link)
    inbox.put(listing, force=True)
    link.start()
    _await_state(market, clock)
    return market


def _first_listing(rest: KrakenRest, clock: Clock, *, patience_s: float) -> Listing:
    until = clock.real() + patience_s
    while True:
        try:
            return rest.listing()
        except UpstreamUnreachable as error:
            if clock.real() >= until:
                raise
            log.warning("upstream_not_reached", extra={"facts": {"error": error}})
            time.sleep(AGAIN_S)


def _await_state(market: KrakenMarket, clock: Clock) -> None:
    until = clock.real() + FIRST_STATE_S
    market.step(clock.now())
    while not market.is_open and clock.real() < until:
        time.sleep(LOOK_EVERY_S)
        market.step(clock.now())
