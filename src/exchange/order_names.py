"""Our names for orders: which home sent one, in which of its lives, and for what.

::

    tb abc xyz 4fq2m7kd3a
    |  |   |   hash of position, purpose and number: 50 bits
    |  |   epoch: one start of the home
    |  instance: the home
    this program
"""

import base64
import enum
import hashlib
import random
from dataclasses import dataclass

from src.records.enums import OrderPurpose

_PREFIX = "tb"
_LENGTH = 18
_MARK = 3
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
"""That of base32, lower case."""


class Whose(enum.Enum):
    """Who sent an order."""

    OURS = "OURS"
    COPY = "COPY"
    """A copy of this home, which trades elsewhere."""
    OTHER_HOME = "OTHER_HOME"
    """Another home of this program."""
    STRANGER = "STRANGER"


@dataclass(frozen=True, slots=True)
class OrderMark:
    """What an order's name says about its sender."""

    instance: str
    """Three characters, the home's for life."""
    epoch: str
    """Three characters, of one start of the home."""


def mark_of(cli_ord_id: str | None) -> OrderMark | None:
    """Return the mark in an order's name; None where it is no name of this program."""
    if cli_ord_id is None or len(cli_ord_id) != _LENGTH or not cli_ord_id.startswith(_PREFIX):
        return None
    begin = len(_PREFIX)
    return OrderMark(cli_ord_id[begin : begin + _MARK], cli_ord_id[begin + _MARK : begin + 2 * _MARK])


def client_order_id(mark: OrderMark, *, position_id: str, purpose: OrderPurpose, number: int) -> str:
    """Return the 18-character name of an order: a position's orders of one purpose are numbered from 0."""
    digest = hashlib.sha256(f"{position_id}|{purpose.value}|{number}".encode()).digest()
    name = _PREFIX + mark.instance + mark.epoch + base64.b32encode(digest).decode("ascii").lower()
    return name[:_LENGTH]


def new_epoch(rng: random.Random) -> str:
    """Return the epoch of a start of the home: one of 32,768."""
    return "".join(rng.choice(_ALPHABET) for _ in range(_MARK))
