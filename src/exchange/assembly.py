"""How the desk is put together from its parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from src.exchange.account_watch import AccountWatch
from src.exchange.base import Exchange, Instrument
from src.exchange.desk import DeskParts, TradingDesk
from src.exchange.executor import Executor
from src.exchange.open_orders import OpenOrders
from src.exchange.order_journal import OrderJournal
from src.exchange.portfolio import Portfolio
from src.exchange.position_check import PositionCheck
from src.exchange.protection import Protection
from src.exchange.reconciliation import Cadence, Reconciler
from src.exchange.resolution import Resolver
from src.records.settings import BotSettings
from src.records.stops import Stops
from src.risk.watch import RiskWatch

_PROCESS_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class DeskTiming:
    """The desk's cadences, in market seconds."""

    real_second: float
    """How many market seconds pass in a real one."""
    orders_every_s: float
    positions_every_s: float


def desk_timing(settings: BotSettings, *, real_second: float) -> DeskTiming:
    """Return the cadences of the settings, where ``real_second`` market seconds pass in a real one."""
    return DeskTiming(
        real_second=real_second,
        orders_every_s=settings.reconcile_orders_s * real_second,
        positions_every_s=settings.reconcile_positions_s * real_second,
    )


def build_desk(
    *,
    exchange: Exchange,
    journal: OrderJournal,
    portfolio: Portfolio,
    frozen: Callable[[], tuple[str, ...]],
    risk: RiskWatch,
    timing: DeskTiming,
    leverage: Mapping[str, float],
    stops: Stops,
) -> TradingDesk:
    """Return a desk with its parts put together.

    ``frozen`` returns the reasons against new entries beside those of ``risk``, ``leverage`` the limits that are
    wanted by symbol, ``stops`` how positions are protected.
    """
    instruments: dict[str, Instrument] = {}
    ledger, second = portfolio.ledger, timing.real_second
    executor = Executor(
        exchange=exchange,
        journal=journal,
        ledger=ledger,
        frozen=lambda: (*frozen(), *risk.reasons()),
        process_within_s=_PROCESS_WITHIN_S * second,
    )
    protection = Protection(
        executor=executor,
        journal=journal,
        ledger=ledger,
        instruments=lambda: instruments,
        quote=exchange.quote,
        stops=stops,
        real_second=second,
    )
    resolver = Resolver(
        exchange=exchange, journal=journal, ledger=ledger, sync=portfolio.sync, real_second=second
    )
    reconciler = Reconciler(
        exchange=exchange,
        orders=OpenOrders(journal=journal, ledger=ledger),
        positions=PositionCheck(
            exchange=exchange,
            journal=journal,
            ledger=ledger,
            sync=portfolio.sync,
            correct=portfolio.correct,
            real_second=second,
        ),
        watch=AccountWatch(exchange=exchange, ledger=ledger, leverage=leverage),
        protection=protection,
        sync=portfolio.sync,
        cadence=Cadence(timing.orders_every_s, timing.positions_every_s, second),
    )
    reconciler.restore(risk.accepted)
    parts = DeskParts(exchange, journal, portfolio, executor, resolver, protection, reconciler, risk)
    return TradingDesk(parts, instruments=instruments, real_second=second)
