"""Whose an order is, by its name."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.order_names import OrderMark, client_order_id, mark_of, new_epoch
from src.records.enums import OrderPurpose

MARK = OrderMark("abc", "xyz")


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1), st.sampled_from(OrderPurpose), st.integers(0, 9))
def test_a_name_says_who_sent_the_order_and_is_always_the_same(
    position: str, purpose: OrderPurpose, number: int
) -> None:
    name = client_order_id(MARK, position_id=position, purpose=purpose, number=number)
    assert (len(name), name, name.isalnum()) == (18, name.lower(), True)
    assert mark_of(name) == MARK
    assert name == client_order_id(MARK, position_id=position, purpose=purpose, number=number)
    assert name != client_order_id(MARK, position_id=position, purpose=purpose, number=number + 1)


def test_names_of_others_have_no_mark() -> None:
    assert [mark_of(name) for name in (None, "", "tb", "my-order", "xyabcxyz0123456789")] == [None] * 5


def test_every_start_draws_an_epoch_of_its_own() -> None:
    epochs = {new_epoch(random.Random(seed)) for seed in range(50)}
    assert len(epochs) > 45
    assert {len(epoch) for epoch in epochs} == {3}
