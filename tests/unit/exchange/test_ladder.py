"""The ladder: how far each order goes, and what the venue's refusals change about it."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from src.exchange.base import Quote
from src.exchange.closing import beyond
from src.exchange.errors import NoAnswer
from src.exchange.executor import Executor, Submission
from src.exchange.ladder import Ladder
from src.ledger.position import OpenPosition
from src.records.enums import Direction
from src.records.orders import OrderState
from src.records.stops import Stops

REACH = (50.0, 100.0, 200.0)
TICK = Decimal("0.1")
FILLED = (OrderState.DONE, "placed")
EMPTY = (OrderState.REJECTED, "iocWouldNotExecute")
TOO_WIDE = (OrderState.REJECTED, "outsidePriceCollar")
CLOSED_MARKET = (OrderState.REJECTED, "marketSuspended")
MARKET = None
QUOTE = Quote("PF_XBTUSD", Decimal(1000), Decimal(1001), Decimal(990), Decimal(1000))


class Sent(Executor):
    """Notes the limits, and gives the answers it was told to give."""

    def __init__(self, answers: Sequence[tuple[OrderState, str]]) -> None:
        self.answers = list(answers)
        self.limits: list[Decimal | None] = []

    def exit(
        self,
        position: OpenPosition,
        *,
        reason: str,
        now: float,
        limit_price: Decimal | None = None,
        foreign: bool = False,
    ) -> Submission:
        assert (position.symbol, reason, now, foreign) == ("PF_XBTUSD", "stop", 1.0, False)
        self.limits.append(limit_price)
        state, word = self.answers.pop(0)
        return Submission("tb", state, word, Decimal(0))


def a_position(direction: Direction = Direction.LONG) -> OpenPosition:
    return OpenPosition(
        position_id="one",
        signal_id="one",
        symbol="PF_XBTUSD",
        strategy=None,
        direction=direction,
        opened_ts=0.0,
        quantity=direction.sign * Decimal(2),
    )


def climbed(
    *answers: tuple[OrderState, str],
    direction: Direction = Direction.LONG,
    quote: Quote | None = QUOTE,
) -> list[str | None]:
    def ask(_: str) -> Quote:
        if quote is None:
            raise NoAnswer("down")
        return quote

    sent = Sent(answers)
    ladder = Ladder(executor=sent, quote=ask, reach_bps=REACH)
    for _ in answers:
        ladder.climb(a_position(direction), reason="stop", tick=TICK, now=1.0)
    return [None if limit is None else f"{limit:f}" for limit in sent.limits]


def test_each_order_goes_a_step_further_and_the_last_step_holds() -> None:
    assert climbed(FILLED, EMPTY, FILLED, EMPTY) == ["995.0", "990.0", "980.0", "980.0"]


def test_a_short_is_bought_back_above_the_ask() -> None:
    assert climbed(FILLED, EMPTY, direction=Direction.SHORT) == ["1006.0", "1011.0"]


def test_a_market_that_takes_no_orders_costs_no_step() -> None:
    assert climbed(CLOSED_MARKET, CLOSED_MARKET, FILLED, FILLED) == ["995.0", "995.0", "995.0", "990.0"]


def test_what_the_venue_calls_too_far_is_not_asked_for_again() -> None:
    assert climbed(FILLED, TOO_WIDE, EMPTY, EMPTY) == ["995.0", "990.0", "995.0", "995.0"]


def test_where_even_the_first_step_is_too_far_the_market_decides() -> None:
    assert climbed(TOO_WIDE, FILLED, TOO_WIDE, FILLED) == ["995.0", MARKET, "995.0", MARKET]


@pytest.mark.parametrize(
    ("quote", "limit"),
    [
        (None, MARKET),
        (Quote("PF_XBTUSD", None, None, None, None), MARKET),
        (Quote("PF_XBTUSD", None, Decimal(1001), Decimal(900), None), "895.5"),
    ],
)
def test_without_a_bid_it_starts_at_the_mark_and_without_that_at_the_market(
    quote: Quote | None, limit: str | None
) -> None:
    assert climbed(FILLED, quote=quote) == [limit]


def test_a_price_is_rounded_to_no_further_than_its_distance() -> None:
    assert beyond(a_position(), Decimal(1000), 33, tick=Decimal(1)) == 997
    assert beyond(a_position(Direction.SHORT), Decimal(1000), 33, tick=Decimal(1)) == 1003


def test_a_closed_position_is_forgotten() -> None:
    sent = Sent([FILLED, FILLED, FILLED])
    ladder = Ladder(
        executor=sent, quote=lambda name: Quote(name, Decimal(1000), None, None, None), reach_bps=REACH
    )
    for kept in (["one"], [], []):
        ladder.climb(a_position(), reason="stop", tick=TICK, now=1.0)
        ladder.forget_all_but(kept)
        assert ladder.in_use is bool(kept)
    assert sent.limits == [Decimal(995), Decimal(990), Decimal(995)]


@pytest.mark.parametrize("steps", [(50.0, 25.0), (25.0, 25.0)])
def test_a_ladder_that_does_not_widen_is_no_setting(steps: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="widen"):
        Stops(ladder_bps=steps)
