"""The way of a position: entry, its fill, its stop, its exit, and where all of it is found again."""

from collections.abc import Callable

from src.exchange.base import Fill, OrderQuery
from src.exchange.conformance.bench import Bench, Reply
from src.exchange.conformance.row import fail, judged, note, warn
from src.exchange.errors import NoAnswer
from src.records.checks import CheckRow

_STOP_WORDS = frozenset({"stop", "stp"})
_SHOWN_WITHIN_S = 10.0
_LAG_WITHIN_S = 60.0


def life_of_a_position(bench: Bench) -> list[CheckRow]:
    """Enter, protect, leave, with the smallest size; tell how each step showed."""
    name, since = bench.name(), bench.session.server_time(bench.clock.now()) - 2
    reply = bench.order("ioc", "buy", limitPrice=bench.priced(bench.ask(), "1.005"), cliOrdId=name)
    if not reply.accepted:
        return [fail("an entry is placed", reply.answer.word, "placed")]
    found: list[Fill] = []
    lag = bench.until(lambda: _filled(bench, name, since, found), within_s=_SHOWN_WITHIN_S)
    shown = "not shown" if lag is None else f"{found[0].size:f} at {found[0].price:f} after {lag:.1f} s"
    rows = [
        judged("an entry is placed", reply.kinds(), fits=bool(reply.events), wanted="events"),
        judged("its fill shows with our name", shown, fits=lag is not None, wanted="in fills, with cliOrdId"),
    ]
    if not found:
        return rows
    return [*rows, *_protected(bench), _left(bench), *_remembered(bench, name, since, found[0])]


def funding_of_a_short(bench: Bench) -> CheckRow:
    """Tell the sign of the funding that accrues to a short."""
    question = "10 sign of a short's accrued funding"
    bench.order("ioc", "sell", limitPrice=bench.priced(bench.bid(), "0.995"))
    bench.pause(5.0)
    raw = bench.probe.call("openpositions", {})
    ticker = bench.probe.call("ticker", {"symbol": bench.symbol})
    bench.tidy()
    rows = raw.get("openPositions") if isinstance(raw, dict) else None
    told = ticker.get("ticker") if isinstance(ticker, dict) else None
    if not rows or not isinstance(told, dict):
        return warn(question, "no short was shown", "ask again")
    accrued, rate = rows[0].get("unrealizedFunding"), told.get("fundingRate")
    return note(question, f"unrealizedFunding {accrued} with a funding rate of {rate}")


def _filled(bench: Bench, name: str, since: float, found: list[Fill]) -> bool:
    found[:] = [fill for fill in bench.session.fills(since) if fill.cli_ord_id == name]
    return bool(found)


def _protected(bench: Bench) -> list[CheckRow]:
    """Place the kind of stop that the bot places, read it back, take it away."""
    stop = bench.priced(bench.mark(), "0.9")
    reply = bench.order("stp", "sell", stopPrice=stop, triggerSignal="mark", reduceOnly="true")
    if not reply.accepted:
        return [fail("a stop is placed", reply.answer.word, "placed")]
    shown: list[str] = []

    def rests() -> bool:
        shown[:] = [
            str(row.get("orderType"))
            for row in bench.resting()
            if row.get("order_id") == reply.answer.order_id
        ]
        return bool(shown)

    lag = bench.until(rests, within_s=_SHOWN_WITHIN_S)
    word = shown[0] if shown else "not shown"
    cancelled = bench.session.cancel(str(reply.answer.order_id))
    return [
        judged("a stop shows among open orders", _after(lag), fits=lag is not None, wanted="within 10 s"),
        judged("7 word for a stop", word, fits=word in _STOP_WORDS, wanted=" or ".join(sorted(_STOP_WORDS))),
        judged("a stop is cancelled", cancelled.word, fits=cancelled.word == "cancelled", wanted="cancelled"),
    ]


def _left(bench: Bench) -> CheckRow:
    reply: Reply = bench.order("mkt", "sell", reduceOnly="true")
    flat = bench.until(lambda: not bench.session.positions(), within_s=_SHOWN_WITHIN_S)
    found = f"{reply.answer.word}, flat {_after(flat)}"
    return judged("an exit leaves nothing", found, fits=reply.accepted and flat is not None, wanted="flat")


def _remembered(bench: Bench, name: str, since: float, fill: Fill) -> list[CheckRow]:
    """Tell how long the slow memories take, which recovery after a crash asks."""
    query = OrderQuery(cli_ord_id=name, symbol=bench.symbol, is_stop=False, since=since)
    history = _lag(bench, "6 an order in the history", lambda: bench.session.order_history(query) is not None)
    log = _lag(
        bench,
        "6 a fee in the account log",
        lambda: any(row.fill_id == fill.fill_id for row in bench.session.account_log(since)),
    )
    which = {"price_type": "trade", "symbol": bench.symbol, "interval": "1m"}
    try:
        candles = bench.probe.ask("candles", which).get("candles")
    except NoAnswer as fault:
        candles = f"{fault}"
    served = f"{len(candles)} candles" if isinstance(candles, list) else f"none: {candles}"
    return [history, log, note("6 charts", served)]


def _lag(bench: Bench, question: str, tells: Callable[[], bool]) -> CheckRow:
    """Return how long a memory takes; one that does not answer at all may be missing on demo alone."""
    answered: list[bool] = []

    def told() -> bool:
        try:
            answered.append(tells())
        except NoAnswer:
            return False
        return answered[-1]

    lag = bench.until(told, within_s=_LAG_WITHIN_S, every_s=2.0)
    if not answered:
        return warn(question, "not served", "orders that are older than seconds are looked for there")
    return judged(question, _after(lag), fits=lag is not None, wanted="within 60 s")


def _after(seconds: float | None) -> str:
    return "never" if seconds is None else f"after {seconds:.1f} s"
