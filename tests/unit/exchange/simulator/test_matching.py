from hypothesis import given
from hypothesis import strategies as st

from src.exchange.simulator.book import Half
from src.exchange.simulator.matching import plan_crossed, plan_print, plan_taker
from src.exchange.simulator.resting import Queue, Resting
from src.records.enums import Side

levels = st.dictionaries(st.integers(90, 110), st.integers(1, 50), max_size=8)
orders = st.lists(
    st.tuples(st.integers(90, 110), st.integers(1, 30), st.integers(0, 40)), min_size=1, max_size=6
)
sides = st.sampled_from(Side)


def half(side: Side, known: dict[int, int]) -> Half:
    book = Half(side)
    book.replace(known.items())
    return book


def queue(side: Side, rows: list[tuple[int, int, int]]) -> Queue:
    made = Queue()
    for number, (ticks, steps, ahead) in enumerate(rows):
        made.add(Resting(str(number), side, ticks, steps, ahead))
    return made


def opposite(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


@given(levels, sides, st.integers(90, 110), st.integers(1, 100))
def test_a_taker_gets_the_best_levels_first_and_nothing_beyond_its_limit(
    known: dict[int, int], side: Side, limit: int, steps: int
) -> None:
    against = half(opposite(side), known)
    plan = plan_taker(against, Queue(), side=side, limit_ticks=limit, steps=steps)
    reachable = {t: s for t, s in known.items() if side.sign * (t - limit) <= 0}
    assert plan.steps == min(steps, sum(reachable.values()))
    ticks = [match.ticks for match in plan.matches]
    assert ticks == sorted(ticks, reverse=side is Side.SELL)
    assert all(0 < match.steps <= known[match.ticks] for match in plan.matches)
    full = plan.matches[:-1]
    assert all(match.steps == known[match.ticks] for match in full)


@given(levels, orders, sides, st.integers(90, 110), st.integers(1, 100))
def test_a_taker_never_passes_an_order_of_its_owner(
    known: dict[int, int], rows: list[tuple[int, int, int]], side: Side, limit: int, steps: int
) -> None:
    against = half(opposite(side), known)
    own = queue(opposite(side), rows)
    plan = plan_taker(against, own, side=side, limit_ticks=limit, steps=steps)
    best = min(side.sign * ticks for ticks, _, _ in rows)
    assert all(side.sign * match.ticks <= best for match in plan.matches)
    if plan.meets_itself:
        assert plan.steps < steps
        assert best <= side.sign * limit


@given(orders, sides, st.integers(90, 110), st.integers(1, 100))
def test_a_print_fills_by_price_then_time_and_conserves_its_size(
    rows: list[tuple[int, int, int]], taker: Side, ticks: int, steps: int
) -> None:
    maker = opposite(taker)
    resting = queue(maker, rows)
    before = {r.order_id: r.ahead or 0 for r in resting}
    fills = plan_print(resting, taker=taker, ticks=ticks, steps=steps)
    assert sum(filled for _, filled in fills) <= steps
    assert all(0 < filled <= order.steps for order, filled in fills)
    ranks = [(-maker.sign * order.ticks, int(order.order_id)) for order, _ in fills]
    assert ranks == sorted(ranks)
    assert all(maker.sign * (order.ticks - ticks) >= 0 for order, _ in fills)
    got = {order.order_id: filled for order, filled in fills}
    assert all(got[order.order_id] == order.steps for order, _ in fills[:-1])
    for order in resting:
        assert 0 <= (order.ahead or 0) <= before[order.order_id]
        assert order.order_id not in got or order.ticks != ticks or order.ahead == 0


@given(levels, orders, sides)
def test_a_crossed_book_is_consumed_once_and_only_where_it_crosses(
    known: dict[int, int], rows: list[tuple[int, int, int]], side: Side
) -> None:
    against = half(opposite(side), known)
    fills = plan_crossed(queue(side, rows), side=side, against=against)
    used: dict[int, int] = {}
    for order, match in fills:
        assert side.sign * (match.ticks - order.ticks) <= 0
        used[match.ticks] = used.get(match.ticks, 0) + match.steps
    assert all(taken <= known[ticks] for ticks, taken in used.items())
    open_now = {order.order_id: order.steps for order in queue(side, rows)}
    for order, match in fills:
        open_now[order.order_id] -= match.steps
    left = {ticks: steps - used.get(ticks, 0) for ticks, steps in known.items()}
    best_left = [t for t, s in left.items() if s > 0]
    for order in queue(side, rows):
        if open_now[order.order_id] > 0:
            assert all(side.sign * (ticks - order.ticks) > 0 for ticks in best_left)
