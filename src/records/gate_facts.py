"""What the gate knew beside the market and the rules when it was asked: enough to repeat its decisions."""

from decimal import Decimal

from src.records.base import Line, Record
from src.records.enums import Direction
from src.records.settings import Costs


class Exposure(Record, frozen=True, kw_only=True):
    """An open position, or an entry that is on its way to become one."""

    symbol: str
    direction: Direction
    notional_usd: float | None
    """Size times the newest price; None where no price is known."""
    stop_loss_usd: float | None = None
    """What is lost from the newest price to the stop; None where no stop is known."""


class Lot(Record, frozen=True, kw_only=True):
    """What the venue takes orders of a symbol in."""

    step: Decimal
    """Contracts; every size is a multiple of it."""
    minimum: Decimal
    """The smallest order, in contracts."""
    maintenance_share: float | None = None
    """Maintenance margin of the first tier, as a fraction of notional; None where the venue does not tell."""


class MeasuredCost(Record, frozen=True, kw_only=True):
    """What trading really cost of late, in bps of notional one way."""

    taker_fee_bps: float
    slippage_bps: float
    """From the price at the decision to the fill."""
    fills: int
    """Entries it rests on."""


class GateFacts(Line, frozen=True, kw_only=True):
    """One line of ``logs/gate_facts.jsonl``: a situation in which the gate was asked; ``ts`` is when.

    The decisions that name its ``seq`` were made in it, in their order; each that trades counts as an entry for
    those after it. Windows, policies, weights and evidence are on file elsewhere and named here.
    """

    policies_version: str
    weights_version: str
    """``missing`` or ``corrupt`` where there were none."""
    evidence_version: str
    windows: dict[str, float]
    """By symbol: ``ts`` of the newest window, as in ``feature_store/tape/windows.jsonl``."""
    costs: Costs
    leader: str
    equity_usd: float | None
    """What sizes are worked out from; None while it is not known."""
    exposures: tuple[Exposure, ...]
    last_trade_ts: dict[str, float]
    """When each symbol was last entered or left."""
    held: dict[str, str]
    """By symbol: why nothing may be entered on it, e.g. ``position_open``."""
    freeze_reasons: tuple[str, ...]
    unhealthy_workers: tuple[str, ...] | None
    """None where nobody told."""
    lots: dict[str, Lot]
    measured_costs: dict[str, MeasuredCost]
    """By symbol, where enough was traded."""
    realised_usd: dict[str, float]
    """By kind of trade, e.g. ``OFI|LONG``: net P&L of its closed positions so far."""
    trades_without_evidence: bool
    """Whether a kind of trade that nothing is known of is traded at the venue's smallest size, or not at all."""
