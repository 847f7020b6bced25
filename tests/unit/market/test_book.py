from hypothesis import given
from hypothesis import strategies as st

from src.market.book import OrderBook, is_crossed

CHANGES = st.lists(
    st.tuples(st.booleans(), st.integers(1, 12).map(float), st.integers(0, 3).map(float)), max_size=120
)


@given(CHANGES, CHANGES)
def test_book_equals_two_sorted_dicts(
    first: list[tuple[bool, float, float]], then: list[tuple[bool, float, float]]
) -> None:
    sides: dict[bool, dict[float, float]] = {True: {}, False: {}}
    book = OrderBook()
    for side, price, size in first:
        sides[side][price] = size
    book.replace(sides[True].items(), sides[False].items())
    for side, price, size in then:
        book.apply(bid_side=side, price=price, size=size)
        sides[side][price] = size
    bids = sorted(((p, s) for p, s in sides[True].items() if s > 0), reverse=True)
    asks = sorted((p, s) for p, s in sides[False].items() if s > 0)
    assert book.bids() == bids
    assert book.asks() == asks
    assert book.bids(5) == bids[:5]
    assert book.asks(5) == asks[:5]
    assert book.quote() == ((*bids[0], *asks[0]) if bids and asks else None)


def test_locked_book_counts_as_crossed() -> None:
    assert is_crossed((100.0, 1.0, 100.0, 1.0))
    assert is_crossed((101.0, 1.0, 100.0, 1.0))
    assert not is_crossed((99.0, 1.0, 100.0, 1.0))
