"""The arithmetic of money, over made-up lives of positions."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from src.ledger.book import Ledger, rebuilt
from src.records.enums import Direction, Side, Strategy
from src.records.ledger import FillBooked, FundingBooked, LedgerEntry, LedgerOpened, PositionClosed

OPENED = LedgerOpened(ts=0.0, balance_usd=Decimal(10_000))


def fill(
    number: int,
    side: Side,
    size: str | Decimal,
    price: str | Decimal,
    *,
    fee: str | Decimal = "0",
    symbol: str = "PF_XBTUSD",
    reason: str = "signal",
) -> FillBooked:
    return FillBooked(
        ts=float(number),
        fill_id=f"f{number}",
        order_id=f"o{number}",
        cli_ord_id=f"c{number}",
        position_id=f"p{number}",
        signal_id=f"p{number}",
        symbol=symbol,
        strategy=Strategy.OFI,
        side=side,
        size=Decimal(size),
        price=Decimal(price),
        fee_usd=Decimal(fee),
        fill_type="taker",
        reason=reason,
    )


def book(*entries: LedgerEntry) -> Ledger:
    return rebuilt([OPENED, *entries])


def test_average_entry_weighs_every_fill() -> None:
    ledger = book(fill(1, Side.BUY, "1", "100"), fill(2, Side.BUY, "3", "104"))
    assert ledger.positions["PF_XBTUSD"].entry_price == 103


def test_partial_close_leaves_the_average_entry() -> None:
    ledger = book(fill(1, Side.BUY, "2", "100"), fill(2, Side.SELL, "1", "110"))
    position = ledger.positions["PF_XBTUSD"]
    assert (position.entry_price, position.size, ledger.realised) == (100, 1, 10)


def test_close_tells_averages_fees_and_reason() -> None:
    ledger = book(
        fill(1, Side.SELL, "2", "100", fee="0.1"),
        FundingBooked(ts=1.5, entry_id="7", symbol="PF_XBTUSD", amount_usd=Decimal("0.3")),
        fill(2, Side.BUY, "1", "90", fee="0.05"),
        fill(3, Side.BUY, "1", "94", fee="0.05", reason="trailing"),
    )
    (closed,) = ledger.unwritten
    assert closed.direction is Direction.SHORT
    assert (closed.entry_price, closed.exit_price, closed.size) == (100, 92, 2)
    assert (closed.gross_pnl_usd, closed.fees_usd, closed.funding_usd) == (
        Decimal(16),
        Decimal("0.2"),
        Decimal("0.3"),
    )
    assert (closed.net_pnl_usd, closed.exit_reason, closed.position_id) == (Decimal("16.1"), "trailing", "p1")


def test_flip_closes_one_position_and_opens_another() -> None:
    ledger = book(fill(1, Side.BUY, "1", "100"), fill(2, Side.SELL, "3", "110", fee="0.3"))
    (closed,) = ledger.unwritten
    opened = ledger.positions["PF_XBTUSD"]
    assert (closed.gross_pnl_usd, closed.fees_usd) == (Decimal(10), Decimal("0.1"))
    assert (opened.quantity, opened.entry_price, opened.strategy) == (-2, 110, None)
    assert ledger.fees == Decimal("0.3")


def test_written_closing_is_not_due_again() -> None:
    ledger = book(fill(1, Side.BUY, "1", "100"), fill(2, Side.SELL, "1", "110"))
    ledger.book(ledger.unwritten[0])
    assert ledger.unwritten == []
    assert len(ledger.closed) == 1


def test_equity_is_unknown_while_a_price_is() -> None:
    ledger = book(fill(1, Side.BUY, "1", "100"))
    assert ledger.equity({}) is None
    assert ledger.equity({"PF_XBTUSD": Decimal(103)}) == Decimal(10_003)


SIZES = st.decimals("0.0001", "10", places=4)
PRICES = st.decimals("1", "100000", places=1)
FILLS = st.lists(
    st.tuples(st.sampled_from(Side), SIZES, PRICES, st.sampled_from(["PF_XBTUSD", "PF_ETHUSD"])), max_size=25
)
Rows = list[tuple[Side, Decimal, Decimal, str]]


def made(rows: Rows) -> list[FillBooked]:
    return [
        fill(number, side, size, price, fee=size * price * Decimal("0.0005"), symbol=symbol)
        for number, (side, size, price, symbol) in enumerate(rows)
    ]


@given(FILLS)
def test_gross_gain_is_what_was_sold_for_less_what_was_bought_for(rows: Rows) -> None:
    """Exactly: whatever a division leaves over comes back with the last contract."""
    ledger, flows = book(), {"PF_XBTUSD": Decimal(0), "PF_ETHUSD": Decimal(0)}
    for entry in made(rows):
        position = ledger.positions.get(entry.symbol)
        turned = position is not None and position.direction.sign != entry.side.sign
        closing = min(entry.size, position.size) if turned and position is not None else Decimal(0)
        flows[entry.symbol] -= entry.side.sign * (closing or entry.size) * entry.price
        ledger.book(entry)
        if turned and position is not None and not position.quantity:
            assert ledger.unwritten[-1].gross_pnl_usd == flows[entry.symbol]  # type: ignore[union-attr] # a closing
            flows[entry.symbol] = -entry.side.sign * (entry.size - closing) * entry.price


@given(
    st.sampled_from(Side),
    st.lists(SIZES, min_size=1, max_size=5),
    st.lists(SIZES, min_size=1, max_size=5),
    PRICES,
    PRICES,
)
def test_sign_of_gross_gain_is_side_times_move(
    side: Side, opening: list[Decimal], closing: list[Decimal], entry: Decimal, leave: Decimal
) -> None:
    other = Side.SELL if side is Side.BUY else Side.BUY
    ledger = book(*(fill(n, side, size, entry) for n, size in enumerate(opening)))
    for number, size in enumerate(closing, start=10):
        left = abs(ledger.quantity("PF_XBTUSD"))
        if left:
            ledger.book(fill(number, other, min(size, left), leave))
    if left := abs(ledger.quantity("PF_XBTUSD")):
        ledger.book(fill(99, other, left, leave))
    (closed,) = ledger.unwritten
    assert isinstance(closed, PositionClosed)
    assert closed.direction.sign == side.sign
    assert closed.gross_pnl_usd == side.sign * sum(opening) * (leave - entry)


@given(FILLS, PRICES)
def test_equity_is_opening_plus_what_every_fill_is_worth_now(rows: Rows, mark: Decimal) -> None:
    fills = made(rows)
    ledger = book(*fills)
    marks = {"PF_XBTUSD": mark, "PF_ETHUSD": mark}
    worth = sum((f.side.sign * f.size * (mark - f.price) - f.fee_usd for f in fills), Decimal(0))
    assert ledger.equity(marks) == ledger.cash + ledger.unrealised(marks) == OPENED.balance_usd + worth
    assert ledger.accounts.imbalance() == {}


@given(FILLS, st.integers(0, 25))
def test_rebuild_from_a_prefix_and_the_rest_is_the_whole(rows: Rows, cut: int) -> None:
    fills = made(rows)
    resumed = book(*fills[:cut])
    for entry in fills[cut:]:
        resumed.book(entry)
    whole = book(*fills)
    assert (resumed.cash, resumed.positions, resumed.unwritten) == (
        whole.cash,
        whole.positions,
        whole.unwritten,
    )


@given(FILLS)
def test_each_fill_counts_once_however_often_it_comes(rows: Rows) -> None:
    fills = made(rows)
    repeated = [again for entry in fills for again in (entry, entry)]
    once, twice = book(*fills), book(*repeated, *fills)
    assert (once.cash, once.positions) == (twice.cash, twice.positions)


@given(FILLS)
def test_positions_are_the_signed_sum_of_fills(rows: Rows) -> None:
    ledger = book(*made(rows))
    for symbol in ("PF_XBTUSD", "PF_ETHUSD"):
        total = sum((side.sign * size for side, size, _, of in rows if of == symbol), Decimal(0))
        assert ledger.quantity(symbol) == total
