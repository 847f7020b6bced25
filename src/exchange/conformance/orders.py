"""Orders that are refused, doubled, cut short, or taken away by the dead man's switch."""

from collections.abc import Mapping
from decimal import Decimal

from src.exchange.base import Outcome
from src.exchange.conformance.bench import Bench
from src.exchange.conformance.row import judged, note, skipped, warn
from src.exchange.errors import NoAnswer
from src.exchange.kraken_answers import wire_time
from src.records.checks import CheckRow

_FORGOTTEN_S = 6.0
"""An order that ended is remembered for five seconds."""
_SWITCH_S = 5
_DUPLICATE = "clientOrderIdAlreadyExist"


def refusals(bench: Bench) -> list[CheckRow]:
    """Provoke each refusal that smallest orders can; the bot must know each for a no."""
    ask, bid = bench.ask(), bench.bid()
    now = bench.session.server_time(bench.clock.now())
    cases: Mapping[str, tuple[str, str, dict[str, str]]] = {
        "invalidSize": (
            "lmt",
            "buy",
            {"limitPrice": bench.priced(bid, "0.97"), "size": f"{bench.minimum / 10:f}"},
        ),
        "postWouldExecute": ("post", "buy", {"limitPrice": bench.priced(ask, "1.005")}),
        "iocWouldNotExecute": ("ioc", "buy", {"limitPrice": bench.priced(bid, "0.97")}),
        "wouldNotReducePosition": ("mkt", "sell", {"reduceOnly": "true"}),
        "outsidePriceCollar": ("lmt", "buy", {"limitPrice": bench.priced(ask, "3")}),
        "wouldProcessAfterSpecifiedTime": (
            "lmt",
            "buy",
            {"limitPrice": bench.priced(bid, "0.97"), "processBefore": wire_time(now - 60)},
        ),
    }
    rows = [_refusal(bench, expected, *case) for expected, case in cases.items()]
    bench.tidy()
    return rows


def _refusal(bench: Bench, expected: str, kind: str, side: str, more: dict[str, str]) -> CheckRow:
    size = Decimal(more.pop("size", f"{bench.minimum:f}"))
    reply = bench.order(kind, side, size=size, **more)
    form = "bare" if not reply.has_events else f"events: {reply.kinds()}"
    question, found = f"9 {expected}", f"{reply.answer.word} ({form})"
    if reply.answer.outcome is Outcome.YES:
        return warn(question, f"accepted: {found}", expected)
    return judged(question, found, fits=reply.answer.outcome is Outcome.NO, wanted="a word the bot knows")


def one_name_twice(bench: Bench) -> list[CheckRow]:
    """Send one name again while its order rests, and after it has ended and is forgotten."""
    name, price = bench.name(), bench.priced(bench.bid(), "0.97")
    first = bench.order("lmt", "buy", limitPrice=price, cliOrdId=name)
    again = bench.order("lmt", "buy", limitPrice=price, cliOrdId=name)
    status = bench.session.order_status(name)
    bench.tidy()
    bench.pause(_FORGOTTEN_S)
    later = bench.order("lmt", "buy", limitPrice=price, cliOrdId=name)
    bench.tidy()
    scope = "for ever" if later.answer.word == _DUPLICATE else "while the order is open"
    return [
        judged(
            "2 orders/status",
            "nothing" if status is None else status.status,
            fits=first.accepted and status is not None,
            wanted="the resting order",
        ),
        judged(
            "3 one name, two resting orders",
            again.answer.word,
            fits=again.answer.word == _DUPLICATE,
            wanted=f"{_DUPLICATE}: the same order twice is never two",
        ),
        note("3 a name is unique", f"{scope} (sent again after it ended: {later.answer.word})"),
    ]


def dead_mans_switch(bench: Bench) -> CheckRow:
    """Let the switch fire over a limit order and a stop, and see which are left."""
    question = "4 the dead man's switch cancels stops"
    bench.order("lmt", "buy", limitPrice=bench.priced(bench.bid(), "0.97"))
    bench.order("stp", "buy", stopPrice=bench.priced(bench.mark(), "1.1"), triggerSignal="mark")
    before = len(bench.resting())
    try:
        bench.probe.ask("deadman", {"timeout": str(_SWITCH_S)})
        bench.until(lambda: len(bench.resting()) < before, within_s=3.0 * _SWITCH_S)
        left = [str(row.get("orderType")) for row in bench.resting()]
        bench.probe.ask("deadman", {"timeout": "0"})
    except NoAnswer as fault:
        return warn(question, f"not answered: {fault}", "the bot does not use it")
    finally:
        bench.tidy()
    return note(
        question, f"of {before} orders these are left: {', '.join(left) or 'none'}; the bot does not use it"
    )


def cut_short(bench: Bench) -> list[CheckRow]:
    """Take more than the best level has, with a limit that lets no more through."""
    questions = ("5 a cancel event after a partial ioc", "8 quantity of a cancel event")
    raw = bench.probe.call("ticker", {"symbol": bench.symbol})
    ticker = raw.get("ticker") if isinstance(raw, dict) else None
    if not isinstance(ticker, dict) or ticker.get("ask") is None or ticker.get("askSize") is None:
        return [skipped(question, "the venue shows no ask") for question in questions]
    ask, best = Decimal(str(ticker["ask"])), Decimal(str(ticker["askSize"]))
    size = best + bench.minimum
    if size * ask > bench.budget_usd:
        why = f"the best ask is {best * ask:,.0f} USD, more than --budget-usd {bench.budget_usd:,.0f}"
        return [skipped(question, why) for question in questions]
    reply = bench.order("ioc", "buy", size=size, limitPrice=bench.priced(ask))
    bench.tidy()
    cancels = [event for event in reply.events if event.get("type") == "CANCEL"]
    if not reply.accepted or reply.answer.filled >= size:
        return [skipped(question, f"the book had moved: {reply.answer.word}") for question in questions]
    order = cancels[0].get("order") if cancels else None
    quantity = order.get("quantity") if isinstance(order, dict) else None
    remainder = f"{quantity} of a remainder of {size - reply.answer.filled:f}" if cancels else "no such event"
    return [note(questions[0], f"events: {reply.kinds()}"), note(questions[1], remainder)]
