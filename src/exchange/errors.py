"""What can go wrong between the bot and its exchange.

::

    ExchangeFault
     +-- NoAnswer            a question was not answered completely; never to be read as "nothing there"
     |    +-- BudgetSpent    it was not even asked: the rate budget is used up for now
     +-- KeyOfAnotherAccount a new key does not open the account that is traded
     +-- WrongHost           the client would talk to another host than the mode allows
     +-- OrderRefused        the bot itself will not send this order; nothing was journalled or sent
"""


class ExchangeFault(Exception):
    """Anything that the border of the exchange raises."""


class NoAnswer(ExchangeFault):
    """A question was not answered completely."""


class BudgetSpent(NoAnswer):
    """The rate budget does not allow the request now."""


class WrongHost(ExchangeFault):
    """A URL of the client does not belong to the host of the mode."""


class KeyOfAnotherAccount(ExchangeFault):
    """A new key does not open the account that is traded."""


class OrderRefused(ExchangeFault):
    """The bot itself will not send this order."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word
        """A short word for why, e.g. ``frozen`` or ``position_open``."""
