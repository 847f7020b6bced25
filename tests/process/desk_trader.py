"""A trader that enters and leaves as fast as it can, to be killed; arguments: home, URL, key, secret, clock."""

import sys
from decimal import Decimal
from pathlib import Path

import msgspec

from src.clock import AnchoredClock
from src.exchange.errors import OrderRefused
from src.exchange.kraken import KrakenExchange
from src.futures_portfolio_tracker import open_desk
from src.records.enums import Direction
from src.records.operations import ClockAnchor
from src.store.paths import Home
from tests.exchange_fakes import a_decision, the_settings
from tests.files_fakes import disk_files


def main() -> None:
    root, url, key, secret, anchor = sys.argv[1:]
    clock = AnchoredClock(msgspec.json.decode(anchor, type=ClockAnchor))
    exchange = KrakenExchange(url=url, api_key=key, api_secret=secret, clock=clock)
    home = Home(Path(root))
    desk = open_desk(
        home,
        exchange,
        files=disk_files(home, the_settings()),
        settings=the_settings(),
        instance="abc",
        speed=1.0,
        now=clock.now(),
    )
    print("open", flush=True)
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
            continue


if __name__ == "__main__":
    main()
