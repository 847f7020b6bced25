"""What each kind of trade has brought: the evidence behind the gate's Kelly size."""

import numpy as np

from src.learning.blocks import Blocks, standard_error
from src.learning.evidence import STRATEGIES, Evidence
from src.records.enums import Direction, Disposition
from src.records.learning import EdgeEvidence, KindEvidence, kind_of

JUDGEMENTS = frozenset({"prediction", "score", "ofi", "fees", "intelligence"})
"""The checks that judge a signal itself; the others refuse a state of the market, the account or the bot."""


def is_worthy(disposition: Disposition, blocked_by: tuple[str, ...]) -> bool:
    """Return whether the gate answered, and found nothing wrong with the signal itself."""
    return disposition is not Disposition.EXPIRED and JUDGEMENTS.isdisjoint(blocked_by)


def edge_evidence(evidence: Evidence, *, ts: float, cycle_id: str) -> EdgeEvidence:
    """Return what the worthy signals of a lookback have brought after costs, traded or not, by kind."""
    blocks = Blocks(evidence.block)
    counted = evidence.worthy & np.isfinite(evidence.net)
    kinds = {}
    for code, strategy in enumerate(STRATEGIES):
        for direction in Direction:
            mask = counted & (evidence.strategy == code) & (evidence.direction == direction.sign)
            if mask.any():
                kinds[kind_of(strategy, direction)] = _kind(evidence, mask, blocks)
    return EdgeEvidence(ts=ts, cycle_id=cycle_id, kinds=kinds)


def _kind(evidence: Evidence, mask: np.ndarray, blocks: Blocks) -> KindEvidence:
    sums, net = blocks.sums(evidence.net, mask), evidence.net[mask]
    return KindEvidence(
        signals=sums.signals,
        blocks=sums.active,
        mean_bps=float(net.mean()),
        deviation_bps=float(net.std(ddof=1)) if net.size > 1 else 0.0,
        standard_error_bps=standard_error(sums),
    )
