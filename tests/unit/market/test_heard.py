"""What a builder heard beside the market's messages comes back from its recording as it was."""

import math
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from src.exchange.simulator.markets.recording import read_tape
from src.market.heard import FEEDS, HeardTape, hear_again
from src.market.poller import Candles, FundingHours, PollFailed, PollItem, References
from src.market.quotes import Bar, FundingHour, Reference
from src.net.websocket import Closed, Opened
from src.records.operations import TapeLine
from src.store.tape import TapeReader, TapeWriter
from tests.market_fakes import START

SYMBOL = "PF_XBTUSD"
KNOWN = Reference(SYMBOL, mark=100.25, index=1e-7, funding_rate=-0.0, open_interest=3.0)
UNKNOWN = Reference(SYMBOL, mark=None, index=None, funding_rate=None, open_interest=None)
FOREIGN = Reference("PF_NONEUSD", mark=1.0, index=None, funding_rate=None, open_interest=None)
BARS = [Bar(START + 60 * n, 0.1 + 0.2, 2.0, 1 / 3, 1.5, 0.0) for n in range(3)]
HOURS = [FundingHour(START - 3600.0, 1e-5), FundingHour(START, -2.5e-6)]


class Ear:
    """A builder that only notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def on_message(self, at: float, message: object) -> None:
        self.heard.append(("message", at, message))

    def on_connected(self, at: float) -> None:
        self.heard.append(("connected", at))

    def on_disconnected(self, at: float) -> None:
        self.heard.append(("disconnected", at))

    def on_reference(self, at: float, reference: Reference) -> None:
        self.heard.append(("reference", at, reference))

    def on_candles(self, at: float, symbol: str, bars: list[Bar], *, resolution_s: int) -> None:
        self.heard.append(("candles", at, symbol, bars, resolution_s))

    def on_funding_history(self, at: float, symbol: str, hours: list[FundingHour]) -> None:
        self.heard.append(("funding", at, symbol, hours))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "market.jsonl"


def recorded(path: Path, tell: Callable[[HeardTape], object]) -> list[tuple[object, ...]]:
    """Return what a builder hears again of what was told to a recording."""
    with TapeWriter(path, segment_bytes=1 << 20, keep_segments=8, quarantine=path.parent / "q") as tape:
        tell(HeardTape([SYMBOL], tape.append))
    ear = Ear()
    for line in TapeReader(path):
        assert line.message["feed"] in FEEDS
        hear_again(ear, line)  # type: ignore[arg-type] # it listens like a builder
    return ear.heard


@pytest.mark.parametrize(
    ("item", "heard"),
    [
        (Opened(), [("connected", START)]),
        (Closed("reset"), [("disconnected", START)]),
        (References([KNOWN, FOREIGN, UNKNOWN]), [("reference", START, KNOWN), ("reference", START, UNKNOWN)]),
        (Candles(SYMBOL, 900, BARS), [("candles", START, SYMBOL, BARS, 900)]),
        (FundingHours(SYMBOL, HOURS), [("funding", START, SYMBOL, HOURS)]),
        (PollFailed("tickers", "no answer"), []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_heard_is_heard_again(
    path: Path, item: PollItem | Opened | Closed, heard: list[tuple[object, ...]]
) -> None:
    assert recorded(path, lambda tape: tape.hear(START, item)) == heard


def test_a_zero_below_zero_stays_one(path: Path) -> None:
    ((_, _, reference),) = recorded(path, lambda tape: tape.hear(START, References([KNOWN])))
    assert isinstance(reference, Reference)
    assert reference.funding_rate is not None
    assert math.copysign(1.0, reference.funding_rate) == -1.0


def test_numbers_that_json_has_not_are_left_out(path: Path) -> None:
    bars = [*BARS, Bar(START + 180, 1.0, math.inf, 1.0, 1.0, 0.0), Bar(START, 1.0, 1.0, 1.0, math.nan, 0.0)]
    hours = [*HOURS, FundingHour(START, math.nan)]

    def tell(tape: HeardTape) -> None:
        tape.hear(START, Candles(SYMBOL, 60, bars))
        tape.hear(START, FundingHours(SYMBOL, hours))

    assert recorded(path, tell) == [
        ("candles", START, SYMBOL, BARS, 60),
        ("funding", START, SYMBOL, HOURS),
    ]


def test_the_begin_of_a_builder_stands_there_and_tells_nothing(path: Path) -> None:
    assert recorded(path, lambda tape: tape.started(START)) == []
    assert list(TapeReader(path)) == [
        TapeLine(received_at=START, message={"feed": "session", "event": "started"})
    ]


def test_messages_of_the_venue_are_handed_on_as_they_came() -> None:
    ear = Ear()
    message: dict[str, object] = {"feed": "heartbeat", "time": 1.5}
    hear_again(ear, TapeLine(received_at=START, message=message))  # type: ignore[arg-type] # as above
    assert ear.heard == [("message", START, message)]


def test_a_broken_line_of_ours_is_an_error() -> None:
    line = TapeLine(received_at=START, message={"feed": "polled_candles", "product_id": SYMBOL})
    with pytest.raises(msgspec.ValidationError):
        hear_again(Ear(), line)  # type: ignore[arg-type] # as above


def test_a_recording_replayed_as_a_market_passes_over_all_of_it(path: Path) -> None:
    def tell(tape: HeardTape) -> None:
        tape.started(START)
        for item in (Opened(), References([KNOWN]), Candles(SYMBOL, 60, BARS), FundingHours(SYMBOL, HOURS)):
            tape.hear(START, item)

    recorded(path, tell)
    assert list(read_tape(path)) == []
