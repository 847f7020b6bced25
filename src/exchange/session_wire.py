"""What a session with a venue speaks through: one question, one raw answer."""

from collections.abc import Mapping
from typing import Literal, Protocol

HistoryEndpoint = Literal["account-log", "history/orders", "history/triggers"]
"""What is asked of the history service, which has a budget and a shape of answers of its own."""

Endpoint = (
    Literal[
        "instruments",
        "ticker",
        "accounts",
        "openorders",
        "openpositions",
        "orders/status",
        "fills",
        "leveragepreferences",
        "setleverage",
        "sendorder",
        "cancelorder",
    ]
    | HistoryEndpoint
)
"""What the bot asks, by the venue's own words; ``setleverage`` is a PUT of ``leveragepreferences``."""


class Wire(Protocol):
    """A way to a venue that speaks Kraken Futures' protocol: one attempt a question."""

    def call(self, endpoint: Endpoint, params: Mapping[str, str]) -> object:
        """Return the parsed body of an answer.

        Raises:
            NoAnswer: there was none, or a refusal; its cause is what went wrong underneath.
        """

    def refusal(self) -> str | None:
        """Return the body of the newest answer, complete or not, as it came; None where none came."""

    def status(self) -> int | None:
        """Return the HTTP status of the newest answer; None where none came or there is no HTTP."""

    def close(self) -> None:
        """Give back the connections."""
