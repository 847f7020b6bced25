"""Does the trade add too much of the same bet?

Every symbol moves with the leader by its beta, so positions are added up as exposure to the leader. The
correlation of two symbols is the product of theirs with the leader (one common factor).
"""

from src.gates.base import PASS, Candidate, GateContext, at_most, blocked, finite
from src.records.decisions import Verdict
from src.records.enums import Direction, Ruling

CHECK = "correlation"
UNIT = "share_of_equity"


def check_correlation(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand room in the cluster and under the limit of beta-weighted exposure; resize to the room."""
    crowd = _cluster_count(candidate, context)
    if crowd is None:
        return blocked(CHECK, unit="positions", reason="missing_correlation")
    most = context.policies.max_positions_in_cluster
    if crowd + 1 > most:
        return at_most(CHECK, crowd + 1, most, unit="positions", reason="cluster_full")
    return _within_exposure(candidate, context)


def _cluster_count(candidate: Candidate, context: GateContext) -> int | None:
    signal = candidate.signal
    own = _correlation(signal.symbol, context)
    if own is None:
        return None
    count, clustered = 0, context.policies.cluster_correlation
    for exposure in context.exposures:
        if exposure.direction is not signal.direction:
            continue
        other = _correlation(exposure.symbol, context)
        if other is None:
            return None
        count += own * other >= clustered
    return count


def _within_exposure(candidate: Candidate, context: GateContext) -> Verdict:
    limit = context.policies.max_correlated_exposure_share
    equity = finite(context.equity_usd)
    if equity is None or equity <= 0:
        return blocked(CHECK, unit=UNIT, reason="missing_equity", required=limit)
    signal = candidate.signal
    own = _leader_exposure(signal.symbol, signal.direction, candidate.proposal.usd, context)
    same_way = None if own is None else _same_way(own, context)
    if own is None or same_way is None:
        return blocked(CHECK, unit=UNIT, reason="missing_exposure", required=limit)
    return _fit(abs(own), same_way, equity=equity, limit=limit)


def _same_way(own: float, context: GateContext) -> float | None:
    """Return the exposure to the leader that leans as ours does; None where one is not known."""
    total = 0.0
    for exposure in context.exposures:
        other = _leader_exposure(exposure.symbol, exposure.direction, exposure.notional_usd, context)
        if other is None:
            return None
        if other * own > 0:
            total += abs(other)
    return total


def _fit(own: float, same_way: float, *, equity: float, limit: float) -> Verdict:
    share = (same_way + own) / equity
    whole = at_most(CHECK, share, limit, unit=UNIT, reason="no_room")
    room = limit * equity - same_way
    if whole.ruling is PASS or room <= 0:
        return whole
    return Verdict(
        check=CHECK,
        ruling=Ruling.RESIZE,
        measured=share,
        required=limit,
        unit=UNIT,
        reason="resized_to_room",
        size_factor=min(1.0, room / own),
    )


def _leader_exposure(
    symbol: str, direction: Direction, notional_usd: float | None, context: GateContext
) -> float | None:
    beta = _beta(symbol, context)
    notional = finite(notional_usd)
    return None if beta is None or notional is None else direction.sign * beta * notional


def _beta(symbol: str, context: GateContext) -> float | None:
    if symbol == context.leader:
        return 1.0
    features = context.features_of(symbol)
    return None if features is None else finite(features.beta_with_leader)


def _correlation(symbol: str, context: GateContext) -> float | None:
    if symbol == context.leader:
        return 1.0
    features = context.features_of(symbol)
    return None if features is None else finite(features.correlation_with_leader)
