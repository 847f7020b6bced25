"""The policies that learning may move, by their dotted names in ``configs/signal_policies.json``."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from src.records.enums import Direction, Regime, Strategy
from src.records.policies import HOUR_BUCKETS, SignalPolicies

REQUIREMENT_BOUNDS = (0.20, 0.90)
SIZE_BOUNDS = (0.0, 1.5)
REQUIREMENTS: dict[str, Direction] = {
    "long_ofi_requirement": Direction.LONG,
    "short_ofi_requirement": Direction.SHORT,
}
SIZES: tuple[str, ...] = (
    *(f"direction_sizes.{direction.value}" for direction in Direction),
    *(f"strategy_sizes.{strategy.value}" for strategy in Strategy),
    *(f"regime_sizes.{regime.value}" for regime in Regime),
    *(f"hour_sizes.{bucket}" for bucket in HOUR_BUCKETS),
)
LEARNABLE: tuple[str, ...] = (*REQUIREMENTS, *SIZES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """How far one cycle may move a policy."""

    requirement: float
    size: float

    def moved(self, name: str, value: float, direction: int) -> float:
        """Return a value one step up or down, within the bounds of its policy."""
        low, high = REQUIREMENT_BOUNDS if name in REQUIREMENTS else SIZE_BOUNDS
        return round(min(high, max(low, value + direction * self._of(name))), 6)

    def towards(self, name: str, value: float, base: float) -> float:
        """Return a value at most one step nearer to its base."""
        step = self._of(name)
        return round(base if abs(value - base) <= step else value + (step if base > value else -step), 6)

    def _of(self, name: str) -> float:
        return self.requirement if name in REQUIREMENTS else self.size


def values_of(policies: SignalPolicies) -> dict[str, float]:
    """Return every learnable policy's value by name."""
    sizes: dict[str, Mapping[str, float]] = {
        "direction_sizes": {key.value: size for key, size in policies.direction_sizes.items()},
        "strategy_sizes": {key.value: size for key, size in policies.strategy_sizes.items()},
        "regime_sizes": {key.value: size for key, size in policies.regime_sizes.items()},
        "hour_sizes": policies.hour_sizes,
    }
    values = {name: policies.ofi_requirement(direction) for name, direction in REQUIREMENTS.items()}
    for name in SIZES:
        table, _, key = name.partition(".")
        values[name] = sizes[table][key]
    return values


def table_of(name: str) -> str:
    """Return the table that a policy stands in, or its own name."""
    return name.partition(".")[0]


def is_pinned(name: str, pinned: Collection[str]) -> bool:
    """Return whether a human pinned a policy, by its own name or by that of its table."""
    return name in pinned or table_of(name) in pinned
