"""The ledger as a picture: what a human opens to see where the money stands."""

from collections.abc import Mapping
from decimal import Decimal

from src.exchange.ledger import Ledger, OpenPosition
from src.records.ledger import ClosedView, PositionClosed, Positions, PositionView, StopView


def picture(
    ledger: Ledger,
    marks: Mapping[str, Decimal],
    positions: tuple[PositionView, ...],
    *,
    seq: int,
    ts: float,
) -> Positions:
    """Return the ledger as a document; positions without a known price count as unchanged since entry."""
    unrealised = ledger.unrealised(marks)
    return Positions(
        ts=ts,
        as_of_seq=seq,
        opening_balance_usd=ledger.opened.balance_usd if ledger.opened is not None else Decimal(0),
        cash_usd=ledger.cash,
        unrealised_pnl_usd=unrealised,
        equity_usd=ledger.cash + unrealised,
        realised_pnl_usd=ledger.realised,
        fees_usd=ledger.fees,
        funding_usd=ledger.funding,
        open_positions=positions,
        closed_positions=tuple(_closed_view(closed) for closed in ledger.closed),
    )


def position_view(position: OpenPosition, *, mark: Decimal | None, stop: StopView | None) -> PositionView:
    """Return an open position with its price and its stop."""
    return PositionView(
        position_id=position.position_id,
        signal_id=position.signal_id,
        symbol=position.symbol,
        strategy=position.strategy,
        direction=position.direction,
        size=position.size,
        entry_price=position.entry_price,
        opened_ts=position.opened_ts,
        mark_price=mark,
        unrealised_pnl_usd=None if mark is None else position.unrealised(mark),
        fees_usd=position.fees,
        funding_usd=position.funding,
        stop=stop,
    )


def _closed_view(closed: PositionClosed) -> ClosedView:
    return ClosedView(
        position_id=closed.position_id,
        symbol=closed.symbol,
        strategy=closed.strategy,
        direction=closed.direction,
        size=closed.size,
        entry_price=closed.entry_price,
        exit_price=closed.exit_price,
        opened_ts=closed.opened_ts,
        closed_ts=closed.ts,
        net_pnl_usd=closed.net_pnl_usd,
        exit_reason=closed.exit_reason,
    )
