"""The house itself: who lives, who works, what is frozen."""

import enum

from src.records.base import Document, Line, Record


class WorkerState(enum.Enum):
    """Where a supervised process stands."""

    STARTING = "STARTING"
    ALIVE = "ALIVE"
    """The process lives and its loop beats, but it has produced nothing yet."""
    READY = "READY"
    """Its first real output is written."""
    HUNG = "HUNG"
    BACKOFF = "BACKOFF"
    FAILED = "FAILED"
    """A crash loop: it is probed now and then, entries are frozen."""
    STOPPED = "STOPPED"


class SupervisorEvent(Line, frozen=True, kw_only=True):
    """One line of ``logs/supervisor.jsonl``."""

    real_ts: float
    """The machine's wall clock, in seconds since the epoch."""
    event: str
    """started, ready, finished, exited, crashed, hung, restarted, failed, probed, stopped or frozen."""
    process: str
    pid: int | None
    exit_code: int | None
    """Negative: the signal that ended it."""
    restarts: int
    detail: str


class WorkerHealth(Record, frozen=True, kw_only=True):
    """One process, as the monitor sees it."""

    name: str
    state: WorkerState
    pid: int | None
    handled: int
    """Records it has handled since this process started; only the worker moves it."""
    outputs: int
    """Records it has written since this process started."""
    last_event_ts: float | None
    """Event time of the newest record it handled."""
    lag_s: float | None
    """Market time now less that."""
    beat_age_s: float | None
    """Real seconds since its loop last beat."""
    restarts: int
    memory_mib: float | None
    """Proportional set size."""


class ConfigFault(Record, frozen=True, kw_only=True):
    """What is wrong with a hand-edited file."""

    file: str
    line: int
    column: int
    key: str
    """Empty where the text is not JSON at all."""
    rule: str
    """What was expected and what was found."""
    since_ts: float


class Health(Document, frozen=True, kw_only=True):
    """``logs/health.json``, written by the monitor every few seconds."""

    real_ts: float
    mode: str
    market: str
    main_pid: int
    started_real_ts: float
    entries_allowed: bool
    freeze_reasons: tuple[str, ...]
    workers: tuple[WorkerHealth, ...]
    config_faults: tuple[ConfigFault, ...]
    """A broken edit; the last good version stays in force."""
    counters: dict[str, int]
    """Alarms by name, e.g. quarantined lines."""


class HomeIdentity(Document, frozen=True, kw_only=True):
    """``home.json``: what a home is bound to for life."""

    mode: str
    """paper, demo or live."""
    market_kind: str
    """synthetic, tape or kraken."""
    account: str
    """The paper account's name, or a hash of the API key."""
    instance: str
    """Three characters that mark this home's orders on the exchange."""
    account_uid: str | None = None
    """The exchange's name for the account, whatever key opens it; None until it has told."""


class ClockAnchor(Document, frozen=True, kw_only=True):
    """``run/clock.json``: how market time follows from the machine's clock."""

    speed: float
    market_origin: float
    """Market time at the origin, in seconds since the epoch."""
    wall_origin: float
    """The machine's wall clock at the origin."""
    monotonic_origin: float
    """The machine's monotonic clock at the origin."""
    boot_id: str
    """The machine's boot: another one makes the monotonic origin meaningless."""


class ExchangeEndpoint(Document, frozen=True, kw_only=True):
    """``run/paper_exchange.json``: where the paper exchange listens; mode 0600."""

    url: str
    api_key: str
    api_secret: str
    admin_token: str


class FreezeFlag(Record, frozen=True, kw_only=True):
    """What ``logs/trading_frozen.flag`` holds; an empty file made by ``touch`` freezes as well."""

    reason: str
    by: str
    """``human`` or ``main``."""
    ts: float


class TapeLine(Record, frozen=True, kw_only=True):
    """What the feature builder heard in ``feature_store/tape/``, in the order of arrival.

    Mostly the venue's websocket messages as they came. Between them stands what else the builder was told, so
    that all of it can be told again: feed ``session`` (the builder ``started``; ``connected``, ``disconnected``),
    and the answers to its questions, ``polled_tickers``, ``polled_candles`` and ``polled_funding``. Where a
    recording is replayed as a market, candles and funding tell of the time before it.
    """

    received_at: float
    """Seconds since the epoch on the market's clock."""
    message: dict[str, object]
    """A message as it came, or what the venue answered."""
