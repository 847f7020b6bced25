"""What the websocket tells while a client trades, over real sockets."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import aiohttp
import orjson
import pytest

from src.exchange.simulator.auth import signature
from src.records.operations import ExchangeEndpoint
from tests.paper_exchange_fakes import XBT
from tests.wire_fakes import Wire, order_faults, wired

WITHIN_S = 10.0
Message = dict[str, object]


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


class Ear:
    """One connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, endpoint: ExchangeEndpoint) -> None:
        self._socket = socket
        self._endpoint = endpoint

    async def say(self, **message: object) -> None:
        await self._socket.send_str(orjson.dumps(message).decode())

    async def hear(self) -> Message:
        received = await asyncio.wait_for(self._socket.receive(), WITHIN_S)
        message: Message = orjson.loads(received.data)
        return message

    async def is_hung_up(self) -> bool:
        """Return whether the next that comes is the end."""
        received = await asyncio.wait_for(self._socket.receive(), WITHIN_S)
        return received.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}

    async def until(self, feed: str) -> Message:
        while (message := await self.hear()).get("feed") != feed or "event" in message:
            pass
        return message

    async def listen(self, feed: str) -> Message:
        """Subscribe to a public feed of the first contract and return its first message."""
        await self.say(event="subscribe", feed=feed, product_ids=[XBT])
        assert (await self.hear())["event"] == "subscribed"
        return await self.hear()

    async def enter(self, feed: str, *, secret: str | None = None) -> Message:
        """Subscribe to a feed of the account and return the answer."""
        key = self._endpoint.api_key
        await self.say(event="challenge", api_key=key)
        challenge = str((await self.hear())["message"])
        signed = signature(challenge.encode(), self._endpoint.api_secret if secret is None else secret)
        names = {"original_challenge": challenge, "signed_challenge": signed}
        await self.say(event="subscribe", feed=feed, api_key=key, **names)
        return await self.hear()


def told(wire: Wire, story: Callable[[Ear], Awaitable[None]]) -> None:
    async def run() -> None:
        url = wire.endpoint.url.replace("http", "ws") + "/ws/v1"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            ear = Ear(socket, wire.endpoint)
            assert (await ear.hear())["event"] == "info"
            await story(ear)

    asyncio.run(run())


async def act_in_thread(do: Callable[[], object]) -> None:
    """Let a client that blocks do something."""
    await asyncio.get_running_loop().run_in_executor(None, do)


def test_a_book_is_a_snapshot_and_deltas_numbered_without_a_gap(wire: Wire) -> None:
    async def story(ear: Ear) -> None:
        snapshot = await ear.listen("book")
        assert snapshot["feed"] == "book_snapshot"
        await act_in_thread(lambda: wire.send("lmt", "buy", "1", limitPrice="100"))
        await act_in_thread(lambda: wire.send("mkt", "buy", "5"))
        deltas = [await ear.until("book") for _ in range(2)]
        assert [d["seq"] for d in deltas] == [snapshot["seq"] + n for n in (1, 2)]  # type: ignore[operator] # JSON
        assert [(d["side"], d["price"], d["qty"]) for d in deltas] == [
            ("buy", 100.0, 1.0),
            ("sell", 101.0, 0.0),
        ]

    told(wire, story)


def test_trades_are_told_newest_first_and_then_each(wire: Wire) -> None:
    wire.trade("buy", 101.0, 0.1)
    wire.trade("sell", 99.0, 0.2)
    wire.client.fetch_ticker("BTC/USD:USD")

    async def story(ear: Ear) -> None:
        snapshot = await ear.listen("trade")
        assert [row["price"] for row in snapshot["trades"]] == [99.0, 101.0]  # type: ignore[attr-defined] # JSON
        await act_in_thread(lambda: wire.send("mkt", "buy", "1"))
        trade = await ear.until("trade")
        assert (trade["side"], trade["price"], trade["qty"], trade["seq"]) == ("buy", 101.0, 1.0, 3)

    told(wire, story)


