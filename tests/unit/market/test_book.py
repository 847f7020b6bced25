import math

from hypothesis import given
from hypothesis import strategies as st

from src.market.book import OrderBook, is_crossed
from src.market.grid import Grid

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


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(-5, 5)), max_size=80), st.integers(0, 220))
def test_grid_keeps_the_newest_values_and_knows_its_holes(sets: list[tuple[int, float]], until: int) -> None:
    grid = Grid(step_s=60, capacity=20)
    known: dict[int, float] = {}
    for place, value in sets:
        grid.set(place * 60, value)
        older = [other for other in known if other % 20 == place % 20 and other > place]
        if not older:
            known[place] = value
            for other in [o for o in known if o % 20 == place % 20 and o < place]:
                del known[other]
    expected = [known.get(place, math.nan) for place in range(until - 19, until + 1)]
    found = grid.last(20, until=until * 60)
    for one, other in zip(expected, found, strict=True):
        assert one == other or (math.isnan(one) and math.isnan(other))


def test_grid_fills_only_what_is_missing() -> None:
    grid = Grid(step_s=60, capacity=5)
    grid.set(120, 1.0)
    grid.set_missing(120, 9.0)
    grid.set_missing(180, 2.0)
    assert grid.at(120) == 1.0
    assert grid.at(180) == 2.0
    assert math.isnan(grid.at(240))
