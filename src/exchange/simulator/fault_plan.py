"""What is asked to go wrong: the document behind ``run/faults/paper_exchange.json`` and ``POST /admin/faults``.

A plan replaces the one before it; the empty plan ``{}`` is a healthy exchange.
"""

from typing import Annotated, Literal

import msgspec

from src.records.base import Config, Record

CallAct = Literal[
    "refuse",
    "rate_limit",
    "html",
    "text",
    "empty",
    "garbage",
    "delay",
    "late",
    "drop",
    "reset",
    "cut",
    "drip",
    "patch",
    "jumble",
    "huge",
    "bomb",
]
StreamAct = Literal["duplicate", "reorder", "lose", "garbage", "close", "stall"]
RateLimitStyle = Literal["error_200", "error_429", "text_429", "off"]
Happening = Literal["liquidate", "cancel_all"]

_Count = Annotated[int, msgspec.Meta(ge=1)]
_Chance = Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
_Wait = Annotated[float, msgspec.Meta(ge=0.0, le=3600.0)]
_Status = Annotated[int, msgspec.Meta(ge=200, le=599)]


class Turns(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the calls or messages that match it a fault strikes; all of them unless it says less."""

    nth: tuple[_Count, ...] = ()
    """These alone, the first is 1."""
    every: _Count | None = None
    """Each so-manieth."""
    chance: _Chance | None = None
    """Each with this probability, drawn from the plan's seed."""
    times: _Count | None = None
    """At most so many in all."""


class CallFault(Turns, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that goes wrong with requests."""

    act: CallAct
    path: str = "*"
    """A pattern of the path, with ``*``: whole, or its end, as ``sendorder`` or ``orders/status``."""
    method: Literal["GET", "POST", "PUT"] | None = None
    work: bool | None = None
    """Whether the exchange does what it was asked; absent, what is usual for the act."""
    status: _Status | None = None
    """HTTP status of the acts that make up an answer; absent, what is usual for the act."""
    word: str = "Server Error"
    """The error of ``refuse``."""
    delay_s: _Wait = 1.0
    """Real seconds: of ``delay`` and ``late`` in all, of ``drip`` between two bytes."""
    patch: dict[str, object] = msgspec.field(default_factory=dict)
    """What ``patch`` merges into the answer, and into each row of a list; null takes a key out."""
    size_mib: Annotated[float, msgspec.Meta(gt=0.0, le=256.0)] = 20.0
    """How much ``huge`` and ``bomb`` add to the answer."""


class StreamFault(Turns, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that goes wrong with messages of the websocket."""

    act: StreamAct
    feed: str = "*"
    """A pattern, as ``book`` or ``*``."""
    symbol: str = "*"
    """A pattern; feeds of the account have no symbol."""
    for_s: _Wait | None = None
    """Real seconds that ``stall`` lasts; absent, until the next plan."""


class MarketFault(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with one market for as long as the plan stands."""

    suspended: bool = False
    post_only: bool = False
    gap_bps: Annotated[float, msgspec.Meta(ge=-9000.0, le=9000.0)] = 0.0
    """How far all its prices have jumped."""
    thin: _Chance = 1.0
    """What is left of each displayed size."""
    frozen: bool = False
    """Whether nothing about it changes: book, prints and reference values stand still."""
    stray_print_bps: Annotated[float, msgspec.Meta(ge=-9000.0, le=9000.0)] = 0.0
    """How far from the middle one print of the smallest size lies, once."""


class FaultPlan(Config, frozen=True, kw_only=True):
    """Everything that is to go wrong."""

    seed: int = 0
    """Of every ``chance``."""
    rate_limit: RateLimitStyle = "error_200"
    """How a spent budget is told; ``off`` is an exchange without budgets."""
    maintenance: bool = False
    clock_skew_s: Annotated[float, msgspec.Meta(ge=-86_400.0, le=86_400.0)] = 0.0
    """How far the venue's clock runs ahead: what ``serverTime`` tells and ``processBefore`` is held against."""
    fee_factor: Annotated[float, msgspec.Meta(ge=0.0, le=100.0)] = 1.0
    """How many times the fee of the schedule is charged."""
    client_ids_stay_taken: bool = False
    """Whether an ended order still holds its client id."""
    refusals_with_events: bool = False
    """Whether every refused order is told with a REJECT event."""
    history_lag_s: _Wait = 0.0
    """Seconds of the exchange's clock that the history service is behind."""
    calls: tuple[CallFault, ...] = ()
    stream: tuple[StreamFault, ...] = ()
    markets: dict[str, MarketFault] = msgspec.field(default_factory=dict)
    """By symbol."""
    now: tuple[Happening, ...] = ()
    """What happens once, at the moment the plan is taken."""
