"""How orders leave: the intent on disk first, one attempt, and an answer that is yes, no or unknown."""

from dataclasses import dataclass
from decimal import Decimal

from src.records.orders import OrderState


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of an order that was sent."""

    cli_ord_id: str
    state: OrderState
    """ACKED or DONE (yes), REJECTED (no) or UNKNOWN."""
    word: str
    """The exchange's word."""
    filled: Decimal
    """Contracts that the answer says were executed."""
