"""A client that trades until the exchange dies, and remembers what it was told."""

import http.client
import json
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from src.exchange.simulator.auth import signature
from src.records.operations import ExchangeEndpoint
from tests.process.retold_journal import Retold

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
SIZES = {"PF_XBTUSD": ("0.0001", "0.0015"), "PF_ETHUSD": ("0.001", "0.02")}
DECIMALS = {"PF_XBTUSD": 0, "PF_ETHUSD": 1}
TRADING = "/derivatives/api/v3/"
DEAD = (OSError, http.client.HTTPException, json.JSONDecodeError)
"""What a client sees of a server that was killed."""


@dataclass
class Claims:
    """What the exchange has acknowledged."""

    placed: set[str] = field(default_factory=set)
    """Client ids."""
    fills: set[tuple[str, str]] = field(default_factory=set)
    """(fill, order)."""
    ended: set[str] = field(default_factory=set)
    limits: set[tuple[str, Decimal | None]] = field(default_factory=set)
    moved: set[Decimal] = field(default_factory=set)
    armed: set[str] = field(default_factory=set)
    answers: int = 0

    def broken(self, told: Retold) -> list[str]:
        """Return every acknowledgement that the journal knows nothing of."""
        return [
            *(f"order {name} was acknowledged" for name in self.placed if not told.placed[name]),
            *(f"fill {fill} was acknowledged" for fill in self.fills if not told.fills[fill]),
            *(f"the end of {name} was acknowledged" for name in self.ended - told.ended),
            *(f"the edit of {name} was acknowledged" for name in self.limits - told.limits),
            *(
                f"the transfer of {amount} was acknowledged"
                for amount in self.moved
                if not told.moved[amount]
            ),
            *(f"the switch at {until} was acknowledged" for until in self.armed - told.armed),
        ]


