"""Working a decision out again from its signal, its weights and its policies, as far as they are on record."""

import math
from collections.abc import Callable, Iterator, Mapping

from src.audit.claims import POLICY, SCORE, SIZE
from src.audit.findings import Findings, Spot
from src.gates.score import conviction_of, score_of
from src.gates.size import (
    BASE_USD,
    KELLY_USD,
    MAX_POSITION_USD,
    ROOM_USD,
    SMALLEST_USD,
    STOP_BPS,
    stop_distance_bps,
)
from src.records.decisions import Decision, Verdict
from src.records.enums import Ruling
from src.records.learning import SignalWeights
from src.records.policies import OfiMeasure, SignalPolicies, hour_bucket
from src.records.signals import Signal

EQUITY_CHECK = "pre_entry.equity"
HOURS_CHECK = "pre_entry.hours"
MULTIPLIERS = ("conviction", "strategy", "direction", "regime", "hour", "ensemble")
CAPS = (MAX_POSITION_USD, ROOM_USD, KELLY_USD, SMALLEST_USD)
ROUNDING = 1e-9
"""How far a size may lie above its formula for the way floats round."""

Required = Callable[[Decision, SignalPolicies], tuple[float, ...]]

REQUIRED: dict[tuple[str, str], Required] = {
    ("ofi", "score"): lambda decision, policies: (policies.ofi_requirement(decision.direction),),
    ("correlation", "positions"): lambda _, policies: (policies.max_positions_in_cluster,),
    ("correlation", "share_of_equity"): lambda _, policies: (
        policies.max_correlated_exposure_share,
        policies.max_cluster_exposure_share,
    ),
    ("intelligence", "score"): lambda _, policies: (-policies.intelligence_conflict,),
    ("intelligence", "inputs"): lambda _, policies: (policies.intelligence_minimum_inputs,),
    ("pre_entry.coverage", "components"): lambda _, policies: (policies.minimum_coverage,),
    ("pre_entry.spread", "bps"): lambda _, policies: (policies.max_spread_bps,),
    ("pre_entry.cooldown", "s"): lambda _, policies: (policies.cooldown_s,),
    ("pre_entry.positions", "positions"): lambda _, policies: (policies.max_open_positions,),
    ("pre_entry.exposure", "share_of_equity"): lambda _, policies: (policies.max_exposure_share,),
    ("risk.stops", "share_of_equity"): lambda _, policies: (policies.max_stop_risk_share,),
    ("risk.gap", "share_of_equity"): lambda _, policies: (policies.max_gap_loss_share,),
}
"""By check and unit: what the policies may require, where nothing else goes into it."""


def check_score(
    decision: Decision, signal: Signal, weights: SignalWeights, findings: Findings, spot: Spot
) -> None:
    """Prove or refute the score and its conviction, bit for bit."""
    score = score_of(signal, weights)
    if findings.same(SCORE, spot, what="score", expected=score, found=decision.score):
        findings.same(
            SCORE, spot, what="conviction", expected=conviction_of(score), found=decision.conviction
        )


def check_size(decision: Decision, findings: Findings, spot: Spot) -> None:
    """Prove or refute that the size is within its own factors, and that of a blocked decision is none."""
    if not decision.should_trade:
        findings.same(SIZE, spot, what="size of a blocked decision", expected=0.0, found=decision.size_usd)
        return
    verdict = next((each for each in decision.verdicts if each.check == "size"), None)
    if verdict is not None:
        findings.same(SIZE, spot, what="size_usd", expected=verdict.measured, found=decision.size_usd)
    factors = {factor.name: factor.value for factor in decision.size_factors}
    resizes = {each.check: each.size_factor for each in decision.verdicts if each.size_factor != 1.0}
    unknown = factors.keys() - {STOP_BPS, BASE_USD, *MULTIPLIERS, *CAPS} - resizes.keys()
    if unknown or BASE_USD not in factors:
        findings.leave_open(SIZE, f"factors that this program does not know: {', '.join(sorted(unknown))}")
        return
    most = _most_usd(factors, resizes)
    if decision.size_usd > most * (1 + ROUNDING):
        findings.refute(SIZE, spot, expected=f"at most {most} USD by the factors", found=decision.size_usd)
    else:
        findings.prove(SIZE)


