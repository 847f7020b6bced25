"""A notification channel: one address of apprise, told one message at a time."""

import logging
import warnings
from dataclasses import dataclass

import apprise

log = logging.getLogger(__name__)

_WITHIN_S = 10.0


class BadAddress(ValueError):
    """An address that apprise cannot use; the text does not show it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a person reads."""

    title: str
    text: str


class Channel:
    """Delivers to one address; every call is one attempt, and takes a few seconds where nobody answers."""

    def __init__(self, address: str) -> None:
        """Take an address, e.g. ``ntfys://topic``.

        Raises:
            BadAddress: it is none, or of no service that apprise knows.
        """
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines may show the address
        self._apprise = apprise.Apprise()
        self.kind = address.partition("://")[0][:20]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the services' own imports
            usable = self._apprise.add(address)
        if not usable:
            raise BadAddress(f"not an address that apprise can use (it begins {self.kind!r})")

    def tell(self, message: Message) -> bool:
        """Return whether the service took a message."""
        try:
            return bool(self._apprise.notify(body=message.text, title=message.title, timeout=_WITHIN_S))
        except Exception as error:  # noqa: BLE001 - a hundred services' code: whatever breaks, it was not delivered
            log.warning(
                "alert_channel_broke", extra={"facts": {"kind": self.kind, "error": type(error).__name__}}
            )
            return False
