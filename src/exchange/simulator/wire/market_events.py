"""The trades of a market as the history service tells them: anybody may read them."""

from collections.abc import Mapping

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.feed import Print
from src.exchange.simulator.ids import name_of
from src.exchange.simulator.wire.pages import Telling, page
from src.exchange.simulator.wire.public import find, price_text, print_uid
from src.exchange.simulator.wire.values import millis


def executions(core: Core, params: Mapping[str, str]) -> dict[str, object]:
    """Return a page of the trades of one contract."""
    contract = find(core, params)
    telling = Telling[Print](
        ts=lambda printed: printed.ts,
        symbol=lambda printed: printed.symbol,
        uid=lambda printed: name_of(print_uid(printed), "element", 0),
        event=lambda printed: _execution(contract, printed),
    )
    return page(contract.prints, telling, params)


def _execution(contract: Contract, p: Print) -> dict[str, object]:
    taker = "Buy" if p.side == "buy" else "Sell"
    common: dict[str, object] = {
        "tradeable": p.symbol,
        "quantity": price_text(p.size),
        "timestamp": millis(p.ts),
        "limitPrice": price_text(p.price),
        "reduceOnly": False,
        "lastUpdateTimestamp": millis(p.ts),
    }
    uid = print_uid(p)
    maker = {
        "uid": name_of(uid, "maker", 0),
        "direction": "Sell" if taker == "Buy" else "Buy",
        "orderType": "Limit",
    }
    took = {"uid": name_of(uid, "taker", 0), "direction": taker, "orderType": "Limit"}
    execution = {
        "uid": uid,
        "makerOrder": common | maker,
        "takerOrder": common | took,
        "timestamp": millis(p.ts),
        "quantity": price_text(p.size),
        "price": price_text(p.price),
        "markPrice": price_text(contract.mark if contract.mark is not None else p.price),
        "limitFilled": True,
        "usdValue": f"{p.size * p.price:.2f}",
    }
    return {"Execution": {"execution": execution, "takerReducedQuantity": ""}}