def _most_usd(factors: Mapping[str, float], resizes: Mapping[str, float]) -> float:
    wanted = factors[BASE_USD] * math.prod([factors[name] for name in MULTIPLIERS if name in factors])
    capped = min([wanted, *(factors[name] for name in CAPS if name in factors)])
    return capped * math.prod(resizes.values())


def policy_faults(decision: Decision, signal: Signal, policies: SignalPolicies) -> Iterator[tuple[str, str]]:
    """Return, as expected and found, each number of a decision that the policies and the signal contradict."""
    for verdict in decision.verdicts:
        yield from _required_faults(verdict, decision, policies)
        yield from _measured_faults(verdict, decision, signal, policies)
        if verdict.check == HOURS_CHECK:
            yield from _hours_faults(verdict, signal, policies)
    yield from _factor_faults(decision, signal, policies)


def check_policy(
    decision: Decision, signal: Signal, policies: SignalPolicies, findings: Findings, spot: Spot
) -> None:
    """Prove or refute that a decision required what the policies require."""
    faults = list(policy_faults(decision, signal, policies))
    for expected, found in faults:
        findings.refute(POLICY, spot, expected=expected, found=found)
    if not faults:
        findings.prove(POLICY)


def _required_faults(
    verdict: Verdict, decision: Decision, policies: SignalPolicies
) -> Iterator[tuple[str, str]]:
    rule = REQUIRED.get((verdict.check, verdict.unit))
    if rule is None or verdict.required is None:
        return
    wanted = [float(each) for each in rule(decision, policies)]
    if verdict.required not in wanted:
        yield f"{verdict.check} requires {wanted[0]} {verdict.unit}", f"{verdict.required}"


def _measured_faults(
    verdict: Verdict, decision: Decision, signal: Signal, policies: SignalPolicies
) -> Iterator[tuple[str, str]]:
    known: dict[str, float | None] = {
        "prediction": decision.win_probability,
        "score": decision.score,
        "ofi": _ofi(signal, policies),
        "fees": decision.expected_edge_bps,
        "pre_entry.coverage": float(signal.coverage),
        "pre_entry.age": decision.ts - signal.ts,
    }
    if verdict.measured is None or verdict.check not in known:
        return
    wanted = known[verdict.check]
    if verdict.measured != wanted:
        yield f"{verdict.check} measures {wanted} {verdict.unit}", f"{verdict.measured}"


def _hours_faults(verdict: Verdict, signal: Signal, policies: SignalPolicies) -> Iterator[tuple[str, str]]:
    opens, closes = policies.trading_hours_utc
    hour = signal.ts % 86_400 / 3_600
    inside = opens <= hour < closes if opens <= closes else hour >= opens or hour < closes
    wanted = Ruling.PASS if inside else Ruling.BLOCK
    if verdict.ruling not in {wanted, Ruling.ERROR}:
        yield f"{HOURS_CHECK} {wanted.value} at {hour:.2f} h", verdict.ruling.value


def _ofi(signal: Signal, policies: SignalPolicies) -> float | None:
    if signal.ofi is None:
        return None
    aligned = policies.ofi_measure[signal.strategy] is OfiMeasure.ALIGNED
    return signal.direction.sign * signal.ofi if aligned else abs(signal.ofi)


def _factor_faults(decision: Decision, signal: Signal, policies: SignalPolicies) -> Iterator[tuple[str, str]]:
    wanted = {
        STOP_BPS: stop_distance_bps(signal, policies),
        "conviction": policies.conviction_sizes[decision.conviction],
        "strategy": policies.strategy_sizes[signal.strategy],
        "direction": policies.direction_sizes[signal.direction],
        "regime": None if signal.regime is None else policies.regime_sizes[signal.regime],
        "hour": policies.hour_sizes[hour_bucket(signal.ts)],
        MAX_POSITION_USD: policies.max_position_usd,
        BASE_USD: _base_usd(decision, signal, policies),
    }
    for factor in decision.size_factors:
        if factor.name in wanted and wanted[factor.name] != factor.value:
            yield f"factor {factor.name} of {wanted[factor.name]}", f"{factor.value}"


def _base_usd(decision: Decision, signal: Signal, policies: SignalPolicies) -> float | None:
    """Return the size at which the stop costs the risk of a trade, by the equity that the gate measured."""
    stop_bps = stop_distance_bps(signal, policies)
    equity = next((each.measured for each in decision.verdicts if each.check == EQUITY_CHECK), None)
    if stop_bps is None or equity is None:
        return None
    return equity * policies.risk_per_trade_share / (stop_bps / 1e4)
