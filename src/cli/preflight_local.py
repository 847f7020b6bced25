"""The part of the pre-flight that needs no exchange: configs, keys, disk, and whoever is told."""

import os
import random
from collections.abc import Iterator

from src.alerts.channel import BadAddress, Channel, Message
from src.alerts.targets import ALERT_URLS, HEARTBEAT_URL, Targets
from src.alerts.watch import heartbeat_client
from src.clock import Clock
from src.exchange.conformance.row import fail, judged, note, ok, skipped, warn
from src.exchange.venue import SECRETS
from src.net.errors import NetError
from src.records.checks import CheckRow
from src.store.paths import Home
from src.store.secrets import peek_secret
from src.supervision.health import LOW_DISK_BYTES

_PLENTY_BYTES = 2 * 1024**3


def check_keys(mode: str, home: Home) -> Iterator[CheckRow]:
    """Yield whether a mode's keys are there, and where from; the values are never shown."""
    names = SECRETS.get(mode, ())
    if not names:
        yield skipped("keys", "the paper exchange makes its own")
    for name in names:
        if not peek_secret(name, home):
            yield fail(
                f"key {name}",
                "nowhere",
                f"a systemd credential, or a line of {home.root / '.env'}, mode 0600",
            )
        elif os.environ.get(name):
            yield warn(
                f"key {name}", "in the environment", "a systemd credential or .env: others can read this one"
            )
        else:
            yield ok(f"key {name}", "there, readable by its owner alone")


def check_disk(home: Home) -> CheckRow:
    """Return whether there is room to write for some days."""
    free = os.statvfs(home.root)
    available = free.f_bavail * free.f_frsize
    found = f"{available / 1024**3:.1f} GiB free"
    if available < LOW_DISK_BYTES:
        return fail("disk", found, "entries freeze below 200 MiB")
    return ok("disk", found) if available >= _PLENTY_BYTES else warn("disk", found, "2 GiB or more")


def check_channels(targets: Targets) -> Iterator[CheckRow]:
    """Yield whether each channel takes a test message."""
    if not targets.channels:
        yield skipped("notification", f"{ALERT_URLS} is not set")
    message = Message("trading-bot: pre-flight", "This is a test: alerts of the bot will arrive here.")
    for number, address in enumerate(targets.channels, start=1):
        try:
            channel = Channel(address)
        except BadAddress as error:
            yield fail(f"notification {number}", str(error), "see docs/live.md")
            continue
        taken = channel.tell(message)
        found = "took a test message" if taken else "did not take a test message"
        yield judged(
            f"notification {number} ({channel.kind})", found, fits=taken, wanted="see whether it arrived"
        )


def check_heartbeat(targets: Targets, clock: Clock) -> CheckRow:
    """Return whether the heartbeat's address answers."""
    if targets.heartbeat is None:
        return skipped("heartbeat", f"{HEARTBEAT_URL} is not set")
    client = heartbeat_client(clock, random.SystemRandom())
    try:
        client.get(targets.heartbeat)
    except NetError as error:
        return fail("heartbeat", f"not taken: {type(error).__name__}", "an address that answers GET")
    finally:
        client.close()
    return ok("heartbeat", "taken")


def check_home(home: Home) -> CheckRow:
    """Return what the home is bound to, if anything."""
    return note("home", f"{home.root}, {'bound' if home.identity.exists() else 'new'}")
