from collections.abc import Sequence

from src.records.enums import OrderPurpose, Ruling, Side
from src.records.orders import OrderState, OrderUpdate
from src.report.funnel import (
    AskedView,
    CheckCount,
    DecisionRow,
    DecisionTally,
    FunnelNumbers,
    OrderCount,
    OrderTally,
)
from src.report.run_report_words import most_blocking, why_no_trades
from tests.report_fakes import a
from tests.trade_fakes import a_fill, an_intent

ASKED = ("prediction", "ofi", "fees")


def decision(*blocked: str, reason: str = "below", ruling: Ruling = Ruling.BLOCK) -> DecisionRow:
    verdicts = tuple(
        AskedView(
            check=check,
            ruling=ruling if check in blocked else Ruling.PASS,
            reason=reason if check in blocked else "",
        )
        for check in ASKED
    )
    return a(DecisionRow, should_trade=not blocked, blocked_by=blocked, verdicts=verdicts)


def tally_of(rows: Sequence[DecisionRow]) -> DecisionTally:
    tally = DecisionTally()
    for row in rows:
        tally.add(row)
    return tally


def test_checks_are_counted_at_all_alone_and_first() -> None:
    tally = tally_of([decision("ofi", "fees"), decision("fees"), decision("fees"), decision()])
    assert (tally.decisions, tally.passed) == (4, 1)
    counts = {name: (c.asked, c.blocked, c.alone, c.first) for name, c in tally.checks.items()}
    assert counts == {"prediction": (4, 0, 0, 0), "ofi": (4, 1, 0, 1), "fees": (4, 3, 2, 2)}


def test_check_that_blocked_nobody_is_there_with_nothing() -> None:
    assert list(tally_of([decision()]).checks) == list(ASKED)


def test_failed_and_resizing_checks_are_told_apart() -> None:
    resized = a(
        DecisionRow,
        blocked_by=(),
        verdicts=(AskedView(check="size", ruling=Ruling.RESIZE, reason="room"),),
    )
    checks = tally_of([decision("ofi", ruling=Ruling.ERROR, reason="ZeroDivisionError"), resized]).checks
    assert (checks["ofi"].blocked, checks["ofi"].errors, checks["ofi"].reasons["ZeroDivisionError"]) == (
        1,
        1,
        1,
    )
    assert (checks["size"].blocked, checks["size"].resized) == (0, 1)


def test_entry_orders_count_once_by_what_they_came_to() -> None:
    tally = OrderTally()
    for name, state in (("a", OrderState.DONE), ("b", OrderState.REJECTED), ("c", OrderState.UNKNOWN)):
        tally.add(an_intent(OrderPurpose.ENTRY, cli_ord_id=name))
        tally.add(a(OrderUpdate, cli_ord_id=name, state=state))
    tally.add(an_intent(OrderPurpose.ENTRY, cli_ord_id="a"))
    tally.add(an_intent(OrderPurpose.STOP, cli_ord_id="s"))
    for fill in (a_fill(Side.BUY, "1", "100", cli_ord_id="a"), a_fill(Side.SELL, "1", "99", cli_ord_id="s")):
        tally.add_fill(fill)
        tally.add_fill(fill)
    assert tally.counts() == OrderCount(sent=3, rejected=1, unknown=1, filled=1)


def numbers(**changes: object) -> FunnelNumbers:
    full: dict[str, object] = {
        "windows": 10,
        "priced": 9,
        "signals": 8,
        "strategies": {"OFI": 8},
        "predictions": 8,
        "decisions": 8,
        "passed": 4,
        "orders": OrderCount(sent=3, filled=2),
        "closed": 1,
        "checks": {},
        "weights_versions": 1,
        "policies_versions": 1,
    }
    return FunnelNumbers(**(full | changes))  # type: ignore[arg-type] # a test names what it changes


def test_words_tell_where_the_way_to_a_trade_ended() -> None:
    fees = CheckCount(asked=8, blocked=6, alone=2, first=6)
    fees.reasons["edge_below_cost"] = 6
    all_blocked = numbers(passed=0, checks={"ofi": CheckCount(asked=8, blocked=3), "fees": fees})
    assert "“fees”: 75.0 %" in why_no_trades(all_blocked)
    assert "edge below cost" in why_no_trades(all_blocked)
    assert "No window" in why_no_trades(numbers(windows=0))
    assert "price" in why_no_trades(numbers(priced=0))
    assert "No signal was formed" in why_no_trades(numbers(signals=0, decisions=0))
    assert "answered" in why_no_trades(numbers(decisions=0))
    assert "freeze" in why_no_trades(numbers(orders=OrderCount()))
    assert "none of them traded" in why_no_trades(numbers(orders=OrderCount(sent=3)))
    assert "still open" in why_no_trades(numbers())
    assert most_blocking(numbers()) == "No check blocked anything."
