"""The last questions before an entry, one rule a function and one verdict each.

Nothing here makes a trade better; each refuses one state of the market or the bot in which none should begin.
"""

from src.gates.base import BLOCK, PASS, Candidate, Check, GateContext, at_least, at_most, blocked, finite
from src.records.decisions import Verdict
from src.records.enums import Direction
from src.records.features import Features

DAY_S = 86400.0
HOUR_S = 3600.0
LONGEST_CAUSE = 60
ONE_CENT_USD = 0.01


def check_freeze(_candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that nothing froze new entries."""
    reasons = context.freeze_reasons
    word = _named("frozen", reasons)
    return at_most("pre_entry.freeze", len(reasons), 0, unit="reasons", reason=word)


def check_workers(_candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that every worker is known to be healthy."""
    workers = context.unhealthy_workers
    unhealthy = None if workers is None else len(workers)
    word = _named("unhealthy", workers or ())
    return at_most("pre_entry.workers", unhealthy, 0, unit="workers", reason=word)


def check_equity(_candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that the account is known to be worth something."""
    return at_least("pre_entry.equity", context.equity_usd, ONE_CENT_USD, unit="usd", reason="no_equity")


def check_age(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand a signal that is not stale, and not from the future."""
    age = context.now - candidate.signal.ts
    if age < 0:
        return at_least("pre_entry.age", age, 0.0, unit="s", reason="from_the_future")
    return at_most("pre_entry.age", age, context.policies.max_feature_age_s, unit="s", reason="stale")


def check_features_age(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that the newest window of the symbol, which the other checks read, is not stale."""
    features = candidate.features
    age = None if features is None else context.now - features.ts
    limit = context.policies.max_feature_age_s + (0.0 if features is None else features.window_s)
    return at_most("pre_entry.features_age", age, limit, unit="s", reason="stale_features")


def check_coverage(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that enough of the ten components had their data."""
    needed = context.policies.minimum_coverage
    coverage = candidate.signal.coverage
    return at_least("pre_entry.coverage", coverage, needed, unit="components", reason="too_few_components")


def check_spread(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand a spread that is not too wide."""
    features = candidate.features
    spread = None if features is None else features.spread_bps
    return at_most("pre_entry.spread", spread, context.policies.max_spread_bps, unit="bps", reason="too_wide")


def check_depth(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that the side which the entry takes from holds a multiple of the size."""
    features = candidate.features
    usd = finite(candidate.proposal.usd)
    if usd is None:
        return blocked("pre_entry.depth", unit="usd", reason=candidate.proposal.missing)
    required = context.policies.minimum_depth_multiple * usd
    depth = None if features is None else _depth_usd(features, candidate.signal.direction)
    return at_least("pre_entry.depth", depth, required, unit="usd", reason="too_thin")


def check_hours(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand a decision point within the trading hours; a range may run over midnight."""
    opens, closes = context.policies.trading_hours_utc
    hour = candidate.signal.ts % DAY_S / HOUR_S
    inside = opens <= hour < closes if opens <= closes else hour >= opens or hour < closes
    return Verdict(
        check="pre_entry.hours",
        ruling=PASS if inside else BLOCK,
        measured=hour,
        required=float(opens if hour < opens else closes),
        unit="hour_utc",
        reason="" if inside else "outside_hours",
    )


def check_cooldown(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand some time since the symbol was last entered or left."""
    needed = context.policies.cooldown_s
    last = context.last_trade_ts.get(candidate.signal.symbol)
    if last is None:
        return Verdict(
            check="pre_entry.cooldown",
            ruling=PASS,
            measured=None,
            required=needed,
            unit="s",
            reason="never_traded",
        )
    return at_least("pre_entry.cooldown", context.now - last, needed, unit="s", reason="cooling_down")


def check_positions(_candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that one more position is still within their limit."""
    after = len(context.exposures) + 1
    limit = context.policies.max_open_positions
    return at_most("pre_entry.positions", after, limit, unit="positions", reason="too_many_positions")


def check_exposure(_candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that the open notional leaves room under its limit; the size is then cut to that room."""
    limit = context.policies.max_exposure_share
    equity = finite(context.equity_usd)
    known = [finite(exposure.notional_usd) for exposure in context.exposures]
    if equity is None or equity <= 0 or None in known:
        return blocked(
            "pre_entry.exposure", unit="share_of_equity", reason="missing_exposure", required=limit
        )
    share = sum([notional for notional in known if notional is not None], start=0.0) / equity
    return at_most("pre_entry.exposure", share, limit, unit="share_of_equity", reason="no_room")


def check_symbol(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand a symbol with no position and no order of open fate: one position, one owner."""
    word = context.held.get(candidate.signal.symbol)
    held = 0 if word is None else 1
    return at_most("pre_entry.symbol", held, 0, unit="holds", reason=word or "held")


PRE_ENTRY: tuple[Check, ...] = (
    check_freeze,
    check_workers,
    check_equity,
    check_age,
    check_features_age,
    check_coverage,
    check_spread,
    check_depth,
    check_hours,
    check_cooldown,
    check_positions,
    check_exposure,
    check_symbol,
)
"""In the order they are asked."""

OF_THE_SITUATION: frozenset[Check] = frozenset(
    (check_freeze, check_workers, check_equity, check_positions, check_exposure)
)
"""Those that ask nothing of the candidate: one answer holds for every signal of a context."""


def _named(word: str, causes: tuple[str, ...]) -> str:
    return f"{word}:{causes[0][:LONGEST_CAUSE]}" if causes else word


def _depth_usd(features: Features, direction: Direction) -> float | None:
    return features.ask_depth_usd if direction.sign > 0 else features.bid_depth_usd
