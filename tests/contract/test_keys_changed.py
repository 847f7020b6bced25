"""Keys are changed while a session goes on: only for a key that opens the same account."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from src.exchange.errors import KeyOfAnotherAccount, NoAnswer
from src.exchange.kraken import KrakenExchange
from src.exchange.renewed_keys import keys_reloader, remember_account
from src.store.errors import HomeMismatch
from src.store.home import bind, identity_file, know_account
from src.store.paths import Home
from tests.paper_exchange_server import Served, served


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("keys")) as running:
        bind(running.home, mode="paper", market_kind="synthetic", account="paper", ts=1.0)
        yield running


@pytest.fixture
def exchange(paper: Served) -> Iterator[KrakenExchange]:
    endpoint = paper.endpoint
    session = KrakenExchange(
        url=endpoint.url, api_key=endpoint.api_key, api_secret=endpoint.api_secret, clock=paper.clock
    )
    yield session
    session.close()


def test_a_reload_goes_on_with_the_same_account(exchange: KrakenExchange, paper: Served) -> None:
    remember_account(exchange, paper.home)
    bound = identity_file(paper.home).read()
    assert bound is not None
    assert bound.account_uid == exchange.account_uid()
    said = keys_reloader(exchange, mode="paper", home=paper.home)()
    assert str(bound.account_uid) in said
    assert exchange.account().balance > 0


def test_a_key_that_opens_nothing_leaves_the_old_session(exchange: KrakenExchange) -> None:
    with pytest.raises(NoAnswer):
        exchange.change_keys(api_key="none", api_secret="bm9uZQ==", account_uid=None)
    assert exchange.account().balance > 0


def test_a_key_to_another_account_leaves_the_old_session(exchange: KrakenExchange, paper: Served) -> None:
    endpoint = paper.endpoint
    with pytest.raises(KeyOfAnotherAccount, match="not another"):
        exchange.change_keys(api_key=endpoint.api_key, api_secret=endpoint.api_secret, account_uid="another")
    assert exchange.account().balance > 0


def test_a_home_knows_one_account_for_life(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(HomeMismatch, match="no account yet"):
        know_account(home, "a")
    bind(home, mode="demo", market_kind="kraken", account="old", ts=1.0)
    know_account(home, "a")
    know_account(home, "a", account="new")
    with pytest.raises(HomeMismatch, match="opens account b"):
        know_account(home, "b", account="newer")
    bound = identity_file(home).read()
    assert bound is not None
    assert (bound.account_uid, bound.account) == ("a", "new")
