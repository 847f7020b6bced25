"""What each component's vote weighs, learned from what following it would have brought."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from src.learning.evidence import Evidence
from src.learning.weights import HedgeRules, block_gains, clamped, gain_scores, hedge, rounded
from src.records.enums import COMPONENTS
from src.records.learning import DEFAULT_CYCLE, SignalWeights
from src.records.policies import Components
from src.store.document import DocumentFile
from src.store.paths import Home

_LEAST_MOVE = 0.005
"""Half the summed changes below which new weights are not worth a new version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightVerdict:
    """The weights that the evidence leads to."""

    weights: dict[str, float]
    reasons: dict[str, str]
    changed: bool
    reason: str
    signals: int
    blocks: int

    def document(self, ts: float, cycle_id: str) -> SignalWeights:
        """Return the weights as the gate reads them."""
        return SignalWeights(
            ts=ts,
            cycle_id=cycle_id,
            weights=self.weights,
            reasons=self.reasons,
            outcomes=self.signals,
            blocks=self.blocks,
        )


class SignalWeightLearner:
    """Moves the components' weights towards those whose votes were right, a clamped step a cycle."""

    def __init__(self, *, rules: HedgeRules, minimum_blocks: int) -> None:
        self._rules = rules
        self._minimum_blocks = minimum_blocks

    def learn(
        self, evidence: Evidence, *, current: Mapping[str, float], default: Mapping[str, float]
    ) -> WeightVerdict:
        """Return the next weights, or the present ones with the reason why they stay."""
        gains = block_gains(evidence)
        blocks = len(gains.centred)
        if blocks < self._minimum_blocks:
            reason = f"no evidence: {blocks} blocks of the {self._minimum_blocks} that it takes"
            return self._unchanged(current, reason, gains.signals, blocks)
        now = np.array([current[name] for name in COMPONENTS])
        target = hedge(gains, np.array([default[name] for name in COMPONENTS]), self._rules)
        weights = rounded(clamped(target, now, self._rules))
        move = sum(abs(weights[name] - current[name]) for name in COMPONENTS) / 2
        if move < _LEAST_MOVE:
            reason = f"no evidence: the weights would move by {move:.4f} of the whole"
            return self._unchanged(current, reason, gains.signals, blocks)
        scores, believed = gain_scores(gains, caution=self._rules.caution)
        reasons = {
            name: f"gain {total:+.2f} bps a block against the others, z {score:+.2f}; target {aim:.4f}"
            for name, total, score, aim in zip(
                COMPONENTS, gains.centred.mean(axis=0), scores, target, strict=True
            )
        }
        reason = f"hedge over {blocks} blocks; {believed:.0%} of it believed, caution {self._rules.caution:g}"
        return WeightVerdict(
            weights=weights,
            reasons=reasons,
            changed=True,
            reason=reason,
            signals=gains.signals,
            blocks=blocks,
        )

    def _unchanged(
        self, current: Mapping[str, float], reason: str, signals: int, blocks: int
    ) -> WeightVerdict:
        return WeightVerdict(
            weights=dict(current),
            reasons=dict.fromkeys(COMPONENTS, reason),
            changed=False,
            reason=reason,
            signals=signals,
            blocks=blocks,
        )


def default_weights(components: Components, ts: float) -> SignalWeights:
    """Return the weights of ``configs/components.json`` as a document, made to sum to 1."""
    total = sum(components.components[name].weight for name in COMPONENTS)
    values = np.array([components.components[name].weight / total for name in COMPONENTS])
    return SignalWeights(
        ts=ts,
        cycle_id=DEFAULT_CYCLE,
        weights=rounded(values),
        reasons=dict.fromkeys(COMPONENTS, "configs/components.json"),
        outcomes=0,
        blocks=0,
    )


def weights_file(home: Home) -> DocumentFile[SignalWeights]:
    """Return the document that the gate reads and only learning writes."""
    return DocumentFile(home.weights, SignalWeights, writer="learning", quarantine=home.quarantine)


def ensure_default_weights(home: Home, components: Components, ts: float) -> None:
    """Write the first weights of a home that has none; CorruptDocument where there are some that are broken."""
    file = weights_file(home)
    if file.read() is None:
        file.write(default_weights(components, ts))
