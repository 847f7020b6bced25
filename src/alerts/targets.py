"""Where alerts and heartbeats go: addresses that are secrets, because whoever has one can speak in our name."""

import hashlib
from dataclasses import dataclass, field

from src.store.paths import Home
from src.store.secrets import peek_secret, read_secret

ALERT_URLS = "TRADING_BOT_ALERT_URLS"
"""Addresses of apprise, separated by blanks, e.g. ``ntfys://my-topic mailto://user:pass@mail.example``."""
HEARTBEAT_URL = "TRADING_BOT_HEARTBEAT_URL"
"""What is fetched after work was done, e.g. of healthchecks.io."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Who is told; its text shows no secret."""

    channels: tuple[str, ...] = field(default=(), repr=False)
    heartbeat: str | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        """Return whether anybody is told anything."""
        return bool(self.channels or self.heartbeat)

    @property
    def fingerprint(self) -> str:
        """Return a hash of the addresses."""
        text = "\n".join((*self.channels, "", self.heartbeat or ""))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def secrets(self) -> tuple[str, ...]:
        """Return what must stand in no message."""
        return (*self.channels, *((self.heartbeat,) if self.heartbeat else ()))


def read_targets(home: Home) -> Targets:
    """Return the targets of a home: from systemd's credentials, its ``.env``, or the environment.

    Raises:
        SecretFileExposed: ``.env`` is not ours alone.
    """
    return _targets(read_secret(ALERT_URLS, home), read_secret(HEARTBEAT_URL, home))


def peek_targets(home: Home) -> Targets:
    """Return the same; the environment keeps them."""
    return _targets(peek_secret(ALERT_URLS, home), peek_secret(HEARTBEAT_URL, home))


def _targets(channels: str | None, heartbeat: str | None) -> Targets:
    return Targets(tuple((channels or "").split()), heartbeat or None)
