"""The ledger beside the paper exchange's own account, over random trading: equal to the last digit, in silence."""

from contextlib import suppress
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from src.exchange.simulator.account import average_entry
from src.exchange.simulator.errors import BadCall
from src.ledger.book import rebuilt
from src.records.ledger import ClosingRevised, FillBooked, PositionClosed
from tests.ledger_fakes import Keeper
from tests.paper_exchange_fakes import ETH, Exchange, trading

TRADES = ("mkt", "mkt", "mkt", "lmt", "print", "move", "hour", "while", "transfer", "eth")
KEEPING = ("sync", "sync", "restart", "silent", "late")
MOVES = st.tuples(
    st.sampled_from(TRADES + KEEPING),
    st.sampled_from(["buy", "sell"]),
    st.integers(1, 60),
    st.booleans(),
)
PURSES = st.sampled_from(
    [
        {"balance": "10000"},
        {"balance": "70"},
        {"balance": "30", "currencies": {"EUR": "15", "ETH": "3"}},
        {"balance": "0", "currencies": {"XBT": "1"}},
    ]
)


def play(keeper: Keeper, name: str, side: str, number: int, *, flag: bool) -> None:
    paper = keeper.paper
    match name:
        case "mkt":
            paper.send("mkt", side, f"{number / 16}", reduceOnly="true" if flag else "false")
        case "eth":
            paper.send("mkt", side, f"{number / 8}", symbol=ETH)
        case "lmt":
            paper.send("lmt", side, f"{number / 16}", limitPrice=str(99 if side == "buy" else 101))
        case "print":
            paper.trade(side, 99.0 if side == "sell" else 101.0, number / 4)
        case "move":
            mid = 70.0 + number
            paper.book(bids=((mid - 1, 9.0), (mid - 5, 50.0)), asks=((mid + 1, 9.0), (mid + 5, 50.0)))
            paper.mark(mid, rate=(number - 30) / 50)
        case "hour" | "while":
            paper.now += 3600 if name == "hour" else number
            paper.ask("accounts")
        case "transfer":
            there, back = ("flex", "cash") if flag else ("cash", "flex")
            unit = ("usd", "usd", "eur", "eth")[number % 4]
            with suppress(BadCall):
                paper.ask("transfer", amount=str(number), unit=unit, fromAccount=there, toAccount=back)
        case "sync":
            keeper.sync()
        case "restart":
            keeper.restart()
        case "silent":
            keeper.venue.log_answers = flag
        case "late":
            keeper.lag(float(number) if flag else 0.0)


def come_to_rest(keeper: Keeper) -> None:
    """Let the exchange tell everything, and the keeper hear it."""
    keeper.venue.log_answers = True
    keeper.lag(0.0)
    for _ in range(3):
        keeper.wait()


def check(keeper: Keeper, paper: Exchange) -> None:
    ledger, account = keeper.ledger, paper.state.account
    assert keeper.complaints() == []
    assert ledger.cash == account.balance_usd
    theirs = {"BTC" if name == "XBT" else name: held for name, held in account.currencies.items()}
    assert ledger.holdings() == theirs
    assert ledger.accounts.imbalance() == {}
    assert {s: p.quantity for s, p in ledger.positions.items()} == {
        s: p.size for s, p in account.positions.items()
    }
    for symbol, position in ledger.positions.items():
        held = account.positions[symbol]
        assert position.cost == held.cost_usd
        assert abs(position.entry_price - average_entry(held)) <= Decimal("1e-8")
    keeper.observe()
    margins = paper.engine.core.margins()
    equity = keeper.tracker.equity_usd()
    assert equity is not None
    assert abs(equity + margins.funding - margins.portfolio) < Decimal("0.01")


BUYS = [("mkt", "buy", 1, False)]
SOLD_BEFORE_A_RESTART_ASKS = [*BUYS * 13, ("mkt", "buy", 26, False), ("transfer", "buy", 2, True)]
SOLD_BEFORE_A_RESTART_ASKS += [("restart", "buy", 1, False), ("move", "buy", 1, False)]
BEHIND_AFTER_A_RESTART = [*BUYS, ("hour", "buy", 1, False), *BUYS, ("sync", "buy", 1, False)]
BEHIND_AFTER_A_RESTART += [("restart", "buy", 1, False), ("late", "buy", 1, True), ("sync", "buy", 1, False)]


@settings(max_examples=40, deadline=None)
@example({"balance": "30", "currencies": {"EUR": "15", "ETH": "3"}}, SOLD_BEFORE_A_RESTART_ASKS)
@example({"balance": "10000"}, BEHIND_AFTER_A_RESTART)
@given(PURSES, st.lists(MOVES, min_size=15, max_size=50))
def test_ledger_equals_the_exchanges_account_over_any_trading(
    purse: dict[str, object], moves: list[tuple[str, str, int, bool]]
) -> None:
    paper = trading(**purse)
    keeper = Keeper(paper)
    keeper.sync()
    for name, side, number, flag in moves:
        play(keeper, name, side, number, flag=flag)
    come_to_rest(keeper)
    check(keeper, paper)
    assert rebuilt(keeper.lines.entries) == keeper.ledger
    # what closed positions made, as told in the end, with what open ones have realised, is all that was made
    lines = keeper.lines.entries
    told = {e.position_id: e for e in lines if isinstance(e, PositionClosed)}
    revised = {e.position_id: e for e in lines if isinstance(e, ClosingRevised)}
    fees = sum((revised.get(name, e).fees_usd for name, e in told.items()), Decimal(0))
    ledger = keeper.ledger
    assert fees + sum((p.fees for p in ledger.positions.values()), Decimal(0)) == ledger.fees
    gross = sum((e.gross_pnl_usd for e in told.values()), Decimal(0))
    assert gross + sum((p.gross for p in ledger.positions.values()), Decimal(0)) == ledger.realised
    assert sum(isinstance(e, FillBooked) for e in lines) == len(paper.state.fills)


@settings(max_examples=15, deadline=None)
@given(PURSES, st.lists(MOVES, min_size=10, max_size=30), st.integers(0, 100))
def test_ledger_rebuilt_from_any_part_of_its_file_goes_on_to_the_same(
    purse: dict[str, object], moves: list[tuple[str, str, int, bool]], cut: int
) -> None:
    keeper = Keeper(trading(**purse))
    for name, side, number, flag in moves:
        play(keeper, name, side, number, flag=flag)
        keeper.sync()
    come_to_rest(keeper)
    lines = keeper.lines.entries
    resumed = rebuilt(lines[: cut % (len(lines) + 1)])
    for line in lines[cut % (len(lines) + 1) :]:
        resumed.book(line)
    assert resumed == keeper.ledger
    for line in lines:
        resumed.book(line)  # a file that is told twice says nothing new
    assert (resumed.accounts, resumed.positions) == (keeper.ledger.accounts, keeper.ledger.positions)
