"""A spent rate budget, as the real client and an unmodified ccxt see it."""

from collections.abc import Iterator

import ccxt
import pytest

from src.exchange.base import Outcome
from src.exchange.errors import NoAnswer
from tests.fault_fakes import Faulty, faulty_exchange
from tests.paper_exchange_server import ccxt_client


@pytest.fixture
def paper() -> Iterator[Faulty]:
    with faulty_exchange() as served:
        yield served


def spend_all(paper: Faulty, error: type[Exception]) -> None:
    client = ccxt_client(paper.endpoint)
    for _ in range(20):
        client.cancel_all_orders()
    with pytest.raises(error):
        client.cancel_all_orders()
    client.close()


@pytest.mark.parametrize(
    ("style", "error", "outcome"),
    [
        ("error_200", ccxt.RateLimitExceeded, Outcome.NO),
        ("error_429", ccxt.DDoSProtection, Outcome.NO),
        ("text_429", ccxt.RateLimitExceeded, Outcome.UNKNOWN),
    ],
)
def test_each_way_of_saying_too_much_places_no_order(
    paper: Faulty, style: str, error: type[Exception], outcome: Outcome
) -> None:
    paper.order_faults(rate_limit=style)
    spend_all(paper, error)
    assert paper.send().outcome is outcome
    assert paper.held() == 0
    with pytest.raises(NoAnswer):
        paper.exchange.positions()
    assert paper.exchange.quote("PF_XBTUSD").bid == 99  # what is public costs nothing
    paper.clock.advance_by(10.1)
    assert paper.send().outcome is Outcome.YES


def test_an_exchange_can_be_without_budgets(paper: Faulty) -> None:
    paper.order_faults(rate_limit="off")
    client = ccxt_client(paper.endpoint)
    for _ in range(30):
        client.cancel_all_orders()
    client.close()


def test_requests_with_a_wrong_signature_spend_nothing(paper: Faulty) -> None:
    paper.order_faults(rate_limit="error_200")
    stranger = ccxt_client(paper.endpoint)
    stranger.secret = "c29tZWJvZHkgZWxzZQ=="
    for _ in range(30):
        with pytest.raises(ccxt.AuthenticationError):
            stranger.cancel_all_orders()
    stranger.close()
    assert paper.send().outcome is Outcome.YES


def test_the_history_pool_is_spent_apart_from_trading(paper: Faulty) -> None:
    paper.order_faults(rate_limit="error_200")
    client = ccxt_client(paper.endpoint)
    for _ in range(33):
        client.history_get_account_log()
    with pytest.raises(ccxt.RateLimitExceeded):
        client.history_get_account_log()
    client.close()
    assert paper.send().outcome is Outcome.YES
