"""What requests cost, and what happens when there is not enough left."""

import pytest

from src.exchange.simulator.budgets import Budgets, history_cost, trading_cost

TRADING = "/derivatives/api/v3/"
HISTORY = "/api/history/v3/"
BATCH = 'json={"batchOrder":[{"order":"cancel"},{"order":"cancel"},{"order":"cancel"}]}'


@pytest.mark.parametrize(
    ("method", "name", "query", "cost"),
    [
        ("POST", "sendorder", "", 10),
        ("POST", "editorder", "", 10),
        ("POST", "cancelorder", "", 10),
        ("POST", "cancelallorders", "", 25),
        ("POST", "cancelallordersafter", "", 25),
        ("GET", "orders/status", "", 1),
        ("POST", "orders/status", "", 1),
        ("GET", "accounts", "", 2),
        ("GET", "openpositions", "", 2),
        ("GET", "openorders", "", 2),
        ("GET", "fills", "", 2),
        ("GET", "fills", "lastFillTime=2026-11-22T06%3A00%3A00.000Z", 25),
        ("GET", "leveragepreferences", "", 2),
        ("PUT", "leveragepreferences", "", 10),
        ("POST", "transfer", "", 10),
        ("POST", "withdrawal", "", 100),
        ("GET", "instruments", "", 0),
        ("GET", "tickers/PF_XBTUSD", "", 0),
        ("GET", "orderbook", "", 0),
    ],
)
def test_trading_costs_what_the_venue_says(method: str, name: str, query: str, cost: int) -> None:
    assert trading_cost(method, TRADING + name, query, "") == cost


@pytest.mark.parametrize(
    ("query", "body", "cost"),
    [
        ("", BATCH, 12),
        (BATCH, "", 12),
        ("", "json=%7B%22batchOrder%22%3A%5B%7B%7D%2C%7B%7D%5D%7D", 11),
        ("", "json={", 10),
        ("", "", 10),
        ("", 'json={"batchOrder":7}', 10),
        ("", "json=[]", 10),
    ],
)
def test_a_batch_costs_by_its_items(query: str, body: str, cost: int) -> None:
    assert trading_cost("POST", TRADING + "batchorder", query, body) == cost


@pytest.mark.parametrize(
    ("name", "query", "cost"),
    [
        ("orders", "", 1),
        ("executions", "", 1),
        ("triggers", "", 1),
        ("accountlogcsv", "", 6),
        ("account-log", "count=25", 1),
        ("account-log", "count=26", 2),
        ("account-log", "count=1000", 3),
        ("account-log", "", 3),
        ("account-log", "count=many", 3),
        ("account-log", "count=5000", 6),
        ("account-log", "count=100000", 10),
        ("market/PF_XBTUSD/executions", "", 0),
    ],
)
def test_history_costs_what_the_venue_says(name: str, query: str, cost: int) -> None:
    assert history_cost(HISTORY + name, query) == cost


def spend(budgets: Budgets, name: str, *, at: float, method: str = "POST") -> bool:
    return budgets.afford(method, TRADING + name, query="", body="", real_now=at)


def test_five_hundred_units_last_for_ten_seconds() -> None:
    budgets = Budgets()
    assert all(spend(budgets, "sendorder", at=100.0 + number / 10) for number in range(50))
    assert not spend(budgets, "sendorder", at=109.9)
    assert spend(budgets, "instruments", method="GET", at=109.9)
    assert spend(budgets, "sendorder", at=110.0)
    assert not spend(budgets, "sendorder", at=110.0)


def test_what_is_refused_costs_nothing() -> None:
    budgets = Budgets()
    assert all(spend(budgets, "sendorder", at=0.0) for _ in range(49))
    assert not spend(budgets, "cancelallorders", at=1.0)
    assert spend(budgets, "sendorder", at=1.0)


def test_history_is_a_pool_that_fills_evenly_and_apart_from_trading() -> None:
    budgets = Budgets()

    def ask(at: float) -> bool:
        return budgets.afford("GET", HISTORY + "orders", query="", body="", real_now=at)

    assert sum(ask(50.0) for _ in range(150)) == 100
    assert not ask(55.9)
    assert ask(56.1)
    assert not ask(56.2)
    assert spend(budgets, "sendorder", at=56.2)
    assert sum(ask(5000.0) for _ in range(150)) == 100
