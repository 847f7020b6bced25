"""What can be wrong with a market that was asked for.

ValueError
  MarketSpecError   the word, a symbol or a file is not as it should be: a usage error
    TapeError       a recording that cannot be replayed
    BarsError       bars that cannot be read, or are not what they should be
"""


class MarketSpecError(ValueError):
    """A market that cannot be made as it was asked for."""


class TapeError(MarketSpecError):
    """A recording that is missing, empty or broken, or has nothing of a symbol."""


class BarsError(MarketSpecError):
    """A file of bars that is missing, empty or broken, or has nothing of a symbol."""
