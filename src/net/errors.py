"""What can go wrong on the way to another machine.

NetError
  NoAnswerError            nothing usable came back; whether the request arrived is not known
    DeadlineError  the answer was not complete in time
  BadStatusError           an answer with an HTTP status other than 2xx
  BadBodyError             an answer that is not what was asked for
    TooLargeError          a body beyond the cap
"""


class NetError(Exception):
    """Anything that keeps a usable answer from arriving."""


class NoAnswerError(NetError):
    """Nothing usable came back: refused, reset, cut off or never resolved."""


class DeadlineError(NoAnswerError):
    """The answer was not complete within the request's whole time."""


class BadStatusError(NetError):
    """The other side answered with an error status."""

    def __init__(self, status: int, excerpt: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"HTTP {status}: {excerpt}")
        self.status = status
        self.retry_after_s = retry_after_s


class BadBodyError(NetError):
    """The answer's body is not what was asked for."""


class TooLargeError(BadBodyError):
    """The body is larger than the cap."""