def test_a_ticker_tells_both_funding_rates_and_its_short_form_neither(wire: Wire) -> None:
    wire.mark(100.0, index=99.0, rate=1.2)
    wire.client.fetch_ticker("BTC/USD:USD")

    async def story(ear: Ear) -> None:
        ticker = await ear.listen("ticker")
        assert (ticker["funding_rate"], ticker["relative_funding_rate"]) == (1.2, pytest.approx(1.2 / 99))
        assert ticker["next_funding_rate_time"] % 3_600_000 == 0  # type: ignore[operator] # JSON
        lite = await ear.listen("ticker_lite")
        assert lite["feed"] == "ticker_lite"
        assert (lite["bid"], lite["ask"], lite["tag"]) == (99.0, 101.0, "perpetual")
        assert "funding_rate" not in lite

    told(wire, story)


def test_private_feeds_want_the_challenge_signed(wire: Wire) -> None:
    async def story(ear: Ear) -> None:
        await ear.say(event="subscribe", feed="fills", api_key=wire.endpoint.api_key)
        assert (await ear.hear())["event"] == "alert"
        assert (await ear.enter("fills", secret="d3Jvbmc="))["event"] == "alert"
        answer = await ear.enter("fills")
        assert (answer["event"], answer["feed"]) == ("subscribed", "fills")
        assert (await ear.hear())["feed"] == "fills_snapshot"

    told(wire, story)


def test_a_fill_tells_its_fee(wire: Wire) -> None:
    async def story(ear: Ear) -> None:
        await ear.enter("fills")
        await act_in_thread(lambda: wire.send("mkt", "buy", "1", cliOrdId="c"))
        fills = (await ear.until("fills"))["fills"]
        assert isinstance(fills, list)
        assert (fills[0]["cli_ord_id"], fills[0]["fill_type"], fills[0]["buy"]) == ("c", "taker", True)
        assert fills[0]["fee_paid"] == pytest.approx(101 * 0.0005)

    told(wire, story)


def test_an_order_that_leaves_the_book_says_why(wire: Wire) -> None:
    async def story(ear: Ear) -> None:
        await ear.enter("open_orders")
        assert (await ear.hear())["feed"] == "open_orders_snapshot"
        await act_in_thread(lambda: wire.send("lmt", "buy", "1", limitPrice="90", cliOrdId="c"))
        placed = await ear.until("open_orders")
        assert (placed["reason"], placed["is_cancel"]) == ("new_placed_order_by_user", False)
        await act_in_thread(lambda: wire.client.privatePostCancelorder({"cliOrdId": "c"}))
        gone = await ear.until("open_orders")
        assert (gone["reason"], gone["is_cancel"], gone["cli_ord_id"]) == ("cancelled_by_user", True, "c")

    told(wire, story)


def test_the_verbose_feed_tells_refusals_by_the_book_too(wire: Wire) -> None:
    async def story(ear: Ear) -> None:
        await ear.enter("open_orders_verbose")
        assert (await ear.hear())["feed"] == "open_orders_verbose_snapshot"
        await act_in_thread(lambda: wire.send("post", "buy", "1", limitPrice="101", cliOrdId="c"))
        refused = await ear.until("open_orders_verbose")
        assert (refused["cli_ord_id"], refused["is_cancel"]) == ("c", True)
        assert refused["reason"] == "post_order_failed_because_it_would_filled"

    told(wire, story)


