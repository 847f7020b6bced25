"""What can go wrong with the house.

SupervisionError
└── ExchangeNotReached
"""


class SupervisionError(Exception):
    """Something of the house failed."""


class ExchangeNotReached(SupervisionError):
    """The exchange did not answer at the start."""
