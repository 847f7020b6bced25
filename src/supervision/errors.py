"""What can go wrong with the house.

SupervisionError
├── ExchangeNotReached
└── ExchangeRefused
"""


class SupervisionError(Exception):
    """Something of the house failed."""


class ExchangeNotReached(SupervisionError):
    """The exchange did not answer at the start."""


class ExchangeRefused(SupervisionError):
    """The paper exchange cannot carry the market that was asked for."""
