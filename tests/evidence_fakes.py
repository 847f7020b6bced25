"""Made-up weeks of resolved signals with a known truth."""

from collections.abc import Callable, Iterable

import msgspec
import numpy as np

from src.learning.evidence import Evidence, LearningRow, Lookback
from src.learning.evidence_memory import collect
from src.records.enums import COMPONENTS, HORIZONS_S, Direction, Disposition, Regime, Strategy
from src.records.outcomes import EnrichedDecision, Execution
from src.records.signals import signal_id


def make_row(
    *,
    ts: float,
    symbol: str = "PF_ETHUSD",
    strategy: Strategy = Strategy.OFI,
    direction: Direction = Direction.LONG,
    ofi: float = 0.55,
    net: float | None = 0.0,
    market: float = 0.0,
    votes: dict[str, int] | None = None,
    regime: Regime | None = Regime.QUIET_UP,
    disposition: Disposition = Disposition.BLOCKED,
    executed: float | None = None,
) -> EnrichedDecision:
    execution = None
    if executed is not None:
        execution = Execution(
            opened_ts=ts + 1,
            closed_ts=ts + 600,
            entry_price=100.0,
            exit_price=100.0,
            size_usd=100.0,
            net_pnl_usd=0.0,
            fees_usd=0.0,
            funding_usd=0.0,
            net_bps=executed,
            exit_reason="target",
        )
    return EnrichedDecision(
        ts=ts + 3600,
        signal_id=signal_id(symbol=symbol, strategy=strategy, ts=ts),
        signal_ts=ts,
        symbol=symbol,
        strategy=strategy,
        direction=direction,
        disposition=disposition,
        blocked_by=(),
        regime=regime,
        ofi=direction.sign * ofi,
        confidence=0.5,
        score=0.3,
        win_probability=0.5,
        expected_edge_bps=1.0,
        weights_version="a",
        policies_version="b",
        votes={} if votes is None else votes,
        vote_confidences={},
        counterfactual_net_bps=dict.fromkeys(HORIZONS_S, net),
        market_return_bps=dict.fromkeys(HORIZONS_S, market),
        execution=execution,
        cost_bps=14.0,
    )


def made_up_market(
    *,
    seed: int,
    end: float,
    edge: Callable[[Direction, Strategy, float], float],
    per_block: int = 60,
    blocks: int = 42,
    noise_bps: float = 30.0,
    skilled: str | None = None,
) -> list[EnrichedDecision]:
    """Return a week of resolved signals: shared market moves, own noise, and an edge by cell.

    The ``skilled`` component votes for the way the price then goes, six times out of ten; others guess.
    """
    rng = np.random.default_rng(seed)
    rows: list[EnrichedDecision] = []
    block_s = 14400.0
    for block in range(blocks):
        start = end - (blocks - block) * block_s
        move = float(rng.normal(0, 40))
        for number in range(per_block):
            direction = Direction.LONG if rng.random() < 0.5 else Direction.SHORT
            strategy = Strategy.OFI if number % 2 else Strategy.SENTIMENT
            ofi = float(rng.uniform(0.2, 0.9))
            gain = direction.sign * move + float(rng.normal(0, noise_bps)) + edge(direction, strategy, ofi)
            up = 1 if direction.sign * gain > 0 else -1
            votes = {
                name: up if name == skilled and rng.random() < 0.6 else int(rng.choice((-1, 1)))
                for name in COMPONENTS
            }
            rows.append(
                make_row(
                    ts=start + number * block_s / per_block,
                    symbol=f"PF_{number % 5}USD",
                    strategy=strategy,
                    direction=direction,
                    ofi=ofi,
                    net=gain,
                    market=move,
                    votes=votes,
                    regime=tuple(Regime)[(block + number % 5) % 4],
                )
            )
    return rows


def evidence_of(
    rows: Iterable[EnrichedDecision], *, horizon: str = "1h", block_s: float = 14400.0
) -> Evidence:
    views = [msgspec.convert(msgspec.to_builtins(row), LearningRow) for row in rows]
    return collect(views, Lookback(since_ts=0.0, until_ts=float("inf"), horizon=horizon, block_s=block_s))
