"""A situation as a record, and back: what the gate knew goes to the disk in a form that it can be asked in again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from src.gates.base import GateContext
from src.records.decisions import Decision
from src.records.features import Features
from src.records.gate_facts import Exposure, GateFacts
from src.records.learning import EdgeEvidence, SignalWeights
from src.records.policies import SignalPolicies

QUEUED = "entry_queued"


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesOfFacts:
    """The files that facts name by version."""

    policies: SignalPolicies
    weights: SignalWeights | None
    evidence: EdgeEvidence | None


def facts_of(context: GateContext) -> GateFacts:
    """Return what is not on file elsewhere of a context."""
    return GateFacts(
        ts=context.now,
        policies_version=context.policies_version,
        weights_version=context.weights_version,
        evidence_version=context.evidence_version,
        windows={symbol: window.ts for symbol, window in context.market.items()},
        costs=context.costs,
        leader=context.leader,
        equity_usd=context.equity_usd,
        exposures=context.exposures,
        last_trade_ts=dict(context.last_trade_ts),
        held=dict(context.held),
        freeze_reasons=context.freeze_reasons,
        unhealthy_workers=context.unhealthy_workers,
        lots=dict(context.lots),
        measured_costs=dict(context.measured_costs),
        realised_usd=dict(context.realised_usd),
        trades_without_evidence=context.trades_without_evidence,
    )


def context_of(facts: GateFacts, rules: RulesOfFacts, market: Mapping[str, Features]) -> GateContext:
    """Return the context that the facts were taken from; ``market`` are the windows that they name."""
    return GateContext(
        now=facts.ts,
        policies=rules.policies,
        policies_version=facts.policies_version,
        weights=rules.weights,
        weights_version=facts.weights_version,
        evidence=rules.evidence,
        evidence_version=facts.evidence_version,
        market=market,
        costs=facts.costs,
        leader=facts.leader,
        equity_usd=facts.equity_usd,
        exposures=facts.exposures,
        last_trade_ts=facts.last_trade_ts,
        held=facts.held,
        freeze_reasons=facts.freeze_reasons,
        unhealthy_workers=facts.unhealthy_workers,
        lots=facts.lots,
        measured_costs=facts.measured_costs,
        realised_usd=facts.realised_usd,
        trades_without_evidence=facts.trades_without_evidence,
    )


def with_entry(context: GateContext, decision: Decision) -> GateContext:
    """Return the context in which an entry that is on its way counts as a position."""
    entry = Exposure(
        symbol=decision.symbol,
        direction=decision.direction,
        notional_usd=decision.size_usd,
        stop_loss_usd=_stop_loss_usd(decision),
    )
    return replace(
        context,
        exposures=(*context.exposures, entry),
        held={**context.held, decision.symbol: context.held.get(decision.symbol, QUEUED)},
    )


def _stop_loss_usd(decision: Decision) -> float | None:
    for factor in decision.size_factors:
        if factor.name == "stop_bps":
            return decision.size_usd * factor.value / 1e4
    return None
