"""What the desk makes of an account that others use too: copies of its home, other homes, and people."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from src.exchange.account_watch import AccountWatch
from src.ledger.book import Ledger
from src.records.enums import OrderPurpose
from src.records.ledger import LedgerOpened
from src.records.orders import OrderIntent, OrderUpdate
from src.records.settings import Margin
from tests.exchange_fakes import INSTANCE, DirectExchange, the_settings
from tests.fault_rows_fakes import FaultyDesk, faulty_desk
from tests.paper_exchange_fakes import ETH, XBT, trading

OTHER_HOME = "tbxyzaaa0123456789"
COPY = f"tb{INSTANCE}zzz0123456789"


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[FaultyDesk]:
    with faulty_desk(tmp_path) as made:
        yield made


def rest(bot: FaultyDesk, name: str, *, side: str = "buy", price: str = "90") -> None:
    form = {
        "symbol": XBT,
        "orderType": "lmt",
        "side": side,
        "size": "1",
        "limitPrice": price,
        "cliOrdId": name,
    }
    assert "placed" in str(bot.somebody("sendorder", **form))


def test_an_order_of_a_copy_of_this_home_freezes_until_the_next_start_and_is_not_adopted(
    bot: FaultyDesk,
) -> None:
    rest(bot, COPY)
    bot.wait(31)
    assert bot.desk.freeze_reasons() == ("copy_of_this_home",)
    assert bot.events() == []
    bot.somebody("cancelallorders")
    bot.wait(31)
    assert bot.desk.freeze_reasons() == ("copy_of_this_home",)
    assert bot.refused() == "frozen"


def test_a_fill_of_a_copy_of_this_home_is_latched(bot: FaultyDesk) -> None:
    bot.somebody_trades("buy", "1", cliOrdId=COPY)
    bot.wait(31)
    bot.restart()
    assert "copy_of_this_home" in bot.frozen()


def test_two_homes_that_trade_on_one_key_are_named(bot: FaultyDesk) -> None:
    rest(bot, OTHER_HOME)
    bot.somebody_trades("buy", "1", cliOrdId=OTHER_HOME.replace("0", "1"))
    bot.wait(31)
    assert {f"other_home_order:{XBT}", f"other_home_fill:{XBT}"} <= set(bot.frozen())


def test_orders_of_earlier_starts_are_ours(bot: FaultyDesk) -> None:
    bot.enter()
    for _ in range(2):
        bot.restart()
        bot.wait(31)
    assert bot.desk.freeze_reasons() == ()
    assert len(bot.intents(OrderPurpose.STOP)) == 1
    bot.exit()
    names = {
        intent.cli_ord_id[5:8]
        for intent in [*bot.intents(OrderPurpose.STOP), *bot.intents(OrderPurpose.EXIT)]
    }
    assert names == {"e01", "e03"}
    bot.assert_whole()


def test_a_stop_of_ours_whose_intent_was_lost_is_adopted(bot: FaultyDesk) -> None:
    bot.enter()
    bot.die()
    lines = bot.home.orders.read_bytes().splitlines(keepends=True)
    stop = bot.intents(OrderPurpose.STOP)[0]
    bot.home.orders.write_bytes(b"".join(line for line in lines if stop.cli_ord_id.encode() not in line))
    bot.live_again()
    bot.wait(2)
    (adopted,) = [intent for intent in bot.intents(OrderPurpose.STOP) if intent.reason == "adopted"]
    assert (adopted.cli_ord_id, adopted.size, adopted.stop_price) == (
        stop.cli_ord_id,
        Decimal(1),
        stop.stop_price,
    )
    assert bot.desk.freeze_reasons() == ()
    bot.assert_whole()


def test_foreign_orders_may_be_accepted_and_new_ones_are_named_again(bot: FaultyDesk) -> None:
    rest(bot, "mine")
    bot.wait(31)
    assert bot.desk.accept(XBT) == (f"foreign_order:{XBT}",)
    bot.wait(31)
    assert bot.desk.freeze_reasons() == ()
    rest(bot, "another", price="91")
    bot.wait(31)
    assert bot.desk.freeze_reasons() == (f"foreign_order:{XBT}",)


def limited(bot: FaultyDesk) -> object:
    return bot.somebody("leveragepreferences")["leveragePreferences"]


def test_a_leverage_preference_is_taken_back_at_a_start_where_nothing_is_open(bot: FaultyDesk) -> None:
    bot.somebody("setleverage", symbol=ETH, maxLeverage="5")
    bot.wait(61)
    assert bot.desk.freeze_reasons() == (f"leverage_drift:{ETH}",)
    assert limited(bot) != []
    bot.restart()
    bot.wait(1)
    assert (bot.desk.freeze_reasons(), limited(bot)) == ((), [])


def test_a_leverage_preference_of_an_open_position_is_left_alone_and_freezes(bot: FaultyDesk) -> None:
    bot.enter()
    bot.somebody("setleverage", symbol=XBT, maxLeverage="5")
    bot.restart()
    bot.wait(61)
    assert bot.desk.freeze_reasons() == (f"leverage_drift:{XBT}",)
    bot.exit()
    bot.somebody("setleverage", symbol=XBT)
    bot.wait(61)
    assert bot.desk.freeze_reasons() == ()


def test_a_wanted_leverage_is_set_and_read_back(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(the_settings(), margin=Margin(max_leverage={XBT: 5.0}))
    with faulty_desk(tmp_path, settings) as bot:
        assert limited(bot) == [{"symbol": XBT, "maxLeverage": 5.0}]
        assert bot.desk.freeze_reasons() == ()
        bot.somebody("setleverage", symbol=XBT)
        bot.wait(61)
        assert bot.desk.freeze_reasons() == (f"leverage_drift:{XBT}",)


def test_collateral_in_other_money_freezes() -> None:
    ledger = Ledger()
    held = {"BTC": Decimal("0.5"), "EUR": Decimal(0)}
    ledger.book(LedgerOpened(ts=1.0, balance_usd=Decimal(100), holdings=held, holdings_usd=Decimal(50)))
    watch = AccountWatch(exchange=DirectExchange(trading()), ledger=ledger, leverage={})
    assert watch.reasons() == ("foreign_collateral:BTC",)


def test_what_was_lost_at_a_stop_is_resolved_before_it_is_named(bot: FaultyDesk) -> None:
    bot.paper.call_fault(path="sendorder", act="drop", nth=[2])
    bot.enter()
    bot.wait(4)
    told = [event for event in bot.events() if isinstance(event, OrderUpdate | OrderIntent)]
    assert len([event for event in told if isinstance(event, OrderIntent)]) == 2
    assert bot.desk.freeze_reasons() == ()
    bot.assert_whole()
