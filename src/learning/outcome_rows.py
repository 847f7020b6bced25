"""The rows that the resolver writes of a signal."""

from src.learning.outcome import ev_contribution_bps, vote_signs
from src.learning.tracking import Settled
from src.records.enums import Disposition
from src.records.outcomes import PendingDecided, PendingSignal, SignalOutcome, UniverseRow


def universe_row(known: PendingSignal, decided: PendingDecided) -> UniverseRow:
    """Return a signal with what was decided of it, or that nothing was in time."""
    signal = known.signal
    prediction = known.prediction
    return UniverseRow(
        ts=decided.ts,
        signal_id=signal.signal_id,
        signal_ts=signal.ts,
        symbol=signal.symbol,
        strategy=signal.strategy,
        direction=signal.direction,
        disposition=_disposition(should_trade=decided.should_trade, expired=decided.expired),
        blocked_by=decided.blocked_by,
        price=signal.price,
        ofi=signal.ofi,
        confidence=signal.confidence,
        win_probability=None if prediction is None else prediction.win_probability,
        regime=signal.regime,
        coverage=signal.coverage,
    )


def outcome_row(known: PendingSignal, settled: Settled, *, cost_bps: float) -> SignalOutcome:
    """Return a signal's outcome.

    EXECUTED says that the gate sent it on; the enriched row says whether it was filled.
    """
    signal = settled.signal
    return SignalOutcome(
        ts=settled.ts,
        signal_id=signal.signal_id,
        signal_ts=signal.ts,
        symbol=signal.symbol,
        strategy=signal.strategy,
        direction=signal.direction,
        disposition=_disposition(should_trade=bool(known.should_trade), expired=known.expired),
        blocked_by=known.blocked_by,
        price_at_signal=signal.price,
        cost_bps=cost_bps,
        horizons=settled.horizons,
        ev_contribution_bps=ev_contribution_bps(settled.horizons, signal.confidence),
        votes=vote_signs(signal),
    )


def _disposition(*, should_trade: bool, expired: bool) -> Disposition:
    if expired:
        return Disposition.EXPIRED
    return Disposition.EXECUTED if should_trade else Disposition.BLOCKED
