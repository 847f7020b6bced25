"""Where a synthetic market stands: enough to go on after a crash as if nothing had happened."""

from src.records.base import Record


class CoreState(Record, frozen=True, kw_only=True):
    """The model core at the beginning of one block of minutes; tuples have one value a symbol."""

    block: int
    """Number of the block since the epoch."""
    regime: int
    common_volatility: float
    log_price: tuple[float, ...]
    own_volatility: tuple[float, ...]
    flow: tuple[float, ...]
    slow_premium: tuple[float, ...]
    fast_premium: tuple[float, ...]
    open_interest: tuple[float, ...]
    recent_shocks: tuple[tuple[float, ...], ...]
    """Standardised returns of the last minutes, oldest first."""


class StreamState(Record, frozen=True, kw_only=True):
    """The message stream of one symbol."""

    symbol: str
    done: int
    """How many of the running minute's planned moments are over."""
    bids: tuple[tuple[int, int], ...]
    """(ticks, steps), best first."""
    asks: tuple[tuple[int, int], ...]
    turn: float
    """Whose turn at the best levels it is, 0..1."""
    unpublished: tuple[tuple[str, int], ...]
    """(side of the book, ticks) of levels that changed without a message yet."""
    shift: float
    """What our own taking has moved the price by, in ticks."""
    shift_ts: float
    premium: float | None
    """Smoothed premium of the mark over the index, as a fraction."""
    mark: float | None
    """The last mark that was told, in USD."""
    reference_ts: float
    bar: tuple[float, float, float, float, float] | None
    """Open, high, low, close and volume of the running minute's trades."""


class SyntheticState(Record, frozen=True, kw_only=True):
    """A whole synthetic market at one moment."""

    symbols: tuple[str, ...]
    seed: int
    messages_per_s: float
    edge: bool
    now: float
    """Market time of the last step, in seconds since the epoch, UTC."""
    origin: CoreState
    """The core at the beginning of the history that is still kept."""
    streams: tuple[StreamState, ...]
