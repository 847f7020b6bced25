"""The fixed family of sets of signals about which a cycle makes claims."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from src.learning.attribution import Attributed
from src.learning.blocks import Blocks, Mask
from src.learning.evidence import REGIMES, STRATEGIES, Evidence, Floats, Places
from src.learning.parameters import REQUIREMENTS, SIZES, table_of, values_of
from src.records.enums import Direction
from src.records.policies import HOUR_BUCKETS, OfiMeasure, SignalPolicies

BAND = 0.10
"""Width of the bands just above and just below a requirement."""
REGIME_EPISODES = 3
"""Separate stays in a regime below which nothing is claimed of it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A set of signals and what it earned."""

    name: str
    """E.g. ``long_ofi_requirement:above`` or ``strategy_sizes.OFI``."""
    sums: Attributed
    eligible: bool
    """There is enough of it to claim anything."""

    @property
    def signals(self) -> int:
        """Return how many signals are in it."""
        return self.sums.residual.signals

    @property
    def active(self) -> int:
        """Return in how many time blocks it has any."""
        return self.sums.residual.active


@dataclass(frozen=True, kw_only=True, slots=True)
class Eligibility:
    """What there must be before a claim is tested."""

    blocks: int
    signals: int


def measured_flow(evidence: Evidence, policies: SignalPolicies) -> Floats:
    """Return each signal's order flow as its strategy's policy reads it; nan where it is not known."""
    aligned_codes = [
        code for code, each in enumerate(STRATEGIES) if policies.ofi_measure[each] is OfiMeasure.ALIGNED
    ]
    aligned = np.isin(evidence.strategy, aligned_codes)
    return np.where(aligned, evidence.direction * evidence.ofi, np.abs(evidence.ofi))


def passes(evidence: Evidence, policies: SignalPolicies) -> Mask:
    """Return which signals meet the order-flow requirement in force."""
    required = np.where(evidence.direction > 0, policies.long_ofi_requirement, policies.short_ofi_requirement)
    return np.asarray(measured_flow(evidence, policies) >= required)


def missed_opportunities(evidence: Evidence, policies: SignalPolicies) -> int:
    """Return how many signals stayed below the requirement and would have won after costs."""
    return int(np.count_nonzero(~passes(evidence, policies) & (evidence.net > 0)))


def build_family(
    evidence: Evidence, policies: SignalPolicies, *, shift_bps: float, eligibility: Eligibility
) -> dict[str, Cell]:
    """Return every set of the family by name: two bands a requirement, one cell a size.

    Sizes are judged on the signals that meet the requirement in force, each weighted by what the other size
    tables leave of it: what does not trade, or hardly does, is no reason to cut something else.
    """
    gain = evidence.net + shift_bps
    timing = evidence.direction * evidence.market
    known = np.isfinite(gain) & np.isfinite(timing)
    residual = gain - timing
    blocks, sizes, values = Blocks(evidence.block), _size_masks(evidence), values_of(policies)
    stays = _stays(evidence)
    cells: dict[str, Cell] = {}
    for name, mask in _masks(evidence, policies, sizes).items():
        inside = mask & known
        weights = _other_sizes(sizes, values, name) if name in SIZES else None
        part = blocks.part(inside, weights)
        sums = Attributed(part.sums(residual), part.sums(timing))
        enough = sums.residual.active >= eligibility.blocks and sums.residual.signals >= eligibility.signals
        if enough and name.startswith("regime_sizes."):
            enough = _episodes(stays, inside) >= REGIME_EPISODES
        cells[name] = Cell(name, sums, enough)
    return cells


def _masks(evidence: Evidence, policies: SignalPolicies, sizes: Mapping[str, Mask]) -> dict[str, Mask]:
    flow = measured_flow(evidence, policies)
    masks: dict[str, Mask] = {}
    for name, direction in REQUIREMENTS.items():
        required = policies.ofi_requirement(direction)
        same = evidence.direction == direction.sign
        masks[f"{name}:above"] = same & (flow >= required) & (flow < required + BAND)
        masks[f"{name}:below"] = same & (flow < required) & (flow >= required - BAND)
    trading = passes(evidence, policies)
    for name in SIZES:
        masks[name] = trading & sizes[name]
    return masks


def _other_sizes(sizes: Mapping[str, Mask], values: Mapping[str, float], name: str) -> Floats | None:
    """Return each signal's size factor without the table that a policy is in; None where all are 1."""
    others = [other for other in SIZES if table_of(other) != table_of(name) and values[other] != 1.0]
    if not others:
        return None
    weights = np.ones(len(sizes[name]))
    for other in others:
        weights[sizes[other]] *= values[other]
    return weights


def _size_masks(evidence: Evidence) -> dict[str, Mask]:
    """Return which signals each size is for."""
    found: dict[str, Mask] = {}
    for direction in Direction:
        found[f"direction_sizes.{direction.value}"] = evidence.direction == direction.sign
    for code, strategy in enumerate(STRATEGIES):
        found[f"strategy_sizes.{strategy.value}"] = evidence.strategy == code
    for code, regime in enumerate(REGIMES):
        found[f"regime_sizes.{regime.value}"] = evidence.regime == code
    hours = np.floor(evidence.ts % 86400 / 14400).astype(np.int8)
    for place, bucket in enumerate(HOUR_BUCKETS):
        found[f"hour_sizes.{bucket}"] = hours == place
    return found


def _stays(evidence: Evidence) -> Places:
    """Return the number of the stay of its symbol in its regime that each signal belongs to."""
    order = np.argsort(evidence.symbol.astype(np.int16), kind="stable")
    symbol, regime = evidence.symbol[order], evidence.regime[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (symbol[1:] != symbol[:-1]) | (regime[1:] != regime[:-1])
    stays = np.empty(len(order), dtype=np.int64)
    stays[order] = np.cumsum(begins)
    return stays


def _episodes(stays: Places, inside: Mask) -> int:
    """Return how many separate stays in its regime, over all symbols, a set of signals comes from."""
    return int(np.count_nonzero(np.bincount(stays[inside])))
