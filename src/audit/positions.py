"""``logs/positions_futures.json`` shows the ledger, and every open position in it has its stop."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from src.audit.claims import POSITIONS_FILE, PROTECTED
from src.audit.findings import Findings, Spot
from src.audit.ledger import EXACT
from src.audit.money import Held, Money
from src.audit.orders import TrackedOrder
from src.records.enums import OrderPurpose
from src.records.ledger import Positions, PositionView

_DECIDED = "as of line"


class PositionsAudit:
    """Compares the picture with the money as it stood at the picture's line."""

    def __init__(self, picture: Positions, *, file: str, findings: Findings) -> None:
        self._picture = picture
        self._spot = Spot(file, None)
        self._findings = findings
        self.compared = False
        """Whether the ledger has come to the picture's line."""

    def compare(self, money: Money) -> None:
        """Compare sums and open positions."""
        self.compared = True
        view = self._picture
        self._same("opening balance", money.opening, view.opening_balance_usd)
        self._same("realised", money.realised, view.realised_pnl_usd)
        self._same("fees", money.fees, view.fees_usd)
        self._same("funding", money.funding, view.funding_usd)
        self._same("cash", money.cash, view.cash_usd)
        known = [each.unrealised_pnl_usd for each in view.open_positions]
        self._same(
            "unrealised",
            sum((each for each in known if each is not None), Decimal(0)),
            view.unrealised_pnl_usd,
        )
        if view.booked is None or not view.booked.holdings:
            self._same("equity", view.cash_usd + view.unrealised_pnl_usd, view.equity_usd)
        shown = {each.symbol: each for each in view.open_positions}
        for symbol in sorted(shown.keys() | money.positions.keys()):
            self._position(shown.get(symbol), money.positions.get(symbol), symbol)

    def conclude(self, last_seq: int, first_seq: int) -> None:
        """Judge a picture whose line the ledger does not have."""
        if self.compared:
            return
        as_of = self._picture.as_of_seq
        if as_of == 0 and last_seq == 0:
            self._findings.prove(POSITIONS_FILE)
        elif as_of < first_seq:
            self._findings.leave_open(POSITIONS_FILE, "the ledger of that time is no longer kept")
        else:
            expected, found = f"{_DECIDED} {last_seq} at most", f"{_DECIDED} {as_of}"
            self._findings.refute(POSITIONS_FILE, self._spot, expected=expected, found=found)

    def check_stops(self, orders: Mapping[str, TrackedOrder], *, excused: Callable[[str], bool]) -> None:
        """See that each open position has a stop of its own size; ``excused`` symbols are just being entered."""
        for view in self._picture.open_positions:
            spot = Spot(self._spot.file, None, (view.position_id,))
            fault = _stop_fault(view, orders)
            if fault is None:
                self._findings.prove(PROTECTED)
            elif view.signal_id is None:
                self._findings.leave_open(PROTECTED, "positions that the bot did not open")
            elif excused(view.symbol):
                self._findings.leave_open(PROTECTED, "orders under way")
            else:
                self._findings.refute(PROTECTED, spot, expected=f"a stop of {view.size}", found=fault)

    def _same(self, what: str, expected: Decimal, found: Decimal) -> None:
        if abs(expected - found) <= EXACT:
            self._findings.prove(POSITIONS_FILE)
        else:
            self._findings.refute(
                POSITIONS_FILE, self._spot, expected=f"{what} {expected:f} USD", found=f"{found:f}"
            )

    def _position(self, view: PositionView | None, held: Held | None, symbol: str) -> None:
        expected = None if held is None else (held.position_id, f"{held.quantity.normalize():f}")
        signed = None if view is None else view.direction.sign * view.size
        found = None if view is None or signed is None else (view.position_id, f"{signed.normalize():f}")
        spot = Spot(self._spot.file, None, (symbol,))
        if not self._findings.same(POSITIONS_FILE, spot, what="position", expected=expected, found=found):
            return
        if view is None or held is None:
            return
        self._same(f"{symbol} entry price", held.cost / held.quantity, view.entry_price)
        self._same(f"{symbol} fees", held.fees, view.fees_usd)
        self._same(f"{symbol} funding", held.funding, view.funding_usd)
        if view.mark_price is not None and view.unrealised_pnl_usd is not None:
            gain = held.quantity * view.mark_price - held.cost
            self._same(f"{symbol} unrealised", gain, view.unrealised_pnl_usd)


def _stop_fault(view: PositionView, orders: Mapping[str, TrackedOrder]) -> str | None:
    """Return what is wrong with a position's stop; None where nothing is."""
    if view.stop is None:
        return "none"
    if view.stop.size != view.size:
        return f"a stop of {view.stop.size}"
    order = orders.get(view.stop.cli_ord_id)
    if order is None or order.intent.purpose is not OrderPurpose.STOP:
        return f"{view.stop.cli_ord_id}, which the journal does not know as a stop"
    return None
