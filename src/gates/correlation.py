"""Does the trade add too much of the same bet?

In its cluster: positions of its direction whose hourly returns correlate with its own, by number and by notional.
In total: every symbol moves with the leader by its beta, so positions are added up as exposure to the leader.
Positions that lean the other way make no room: a hedge holds only as long as the correlation does.
"""

import msgspec

from src.gates.base import PASS, Candidate, GateContext, at_most, blocked, finite
from src.gates.room import fit
from src.records.decisions import Verdict
from src.records.enums import Direction, Ruling
from src.records.gate_facts import Exposure

CHECK = "correlation"
UNIT = "share_of_equity"


def check_correlation(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand room in the cluster and under the limit of beta-weighted exposure; resize to the smaller room."""
    cluster = _cluster(candidate, context)
    if cluster is None:
        return blocked(CHECK, unit="positions", reason="missing_correlation")
    most = context.policies.max_positions_in_cluster
    if len(cluster) + 1 > most:
        return at_most(CHECK, len(cluster) + 1, most, unit="positions", reason="cluster_full")
    equity = finite(context.equity_usd)
    if equity is None or equity <= 0:
        return blocked(CHECK, unit=UNIT, reason="missing_equity")
    return _stricter(
        _within_cluster(candidate, cluster, context, equity=equity),
        _within_exposure(candidate, context, equity=equity),
    )


def _cluster(candidate: Candidate, context: GateContext) -> list[Exposure] | None:
    """Return the positions of the candidate's direction that move as it does; None where that is not known."""
    signal, clustered = candidate.signal, context.policies.cluster_correlation
    found = []
    for exposure in context.exposures:
        if exposure.direction is not signal.direction:
            continue
        correlation = _correlation(signal.symbol, exposure.symbol, context)
        if correlation is None:
            return None
        if correlation >= clustered:
            found.append(exposure)
    return found


def _within_cluster(
    candidate: Candidate, cluster: list[Exposure], context: GateContext, *, equity: float
) -> Verdict:
    limit = context.policies.max_cluster_exposure_share
    own, others = finite(candidate.proposal.usd), 0.0
    for exposure in cluster:
        notional = finite(exposure.notional_usd)
        if notional is None:
            return blocked(CHECK, unit=UNIT, reason="missing_exposure", required=limit)
        others += notional
    if own is None:
        return blocked(CHECK, unit=UNIT, reason="missing_exposure", required=limit)
    verdict = fit(CHECK, own, others, equity_usd=equity, limit_share=limit)
    if verdict.ruling is PASS:
        return verdict
    return msgspec.structs.replace(verdict, reason=f"cluster_{verdict.reason}")


def _within_exposure(candidate: Candidate, context: GateContext, *, equity: float) -> Verdict:
    limit = context.policies.max_correlated_exposure_share
    signal = candidate.signal
    own = _leader_exposure(signal.symbol, signal.direction, candidate.proposal.usd, context)
    same_way = None if own is None else _same_way(own, context)
    if own is None or same_way is None:
        return blocked(CHECK, unit=UNIT, reason="missing_exposure", required=limit)
    return fit(CHECK, abs(own), same_way, equity_usd=equity, limit_share=limit)


def _stricter(first: Verdict, second: Verdict) -> Verdict:
    """Return the verdict that leaves less; the second where both leave the same."""
    return min((second, first), key=lambda verdict: (verdict.ruling is not Ruling.BLOCK, verdict.size_factor))


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


def _correlation(symbol: str, other: str, context: GateContext) -> float | None:
    """Return how two symbols' hourly returns correlate, shrunk to the average of all; None where not known."""
    if symbol == other:
        return 1.0
    features = context.features_of(symbol)
    return None if features is None else finite(features.correlations.get(other))
