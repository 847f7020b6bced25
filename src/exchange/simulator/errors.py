"""What the paper exchange refuses.

SimulatorError
 +- Refused        a request understood and refused: a word in ``sendStatus`` and its kin
 +- BadCall        a request that was not understood: a word in the error envelope
 +- JournalGap     the journal lacks entries: the books cannot be rebuilt
 +- Unlisted       the account holds what this start does not list
 +- PortInUse      something else listens there
 +- UnknownMarket  a plan of faults names a market that does not trade here
 +- UpstreamUnreachable  the venue whose market is passed on does not answer
 +- UpstreamChanged      that venue has changed the terms of a contract: only a new start can take them over
"""


class SimulatorError(Exception):
    """Anything that the paper exchange says no to."""


class Refused(SimulatorError):
    """A request understood and refused; its text is the venue's word."""

    def __init__(self, word: str, *, reject: str | None = None) -> None:
        super().__init__(word)
        self.word = word
        self.reject = reject
        """The reason inside a REJECT event; None for a bare refusal."""


class BadCall(SimulatorError):
    """A request that was not understood; its text is the venue's word."""


class JournalGap(SimulatorError):
    """The journal lacks entries between the snapshot and its end."""


class PortInUse(SimulatorError):
    """The port is taken by another program."""


class Unlisted(SimulatorError):
    """The account holds a position or an order in a contract that this start does not list."""


class UnknownMarket(SimulatorError):
    """A plan of faults names a market that does not trade here."""


class UpstreamUnreachable(SimulatorError):
    """The venue whose market is passed on gave no usable answer."""


class UpstreamChanged(SimulatorError):
    """A contract of the venue is not any more what it was when the exchange started."""
