"""A trader that enters and leaves as fast as it can, and kills itself.

Arguments: home, URL, key, secret, clock, and at which point it dies: the n-th part of a write, or request.
"""

import sys
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from src.clock import AnchoredClock
from src.exchange.errors import OrderRefused
from src.exchange.kraken import KrakenExchange, KrakenWire
from src.exchange.session_wire import Endpoint
from src.futures_portfolio_tracker import open_desk
from src.records.enums import Direction
from src.records.operations import ClockAnchor
from src.store.paths import Home
from tests.crash_points import Executioner, watch_disk
from tests.exchange_fakes import a_decision, wide_settings
from tests.files_fakes import disk_files

WAIT_S = 0.01
"""Between two tries while something stands against an order."""


def watch_wire(patch: pytest.MonkeyPatch, reaper: Executioner) -> None:
    """Make a point of each request, before it leaves and after its answer is there."""
    call = KrakenWire.call

    def watched(self: KrakenWire, endpoint: Endpoint, params: Mapping[str, str]) -> object:
        reaper.pass_by(f"before {endpoint}")
        answer = call(self, endpoint, params)
        reaper.pass_by(f"after {endpoint}")
        return answer

    patch.setattr(KrakenWire, "call", watched)


def main() -> None:
    root, url, key, secret, anchor, die_at = sys.argv[1:]
    clock = AnchoredClock(msgspec.json.decode(anchor, type=ClockAnchor))
    exchange = KrakenExchange(url=url, api_key=key, api_secret=secret, clock=clock)
    home = Home(Path(root))
    reaper = Executioner(int(die_at))
    patch = pytest.MonkeyPatch()
    watch_disk(patch, reaper)
    watch_wire(patch, reaper)
    reaper.armed = True
    print(clock.now(), flush=True)
    desk = open_desk(
        home,
        exchange,
        files=disk_files(home, wide_settings()),
        settings=wide_settings(),
        instance="abc",
        speed=1.0,
        now=clock.now(),
    )
    direction = Direction.LONG
    while True:
        desk.step(clock.now())
        try:
            if desk.positions():
                desk.exit("PF_XBTUSD", reason="time", now=clock.now())
                direction = direction.opposite
            else:
                decision = a_decision(direction=direction, ts=clock.now())
                desk.enter(decision, size=Decimal("0.001"), slippage_cap_bps=50, now=clock.now())
        except OrderRefused:
            time.sleep(WAIT_S)


if __name__ == "__main__":
    main()
