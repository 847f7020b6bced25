"""What the exchange does to its participant on demand, journalled like everything else."""

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.execution import Execution
from src.exchange.simulator.liquidation import Liquidation


def liquidate(engine: Engine, now: float) -> None:
    """Close whatever is held, as a liquidation does that margin calls for."""
    core = engine.core
    engine.advance(now)
    Liquidation(core, Execution(core)).close_out()
    core.commit("liquidation on demand")


def cancel_all(engine: Engine, now: float) -> None:
    """Cancel every order and stop, as the venue's staff may."""
    core = engine.core
    engine.advance(now)
    for order_id in tuple(core.state.open):
        core.end(order_id, "cancelled_by_admin")
    core.commit("cancelled on demand")
