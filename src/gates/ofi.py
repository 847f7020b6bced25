"""Is order flow as strong as policy asks?"""

from src.gates.base import Candidate, GateContext, at_least
from src.records.decisions import Verdict
from src.records.policies import OfiMeasure
from src.records.signals import Signal

ALIGNED = OfiMeasure.ALIGNED


def check_ofi(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that order flow is as strong as policy asks, and on the right side if it says so."""
    signal = candidate.signal
    measured = _measured(signal, context.policies.ofi_measure[signal.strategy])
    required = context.policies.ofi_requirement(signal.direction)
    return at_least("ofi", measured, required, unit="score", reason="below_requirement")


def _measured(signal: Signal, measure: OfiMeasure) -> float | None:
    if signal.ofi is None:
        return None
    return signal.direction.sign * signal.ofi if measure is ALIGNED else abs(signal.ofi)
