"""What the websocket tells of the account: its positions and its balances."""

from src.exchange.simulator.account import ZERO, average_entry
from src.exchange.simulator.core import Core
from src.exchange.simulator.margin import Exposure, summarise
from src.exchange.simulator.wire.parts import Part, cash_balances, parts
from src.exchange.simulator.wire.values import millis, number


class AccountFeeds:
    """Makes the messages of ``open_positions`` and ``balances``, each with its number in its feed."""

    def __init__(self, core: Core, account: str) -> None:
        self._core = core
        self._account = account
        self._seq = {"open_positions": 0, "balances": 0}

    def open_positions(self) -> dict[str, object]:
        """Return all positions; ``balance`` is signed, negative is short."""
        held = [self._position(e) for e in self._core.exposures() if e.size]
        return {
            "feed": "open_positions",
            "account": self._account,
            "positions": held,
            "seq": self._next("open_positions"),
            "timestamp": millis(self._core.now),
        }

    def balances(self) -> dict[str, object]:
        """Return the section of the balances that can change, in USD."""
        m = self._core.margins()
        unrealised = number(m.unrealised)
        section = {
            "currencies": {part.name: _currency(part) for part in parts(self._core, m)},
            "balance_value": number(m.balance),
            "portfolio_value": number(m.portfolio),
            "collateral_value": number(m.collateral),
            "initial_margin": number(m.with_orders),
            "initial_margin_without_orders": number(m.initial),
            "maintenance_margin": number(m.maintenance),
            "pnl": number(m.pnl),
            "unrealized_funding": number(m.funding),
            "total_unrealized": unrealised,
            "total_unrealized_as_margin": unrealised,
            "margin_equity": number(m.equity),
            "available_margin": number(m.available),
        }
        return {
            "feed": "balances",
            "account": self._account,
            "flex_futures": section,
            "timestamp": millis(self._core.now),
            "seq": self._next("balances"),
        }

    def balances_snapshot(self) -> dict[str, object]:
        """Return the balances with every section."""
        cash = cash_balances(self._core.state.account)
        holding = {name.upper(): amount for name, amount in cash.items()}
        return self.balances() | {"feed": "balances_snapshot", "holding": holding, "futures": {}}

    def _position(self, e: Exposure) -> dict[str, object]:
        core, symbol = self._core, e.spec.symbol
        position = core.state.account.positions[symbol]
        alone = summarise(ZERO, [e], funding=core.funding.accrued(position, core.now))
        equity = core.margins().equity
        return {
            "instrument": symbol,
            "balance": number(position.size),
            "pnl": number(alone.pnl),
            "entry_price": number(average_entry(position)),
            "mark_price": number(e.mark),
            "index_price": core.contracts[symbol].index,
            "liquidation_threshold": 0,
            "effective_leverage": number(abs(e.size) * e.mark / equity) if equity > 0 else None,
            "return_on_equity": number(alone.pnl / alone.initial) if alone.initial else None,
            "unrealized_funding": number(alone.funding),
            "initial_margin": number(alone.initial),
            "initial_margin_with_orders": number(alone.with_orders),
            "maintenance_margin": number(alone.maintenance),
            "pnl_currency": "USD",
        }

    def _next(self, feed: str) -> int:
        number_in_feed = self._seq[feed]
        self._seq[feed] += 1
        return number_in_feed


def _currency(part: Part) -> dict[str, object]:
    return {
        "quantity": number(part.quantity),
        "value": number(part.value),
        "collateral_value": number(part.margin),
        "available": number(part.available),
        "haircut": number(part.haircut),
        "conversion_spread": number(part.spread),
    }
