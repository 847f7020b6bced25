"""The account log of the websocket: what was there, then each row once."""

from src.exchange.simulator.wire.log_stream import ROWS_IN_SNAPSHOT, LogFeed
from tests.paper_exchange_fakes import Exchange, trading


def feed_of(exchange: Exchange) -> LogFeed:
    return LogFeed(exchange.state)


def ids(messages: list[dict[str, object]]) -> list[object]:
    entries = [message["new_entry"] for message in messages]
    return [entry["id"] for entry in entries if isinstance(entry, dict)]


def test_a_row_is_news_once_and_in_the_order_of_booking() -> None:
    exchange = trading()
    feed = feed_of(exchange)
    assert feed.news() == []
    exchange.send("mkt", "buy", "0.02")
    assert ids(feed.news()) == [2, 3]
    assert feed.news() == []


def test_the_snapshot_is_newest_first_and_leaves_nothing_untold() -> None:
    exchange = trading()
    feed = feed_of(exchange)
    for _ in range(ROWS_IN_SNAPSHOT):
        exchange.send("mkt", "buy", "0.0001")
    logs = feed.snapshot()["logs"]
    assert isinstance(logs, list)
    newest = exchange.state.account.rows[-1].row_id
    assert [row["id"] for row in logs] == list(range(newest, newest - ROWS_IN_SNAPSHOT, -1))
    assert feed.news() == []


def test_what_a_row_lacks_is_nought_or_empty() -> None:
    exchange = trading()
    logs = feed_of(exchange).snapshot()["logs"]
    assert isinstance(logs, list)
    (opened,) = logs
    assert (opened["trade_price"], opened["execution"], opened["new_balance"]) == (0.0, "", 10_000.0)
    assert None not in opened.values()
