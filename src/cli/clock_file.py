"""The clock that all processes of a home share: ``run/clock.json``."""

from datetime import UTC, datetime

from src.clock import anchor_at, anchor_now, continued
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.spec import market_end, market_start
from src.records.operations import ClockAnchor
from src.simulation.manifest import run_file
from src.store.document import DocumentFile
from src.store.paths import Home


def start_clock(home: Home, *, market: str, speed: float, writer: str) -> ClockAnchor:
    """Return the clock of this start, after writing it: a home's clock goes on where it would be by now.

    A new home begins where its recording begins, else at the machine's time. Raises MarketSpecError for a market
    that is none, CorruptDocument for a clock that cannot be read.
    """
    file = _clock_file(home, writer=writer)
    known = file.read()
    anchor = _first_anchor(market, speed=speed) if known is None else continued(known, speed=speed)
    file.write(anchor)
    return anchor


def refuse_ended_market(market: str, now: float) -> None:
    """Raise MarketSpecError where a market, at the home's time ``now``, has nothing more to show."""
    end = market_end(market)
    if end is not None and now >= end:
        raise MarketSpecError(
            f"{market} ended at {_readable(end)} and this home's clock stands at {_readable(now)}: "
            f"nothing is left to replay. Replay it again in a new home with --home DIR"
        )


def market_now(home: Home) -> float:
    """Return market time as the home's clock has it now; that of a stepped run stands where its records end.

    A home without either has the wall clock's time.
    """
    anchor = _clock_file(home, writer="cli").read()
    if anchor is None:
        lived = run_file(home).read()
        return anchor_now(speed=1.0).market_origin if lived is None else lived.reached_ts
    return continued(anchor, speed=anchor.speed).market_origin


def _clock_file(home: Home, *, writer: str) -> DocumentFile[ClockAnchor]:
    return DocumentFile(home.clock, ClockAnchor, writer=writer, quarantine=home.quarantine)


def _first_anchor(market: str, *, speed: float) -> ClockAnchor:
    origin = market_start(market)
    return anchor_now(speed=speed) if origin is None else anchor_at(origin, speed=speed)


def _readable(ts: float) -> str:
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
