"""The thread that asks the venue by HTTP: tickers every few seconds, candles and funding every hour."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from src.clock import Clock
from src.market.history import DAY_S, HOUR_S, MINUTE_S, QUARTER_S
from src.market.kraken_public import MAXIMUM_BARS
from src.market.quotes import Bar, FundingHour, Reference
from src.net.errors import NetError
from src.net.rate_limit import TokenBucket

_log = logging.getLogger(__name__)
_TICKERS_EVERY_S = 5.0
_LEAST_REFRESH_S = 60.0
_AFTER_FAILURE_S = 5.0
_HISTORY_S = 30 * DAY_S + HOUR_S


@dataclass(frozen=True, slots=True)
class References:
    """The venue's tickers."""

    references: Sequence[Reference]


@dataclass(frozen=True, slots=True)
class Candles:
    """Candles of one symbol."""

    symbol: str
    resolution_s: int
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class FundingHours:
    """Settled funding of one symbol."""

    symbol: str
    hours: Sequence[FundingHour]


@dataclass(frozen=True, slots=True)
class PollFailed:
    """A question without a usable answer; it will be asked again."""

    question: str
    reason: str


PollItem = References | Candles | FundingHours | PollFailed
_Question = Callable[[], PollItem]


class PublicVenue(Protocol):
    """What is asked of a venue; every question may raise a NetError."""

    def references(self) -> list[Reference]:
        """Return mark, index, funding and open interest of every contract."""

    def candles(self, symbol: str, *, resolution_s: int, start: float, end: float) -> list[Bar]:
        """Return the trade candles that opened between two times."""

    def funding_history(self, symbol: str) -> list[FundingHour]:
        """Return the settled hours that the venue still tells."""


class Poller:
    """Asks one thing at a time, within a budget of requests, and puts each answer where the worker finds it."""

    def __init__(
        self,
        *,
        venue: PublicVenue,
        symbols: Sequence[str],
        clock: Clock,
        put: Callable[[PollItem], object],
        requests_per_s: float,
    ) -> None:
        self._venue = venue
        self._symbols = tuple(symbols)
        self._clock = clock
        self._put = put
        self._bucket = TokenBucket(capacity=max(1.0, requests_per_s), per_s=requests_per_s)
        self._refresh_every_s = max(_LEAST_REFRESH_S, HOUR_S / clock.speed)
        self._questions: deque[tuple[str, _Question]] = deque()
        self._tickers_at = self._refresh_at = clock.real()
        self._whole = True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Return whether the thread lives: it ends only by ``close``, or by an error of ours."""
        return self._thread.is_alive()

    def refresh(self) -> None:
        """Ask for candles again soon: messages were missed."""
        self._refresh_at = self._clock.real()

    def close(self) -> None:
        """End the thread; a question under way is left behind and its answer dropped."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    def ask_next(self) -> float:
        """Ask what is due first, if anything; return the real seconds until the next question."""
        real = self._clock.real()
        if real >= self._refresh_at and not self._questions:
            self._questions.extend(self._refreshing())
            self._refresh_at = real + self._refresh_every_s
        tickers_due = real >= self._tickers_at
        if not tickers_due and not self._questions:
            return min(self._tickers_at, self._refresh_at) - real
        wait_s = self._bucket.take(real)
        if wait_s > 0:
            return wait_s
        if tickers_due:
            self._tickers_at = real + _TICKERS_EVERY_S
            return self._ask("tickers", lambda: References(self._venue.references()))
        name, question = self._questions.popleft()
        pause_s = self._ask(name, question)
        if pause_s > 0:
            self._questions.append((name, question))
        return pause_s

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(max(0.0, self.ask_next()))

    def _ask(self, name: str, question: _Question) -> float:
        try:
            answer = question()
        except NetError as error:
            _log.warning("poll_failed", extra={"facts": {"question": name, "reason": str(error)}})
            self._put(PollFailed(name, str(error)))
            return _AFTER_FAILURE_S
        self._put(answer)
        return 0.0

    def _refreshing(self) -> list[tuple[str, _Question]]:
        """Return the questions of one refresh; the first time they reach back a month."""
        spans = (
            [(QUARTER_S, 0), (MINUTE_S, 0), (QUARTER_S, 1)]
            if self._whole
            else [(QUARTER_S, 0), (MINUTE_S, 0)]
        )
        self._whole = False
        candles = [self._candles(symbol, *span) for span in spans for symbol in self._symbols]
        return candles + [self._funding(symbol) for symbol in self._symbols]

    def _candles(self, symbol: str, resolution_s: int, page: int) -> tuple[str, _Question]:
        def ask() -> PollItem:
            span = (MAXIMUM_BARS - 1) * resolution_s
            now = self._clock.now()
            end = now - page * span
            start = max(end - span, now - _HISTORY_S)
            bars = self._venue.candles(symbol, resolution_s=resolution_s, start=start, end=end)
            return Candles(symbol, resolution_s, bars)

        return f"candles {symbol} {resolution_s} s", ask

    def _funding(self, symbol: str) -> tuple[str, _Question]:
        return f"funding {symbol}", lambda: FundingHours(symbol, self._venue.funding_history(symbol))
