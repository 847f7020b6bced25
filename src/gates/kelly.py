"""Does what such trades have brought justify this one, and how large a one?

A quarter of Kelly's share, shrunk by how uncertain the mean is: ``f = 0.25 k m / s^2`` with
``k = m^2 / (m^2 + SE^2)`` (Kelly 1956; shrinkage after Baker and McHale 2013), zero unless the mean's lower bound
``m - 1.645 SE`` is positive. Without evidence it is unknown, which is not zero.
"""

import msgspec

from src.gates.base import BLOCK, PASS, Candidate, GateContext, at_least, at_most, blocked, finite
from src.records.decisions import Verdict
from src.records.learning import KindEvidence
from src.records.policies import Switch

CHECK = "kelly"
QUARTER = 0.25
LOWER_QUANTILE = 1.645
"""Of the normal distribution: the mean lies above the bound in 95 of 100 cases."""
MINIMUM_BLOCKS = 12
"""Time blocks below which nothing is known."""


def lower_bound_bps(evidence: KindEvidence) -> float | None:
    """Return what the mean gain is at least, in bps; None where that is not known."""
    error = finite(evidence.standard_error_bps)
    if evidence.blocks < MINIMUM_BLOCKS or error is None or evidence.deviation_bps <= 0:
        return None
    return evidence.mean_bps - LOWER_QUANTILE * error


def kelly_share(evidence: KindEvidence) -> float | None:
    """Return the notional that is worth its risk, as a fraction of equity; None where nothing is known."""
    bound, error = lower_bound_bps(evidence), evidence.standard_error_bps
    if bound is None or error is None:
        return None
    if bound <= 0:
        return 0.0
    mean, deviation = evidence.mean_bps / 1e4, evidence.deviation_bps / 1e4
    shrinkage = evidence.mean_bps**2 / (evidence.mean_bps**2 + error**2)
    return QUARTER * shrinkage * mean / deviation**2


def share_of(kind: str, context: GateContext) -> float | None:
    """Return the share that a kind of trade is worth now; None where it is not known or not asked."""
    found = None if context.evidence is None else context.evidence.kinds.get(kind)
    return None if found is None else kelly_share(found)


def explores(kind: str, context: GateContext) -> bool:
    """Return whether a trade of this kind would be made to learn, at the smallest size."""
    return context.policies.kelly is Switch.ON and share_of(kind, context) is None


def check_kelly(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand a gain that is not luck; while nothing is known, that learning has not cost too much yet."""
    verdict = _known(candidate, context)
    if context.policies.kelly is Switch.OFF:
        return msgspec.structs.replace(verdict, ruling=PASS, reason="switched_off")
    return verdict


def _known(candidate: Candidate, context: GateContext) -> Verdict:
    evidence = None if context.evidence is None else context.evidence.kinds.get(candidate.kind)
    bound = None if evidence is None else lower_bound_bps(evidence)
    if bound is None:
        return _unknown(candidate, context)
    verdict = at_least(CHECK, bound, 0.0, unit="bps", reason="no_edge_in_evidence")
    if bound == 0:  # the size would be zero
        return msgspec.structs.replace(verdict, ruling=BLOCK, reason="no_edge_in_evidence")
    return verdict


def _unknown(candidate: Candidate, context: GateContext) -> Verdict:
    if not context.trades_without_evidence:
        return Verdict(
            check=CHECK,
            ruling=BLOCK,
            measured=candidate.proposal.usd,
            required=None,
            unit="usd",
            reason="shadow_without_evidence",
        )
    equity = finite(context.equity_usd)
    if equity is None or equity <= 0:
        return blocked(CHECK, unit="usd", reason="missing_equity")
    lost = max(0.0, -context.realised_usd.get(candidate.kind, 0.0))
    budget = context.policies.exploration_loss_share * equity
    verdict = at_most(CHECK, lost, budget, unit="usd", reason="exploration_budget_spent")
    return msgspec.structs.replace(verdict, reason="no_evidence_yet") if verdict.ruling is PASS else verdict
