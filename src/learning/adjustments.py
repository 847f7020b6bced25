"""Which policies the evidence would move, one step each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from src.learning.attribution import Estimate, estimate
from src.learning.family import Cell
from src.learning.max_t import Tested, draw_signs, judge_family
from src.learning.parameters import REQUIREMENTS, SIZES, Steps, table_of
from src.records.settings import LearningSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimRules:
    """How careful the test is; the two alphas are chances of one false claim or more in a cycle."""

    alpha_tighten: float
    alpha_loosen: float
    flips: int
    tau_bps: float
    seed: int

    @classmethod
    def of(cls, settings: LearningSettings, seed: int) -> Self:
        """Return the rules that a human set."""
        return cls(
            alpha_tighten=settings.alpha_tighten,
            alpha_loosen=settings.alpha_loosen,
            flips=settings.flips,
            tau_bps=settings.timing_prior_bps,
            seed=seed,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One claim about one policy, tested together with its family."""

    target: str
    cell: Cell
    direction: int
    """Which way the policy would move: +1 up, -1 down."""
    side: int
    """Which sign of the mean is claimed."""
    estimate: Estimate
    tested: Tested
    family_size: int

    @property
    def reason(self) -> str:
        """Return the claim in words, with its numbers."""
        sign = "loses" if self.side < 0 else "gains"
        return (
            f"{self.cell.name} {sign}: mean {self.estimate.mean_bps:+.2f} bps, "
            f"p {self.tested.p_value:.4f} over {self.family_size} claims"
        )


def judge_claims(cells: Mapping[str, Cell], rules: ClaimRules) -> list[Claim]:
    """Return every eligible claim with its verdict: tightenings and cuts first, then the opposite.

    Losses are not symmetric, so loosening is tested at its own, smaller alpha.
    """
    tighten = [(name, f"{name}:above", 1) for name in REQUIREMENTS] + [(name, name, -1) for name in SIZES]
    loosen = [(name, f"{name}:below", -1) for name in REQUIREMENTS] + [(name, name, 1) for name in SIZES]
    return [
        *_tested(cells, tighten, rules, side=-1, alpha=rules.alpha_tighten),
        *_tested(cells, loosen, rules, side=1, alpha=rules.alpha_loosen),
    ]


def proposals(claims: list[Claim]) -> dict[str, Claim]:
    """Return the claims that are acted on, one a policy: the stronger where two pull opposite ways.

    Of the sizes only one table moves in a cycle, that of the strongest claim: its cells share no signal, while
    the tables all share theirs, and one loss would be cut in each of them.
    """
    standing = sorted(
        (claim for claim in claims if claim.tested.rejected), key=lambda claim: -claim.tested.statistic
    )
    moving = next((table_of(claim.target) for claim in standing if claim.target in SIZES), None)
    found: dict[str, Claim] = {}
    for claim in standing:
        if claim.target in REQUIREMENTS or table_of(claim.target) == moving:
            found.setdefault(claim.target, claim)
    return found


def is_supported(
    name: str, value: float, base: float, cells: Mapping[str, Cell], *, tau_bps: float, least_z: float = 1.0
) -> bool:
    """Return whether the evidence still speaks for a value that is off its base.

    A raised requirement needs losses in the band that it shut out, a lowered one gains in the band that it
    let in; a cut size needs losses, a raised one gains: each by at least one standard error.
    """
    raised = value > base
    if name in REQUIREMENTS:
        cell, side = (cells[f"{name}:below"], -1) if raised else (cells[f"{name}:above"], 1)
    else:
        cell, side = cells[name], (1 if raised else -1)
    return cell.eligible and side * estimate(cell.sums, tau_bps=tau_bps).z >= least_z


def moved_value(claim: Claim, value: float, steps: Steps) -> float:
    """Return a policy's value after the claim moved it one step, within its bounds."""
    return steps.moved(claim.target, value, claim.direction)


def _tested(
    cells: Mapping[str, Cell],
    claims: list[tuple[str, str, int]],
    rules: ClaimRules,
    *,
    side: int,
    alpha: float,
) -> list[Claim]:
    eligible = [
        (target, cells[name], direction) for target, name, direction in claims if cells[name].eligible
    ]
    if not eligible:
        return []
    blocks = len(eligible[0][1].sums.residual.sums)
    signs = draw_signs(blocks, flips=rules.flips, seed=rules.seed)
    sums = [cell.sums for _, cell, _ in eligible]
    tested = judge_family(sums, signs, side=side, alpha=alpha, tau_bps=rules.tau_bps)
    return [
        Claim(
            target=target,
            cell=cell,
            direction=direction,
            side=side,
            estimate=estimate(cell.sums, tau_bps=rules.tau_bps),
            tested=verdict,
            family_size=len(claims),
        )
        for (target, cell, direction), verdict in zip(eligible, tested, strict=True)
    ]
