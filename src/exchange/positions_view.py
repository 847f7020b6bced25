"""The ledger as a picture: what a human opens to see where the money stands."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from src.ledger.accounts import Account
from src.ledger.book import Ledger
from src.ledger.equity_path import EquityPath
from src.ledger.position import OpenPosition
from src.records.ledger import (
    BookedView,
    ClosedView,
    PositionClosed,
    Positions,
    PositionView,
    RiskView,
    StopView,
)

_ZERO = Decimal(0)


class ViewFile(Protocol):
    """Where the picture is kept."""

    def read(self) -> Positions | None:
        """Return it as it was written last; None where there is none."""

    def write(self, document: Positions) -> object:
        """Replace it."""


def picture(
    ledger: Ledger,
    marks: Mapping[str, Decimal],
    positions: tuple[PositionView, ...],
    *,
    rates: Mapping[str, Decimal],
    path: EquityPath,
    warnings: tuple[str, ...],
    seq: int,
    ts: float,
) -> Positions:
    """Return the ledger as a document; positions without a known price count as unchanged since entry.

    ``rates`` are the prices of collateral other than USD; what has none counts as nothing. ``path`` is how
    the account did, ``warnings`` what a person should look at.
    """
    unrealised = ledger.unrealised(marks)
    held = sum((quantity * rates.get(asset, _ZERO) for asset, quantity in ledger.holdings().items()), _ZERO)
    return Positions(
        ts=ts,
        as_of_seq=seq,
        opening_balance_usd=ledger.opened.balance_usd if ledger.opened is not None else _ZERO,
        cash_usd=ledger.cash,
        unrealised_pnl_usd=unrealised,
        equity_usd=ledger.cash + unrealised + held,
        realised_pnl_usd=ledger.realised,
        fees_usd=ledger.fees,
        funding_usd=ledger.funding,
        open_positions=positions,
        closed_positions=tuple(_closed_view(closed) for closed in ledger.closed),
        booked=_booked(ledger, rates),
        risk=_risk(ledger, marks, rates, path, ts),
        warnings=warnings,
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


def exposure(ledger: Ledger, marks: Mapping[str, Decimal]) -> tuple[Decimal, Decimal] | None:
    """Return gross and net value of the open positions in USD; None while a price is not known."""
    gross = net = _ZERO
    for symbol, position in ledger.positions.items():
        mark = marks.get(symbol)
        if mark is None:
            return None
        gross += position.size * mark
        net += position.quantity * mark
    return gross, net


def _booked(ledger: Ledger, rates: Mapping[str, Decimal]) -> BookedView:
    total = ledger.accounts.total
    other = (Account.SETTLEMENT, Account.CHARGES, Account.ROUNDING, Account.UNKNOWN)
    return BookedView(
        capital_usd=ledger.capital_usd,
        interest_usd=total(Account.INTEREST),
        conversion_usd=total(Account.CONVERSION),
        other_usd=sum((total(account) for account in other), _ZERO),
        holdings=ledger.holdings(),
        prices_usd=ledger.accounts.prices | dict(rates),
    )


def _risk(
    ledger: Ledger, marks: Mapping[str, Decimal], rates: Mapping[str, Decimal], path: EquityPath, ts: float
) -> RiskView:
    exposed = exposure(ledger, marks)
    gross, net = (None, None) if exposed is None else exposed
    equity = ledger.equity(marks, rates)
    return RiskView(
        exposure_usd=gross,
        net_exposure_usd=net,
        leverage=float(gross / equity) if gross is not None and equity is not None and equity > 0 else None,
        drawdown_usd=path.drawdown_usd,
        drawdown_share=path.drawdown_share,
        daily_usd=path.daily_usd(ts),
        daily_share=path.daily_share(ts),
        path=path.view(),
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