class Trader:
    """One connection of one client; every order, edit and transfer of its life can be told from every other."""

    def __init__(self, endpoint: ExchangeEndpoint, *, name: str, seed: str) -> None:
        self.claims = Claims()
        self._endpoint = endpoint
        self._name = name
        self._chance = random.Random(seed)
        self._number = 0
        self._open: list[tuple[str, str]] = []
        self._prices: dict[str, float] = {}
        self._line = http.client.HTTPConnection(endpoint.url.removeprefix("http://"), timeout=5)

    def trade(self, stopped: threading.Event) -> None:
        """Trade until it is told to stop, or until nobody answers any more."""
        wishes: tuple[Callable[[], None], ...] = (
            *((self._market,) * 6),
            *((self._rest,) * 5),
            *((self._stop,) * 3),
            *((self._edit,) * 4),
            *((self._cancel,) * 3),
            *((self._transfer,) * 2),
            self._batch,
            self._cross,
            self._flatten,
            self._arm,
            self._cancel_all,
            self._prefer,
            self._read_fills,
        )
        try:
            for symbol in SYMBOLS:
                ticker = self._ask("GET", f"tickers/{symbol}")["ticker"]
                self._prices[symbol] = float(ticker["markPrice"])
            while not stopped.is_set():
                self._chance.choice(wishes)()
        except DEAD:
            pass
        finally:
            self._line.close()

    # wishes
    def _market(self) -> None:
        self._send(orderType="mkt")

    def _rest(self) -> None:
        self._limit(self._chance.choice([0.9, 0.97, 0.9999]))

    def _cross(self) -> None:
        self._limit(1.002, orderType=self._chance.choice(["lmt", "post", "ioc"]))

    def _stop(self) -> None:
        symbol, side = self._chance.choice(SYMBOLS), self._chance.choice(["buy", "sell"])
        away = self._chance.choice([0.0005, 0.02])
        price = self._price(symbol, 1 + away if side == "buy" else 1 - away)
        self._send(symbol, side, orderType="stp", stopPrice=price, triggerSignal="mark")

    def _flatten(self) -> None:
        for side in ("buy", "sell"):
            self._send(self._chance.choice(SYMBOLS), side, orderType="mkt", size="1", reduceOnly="true")

    def _edit(self) -> None:
        if not self._open:
            return
        order_id, symbol = self._chance.choice(self._open)
        price = self._price(symbol, self._chance.uniform(0.92, 0.95))
        status = self._post("editorder", orderId=order_id, limitPrice=price)["editStatus"]
        if status["status"] == "edited" and status["orderEvents"][0]["type"] == "EDIT":
            self.claims.limits.add((order_id, Decimal(price)))
            self._hear_events(status["orderEvents"])

    def _cancel(self) -> None:
        if not self._open:
            return
        order_id, _ = self._open.pop(self._chance.randrange(len(self._open)))
        if self._post("cancelorder", order_id=order_id)["cancelStatus"]["status"] == "cancelled":
            self.claims.ended.add(order_id)

    def _cancel_all(self) -> None:
        status = self._post("cancelallorders", symbol=self._chance.choice(SYMBOLS))["cancelStatus"]
        self.claims.ended |= {gone["order_id"] for gone in status["cancelledOrders"]}

    def _batch(self) -> None:
        mine = [self._own_id() for _ in range(3)]
        items: list[dict[str, object]] = [
            {"order": "send", "order_tag": name, "cliOrdId": name, **self._form(orderType="mkt")}
            for name in mine
        ]
        items += [{"order": "cancel", "order_id": order_id} for order_id, _ in self._open[:1]]
        answer = self._post("batchorder", json=json.dumps({"batchOrder": items}))
        for name, status in zip(mine, answer["batchStatus"], strict=False):
            if status["status"] == "placed":
                self._hear_placed(name, status["order_id"], status["orderEvents"])

    def _transfer(self) -> None:
        amount = Decimal(self._chance.randrange(1, 10**9)).scaleb(-8)
        into = self._chance.random() < 0.5
        source, target = ("cash", "flex") if into else ("flex", "cash")
        answer = self._post(
            "transfer", fromAccount=source, toAccount=target, unit="usd", amount=f"{amount:f}"
        )
        if answer["result"] == "success":
            self.claims.moved.add(amount if into else -amount)

    def _arm(self) -> None:
        answer = self._post("cancelallordersafter", timeout=str(self._chance.choice([20, 120, 900])))
        self.claims.armed.add(answer["status"]["triggerTime"])

    def _prefer(self) -> None:
        leverage = str(self._chance.choice([5, 10, 20]))
        self._ask("PUT", "leveragepreferences", symbol=self._chance.choice(SYMBOLS), maxLeverage=leverage)

    def _read_fills(self) -> None:
        fills = self._ask("GET", "fills")["fills"]
        self.claims.fills |= {(fill["fill_id"], fill["order_id"]) for fill in fills}

    # orders
    def _limit(self, nearness: float, *, orderType: str = "lmt") -> None:  # noqa: N803 - the wire's name
        symbol, side = self._chance.choice(SYMBOLS), self._chance.choice(["buy", "sell"])
        price = self._price(symbol, nearness if side == "buy" else 2 - nearness)
        self._send(symbol, side, orderType=orderType, limitPrice=price)

    def _send(self, symbol: str | None = None, side: str | None = None, **params: str) -> None:
        name = self._own_id()
        form = self._form(symbol, side, **params)
        status = self._post("sendorder", cliOrdId=name, **form)["sendStatus"]
        if status["status"] == "placed":
            self._hear_placed(name, status["order_id"], status["orderEvents"])
            if params["orderType"] == "lmt":
                self._open.append((status["order_id"], form["symbol"]))

    def _form(self, symbol: str | None = None, side: str | None = None, **params: str) -> dict[str, str]:
        symbol = symbol or self._chance.choice(SYMBOLS)
        side = side or self._chance.choice(["buy", "sell"])
        return {"symbol": symbol, "side": side, "size": self._chance.choice(SIZES[symbol])} | params

    def _hear_placed(self, name: str, order_id: str, events: Iterable[dict[str, Any]]) -> None:
        self.claims.placed.add(name)
        self._hear_events(events, order_id)

    def _hear_events(self, events: Iterable[dict[str, Any]], order_id: str | None = None) -> None:
        for event in events:
            if event["type"] == "EXECUTION":
                order = order_id or event["orderPriorExecution"]["orderId"]
                self.claims.fills.add((event["executionId"], order))

    def _own_id(self) -> str:
        self._number += 1
        return f"{self._name}-{self._number}"

    def _price(self, symbol: str, part: float) -> str:
        return f"{self._prices[symbol] * part:.{DECIMALS[symbol]}f}"

    # the wire
    def _post(self, path: str, **params: str) -> dict[str, Any]:
        return self._ask("POST", path, **params)

    def _ask(self, method: str, path: str, **params: str) -> dict[str, Any]:
        body, nonce = urlencode(params), str(self._chance.getrandbits(40))
        signed = signature(f"{body}{nonce}/api/v3/{path}".encode(), self._endpoint.api_secret)
        headers = {
            "APIKey": self._endpoint.api_key,
            "Nonce": nonce,
            "Authent": signed,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._line.request(method, TRADING + path, body=body, headers=headers)
        answer = self._line.getresponse()
        shape: dict[str, Any] = json.loads(answer.read())
        self.claims.answers += 1
        return shape
