"""How a check answers that has only so much room for a trade."""

from src.gates.base import PASS, at_most
from src.records.decisions import Verdict
from src.records.enums import Ruling


def fit(check: str, own_usd: float, others_usd: float, *, equity_usd: float, limit_share: float) -> Verdict:
    """Return PASS where both together stay within the share of equity, RESIZE to the room left, BLOCK without any."""
    share = (others_usd + own_usd) / equity_usd
    whole = at_most(check, share, limit_share, unit="share_of_equity", reason="no_room")
    room = limit_share * equity_usd - others_usd
    if whole.ruling is PASS or room <= 0:
        return whole
    return Verdict(
        check=check,
        ruling=Ruling.RESIZE,
        measured=share,
        required=limit_share,
        unit="share_of_equity",
        reason="resized_to_room",
        size_factor=min(1.0, room / own_usd),
    )
