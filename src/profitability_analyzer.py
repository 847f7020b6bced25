"""What signals have brought, by direction, strategy, regime, hour and conviction; for reading, not for acting."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from src.gates.score import LEVELS
from src.learning.blocks import Blocks, Mask, standard_error
from src.learning.evidence import DISPOSITIONS, REGIMES, STRATEGIES, Evidence
from src.records.enums import Direction, Disposition
from src.records.learning import DailyLearningRules, PatternRule
from src.records.policies import HOUR_BUCKETS

_DAY_S = 86400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Profitability:
    """The counterfactual and the real results of a lookback."""

    margins: tuple[PatternRule, ...]
    """One a direction, strategy, regime, hour bucket and conviction."""
    profitable: tuple[PatternRule, ...]
    """Combinations of strategy, direction and regime that gained over the last day, best first."""
    losing: tuple[PatternRule, ...]
    executed: int
    blocked: int
    """Blocked signals with a measured outcome."""
    blocks: int

    def daily_rules(self, ts: float, cycle_id: str) -> DailyLearningRules:
        """Return the last day's patterns as the document that a human reads."""
        return DailyLearningRules(ts=ts, cycle_id=cycle_id, profitable=self.profitable, losing=self.losing)

    def headline(self) -> str:
        """Return the number of blocks, and what directions and strategies brought."""
        shown = [rule for rule in self.margins if rule.pattern.startswith(("direction=", "strategy="))]
        words = [f"{rule.pattern.partition('=')[2]} {rule.mean_net_bps:+.1f} bps" for rule in shown]
        return f"{self.blocks} blocks: {', '.join(words) or 'nothing resolved'}"


class ProfitabilityAnalyzer:
    """Sums up what a lookback's signals brought, after costs; errors are over time blocks."""

    def __init__(self, *, minimum_signals: int) -> None:
        self._minimum_signals = minimum_signals

    def analyze(self, evidence: Evidence, now: float) -> Profitability:
        """Return the results of a lookback, and the patterns of its last day."""
        blocks = Blocks(evidence.block)
        known = np.isfinite(evidence.net)
        lately = known & (evidence.ts > now - _DAY_S)
        margins = [
            rule
            for name, mask in _margins(evidence)
            if (rule := _rule(name, evidence, mask & known, blocks)) is not None
        ]
        patterns = [
            rule
            for name, mask in _combinations(evidence)
            if (rule := _rule(name, evidence, mask & lately, blocks)) is not None
            and rule.signals >= self._minimum_signals
        ]
        blocked = evidence.disposition == DISPOSITIONS.index(Disposition.BLOCKED)
        patterns.sort(key=lambda rule: (-rule.mean_net_bps, rule.pattern))
        return Profitability(
            margins=tuple(margins),
            profitable=tuple(rule for rule in patterns if rule.mean_net_bps > 0),
            losing=tuple(rule for rule in reversed(patterns) if rule.mean_net_bps <= 0),
            executed=int(np.isfinite(evidence.executed).sum()),
            blocked=int((blocked & known).sum()),
            blocks=len(blocks),
        )


def _rule(name: str, evidence: Evidence, mask: Mask, blocks: Blocks) -> PatternRule | None:
    sums = blocks.sums(evidence.net, mask)
    if not sums.signals:
        return None
    return PatternRule(
        pattern=name,
        signals=sums.signals,
        blocks=sums.active,
        mean_net_bps=float(np.sum(sums.sums)) / sums.signals,
        standard_error_bps=standard_error(sums),
        win_rate=float(np.mean(evidence.net[mask] > 0)),
    )


def _margins(evidence: Evidence) -> Iterator[tuple[str, Mask]]:
    for direction in Direction:
        yield f"direction={direction.value}", evidence.direction == direction.sign
    for code, strategy in enumerate(STRATEGIES):
        yield f"strategy={strategy.value}", evidence.strategy == code
    for code, regime in enumerate(REGIMES):
        yield f"regime={regime.value}", evidence.regime == code
    hours = np.floor(evidence.ts % 86400 / 14400)
    for place, bucket in enumerate(HOUR_BUCKETS):
        yield f"hour={bucket}", hours == place
    above = float("inf")
    for lowest, conviction in (*LEVELS, (float("-inf"), "MINIMUM")):
        yield f"conviction={conviction}", (evidence.score >= lowest) & (evidence.score < above)
        above = lowest


def _combinations(evidence: Evidence) -> Iterator[tuple[str, Mask]]:
    for strategy_code, strategy in enumerate(STRATEGIES):
        for direction in Direction:
            same = (evidence.strategy == strategy_code) & (evidence.direction == direction.sign)
            for regime_code, regime in enumerate(REGIMES):
                name = f"strategy={strategy.value}|direction={direction.value}|regime={regime.value}"
                yield name, same & (evidence.regime == regime_code)