@pytest.mark.parametrize(
    ("form", "becomes"),
    [({}, ["stop_order_triggered", "full_fill"]), ({"limitPrice": "100"}, ["limit_order_from_stop"])],
)
def test_a_stop_that_fires_says_so_and_becomes_another_order(
    wire: Wire, form: dict[str, str], becomes: list[str]
) -> None:
    wire.send("mkt", "buy", "1")

    async def story(ear: Ear) -> None:
        await ear.enter("open_orders")
        await ear.hear()
        stop = {"stopPrice": "95", "triggerSignal": "mark", "reduceOnly": "true"}
        await act_in_thread(lambda: wire.send("stp", "sell", "1", **stop, **form))
        trigger = (await ear.until("open_orders"))["order"]
        assert isinstance(trigger, dict)
        assert (trigger["type"], trigger["triggerSignal"]) == ("stop", "mark")
        wire.mark(95.0)
        await act_in_thread(wire.client.fetch_positions)
        fired = await ear.until("open_orders")
        assert (fired["reason"], fired["is_cancel"]) == ("stop_order_triggered", True)
        assert fired["order_id"] == trigger["order_id"]
        after = [await ear.until("open_orders") for _ in becomes]
        assert [message["reason"] for message in after] == becomes

    told(wire, story)


def test_positions_are_told_whole_after_every_fill(wire: Wire) -> None:
    async def story(ear: Ear) -> None:
        await ear.enter("open_positions")
        assert (await ear.hear())["positions"] == []
        await act_in_thread(lambda: wire.send("mkt", "sell", "1"))
        positions = (await ear.until("open_positions"))["positions"]
        assert isinstance(positions, list)
        (position,) = positions
        assert (position["balance"], position["entry_price"], position["mark_price"]) == (-1.0, 99.0, 100.0)
        assert (position["pnl"], position["initial_margin"], position["maintenance_margin"]) == (
            -1.0,
            2.0,
            1.0,
        )

    told(wire, story)


def test_balances_are_a_snapshot_and_then_the_section_that_changed(wire: Wire) -> None:
    async def story(ear: Ear) -> None:
        await ear.enter("balances")
        snapshot = await ear.hear()
        assert (snapshot["feed"], snapshot["holding"]) == ("balances_snapshot", {"USD": 0.0})
        await act_in_thread(lambda: wire.send("mkt", "buy", "1"))
        update = await ear.until("balances")
        flex = update["flex_futures"]
        assert isinstance(flex, dict)
        assert "holding" not in update
        assert flex["balance_value"] == pytest.approx(10_000 - 101 * 0.0005)
        assert flex["available_margin"] == pytest.approx(flex["margin_equity"] - flex["initial_margin"])

    told(wire, story)


def test_what_is_no_feed_and_no_contract_is_refused(wire: Wire) -> None:
    async def story(ear: Ear) -> None:
        for asked in ({"feed": "nothing"}, {"feed": "book", "product_ids": ["PF_NOPEUSD"]}):
            await ear.say(event="subscribe", **asked)
            assert (await ear.hear())["event"] == "alert"
        await ear.say(event="nonsense")
        assert (await ear.hear())["event"] == "error"

    told(wire, story)


@pytest.mark.parametrize(("act", "numbers"), [("duplicate", [1, 1, 2]), ("lose", [2]), ("reorder", [2, 1])])
def test_messages_can_come_twice_never_or_too_late(wire: Wire, act: str, numbers: list[int]) -> None:
    order_faults(wire, rate_limit="off", stream=[{"act": act, "feed": "book", "nth": [1]}])

    async def story(ear: Ear) -> None:
        seq = (await ear.listen("book"))["seq"]
        for price in ("100", "98"):
            await act_on(price)
        told = [await ear.until("book") for _ in numbers]
        assert [message["seq"] for message in told] == [seq + n for n in numbers]  # type: ignore[operator] # JSON

    async def act_on(price: str) -> None:
        await act_in_thread(lambda: wire.send("lmt", "buy", "1", limitPrice=price))

    told(wire, story)


def test_a_listener_can_be_hung_up_on(wire: Wire) -> None:
    order_faults(wire, rate_limit="off", stream=[{"act": "close", "feed": "book"}])

    async def story(ear: Ear) -> None:
        await ear.listen("book")
        await act_in_thread(lambda: wire.send("lmt", "buy", "1", limitPrice="100"))
        assert await ear.is_hung_up()

    told(wire, story)
