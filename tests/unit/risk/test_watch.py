"""Hard limits latch, survive a replay, and end only by a clearing."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.ledger.equity_path import EquityPath
from src.records.orders import OrderIntent, OrderState, OrderUpdate
from src.records.risk import Limit, RiskCleared, RiskPeak, RiskState
from src.records.settings import RiskLimits
from src.risk.book import folded
from src.risk.watch import Standing
from tests.record_fakes import made
from tests.risk_fakes import Lines, a_closing, a_standing, a_watch

DAY = 86_400.0
T = 20_000 * DAY
CAPITAL = Decimal(1000)


def a_path(*equities: float, day_start: float = T, capital: Decimal = CAPITAL) -> EquityPath:
    path = EquityPath()
    for number, equity in enumerate(equities):
        path.note(day_start + number, Decimal(str(equity)), capital)
    return path


def clear(lines: Lines, standing: Standing, *, now: float) -> None:
    a_watch(lines).clear(reason="seen", command_id=f"c{now}", standing=standing, now=now)


def test_a_daily_loss_of_the_limit_halts() -> None:
    lines = Lines()
    watch = a_watch(lines)
    watch.look(T + 1, a_standing(a_path(1000, 951)))
    assert watch.reasons() == ()
    watch.look(T + 2, a_standing(a_path(1000, 950)))
    assert watch.state is RiskState.HALTED
    assert watch.reasons() == ("halted:daily_loss_share",)


def test_yesterdays_loss_is_not_todays() -> None:
    watch = a_watch(Lines())
    watch.look(T + DAY + 1, a_standing(a_path(1000, 940)))
    assert watch.reasons() == ()


def test_a_drawdown_halts_over_days() -> None:
    path = a_path(1000, 1100)
    for day, equity in enumerate((1060, 1020, 980, 940, 910, 880), start=1):
        path.note(T + day * DAY, Decimal(equity), CAPITAL)
    watch = a_watch(Lines(), RiskLimits(daily_loss_share=0.5))
    watch.look(T + 6 * DAY, a_standing(path))
    assert watch.reasons() == ("halted:drawdown_share",)


@given(moved=st.decimals(min_value=-900, max_value=100_000, places=2))
@settings(max_examples=30)
def test_deposits_and_withdrawals_move_neither_drawdown_nor_daily_loss(moved: Decimal) -> None:
    path = EquityPath()
    path.note(T, CAPITAL, CAPITAL)
    path.note(T + 1, CAPITAL + moved, CAPITAL + moved)
    watch = a_watch(Lines())
    watch.look(T + 2, a_standing(path, equity=str(CAPITAL + moved)))
    assert watch.reasons() == ()


def test_losses_in_a_row_leave_only_exits() -> None:
    limits = RiskLimits(consecutive_losses=3)
    closed = (a_closing("-1", ts=T), a_closing("-1", ts=T + 1), a_closing("-1", ts=T + 2))
    watch = a_watch(Lines(), limits)
    watch.look(T + 3, a_standing(EquityPath(), closed=(*closed[:2], a_closing("0.5", ts=T + 2), closed[2])))
    assert watch.reasons() == ()
    watch.look(T + 3, a_standing(EquityPath(), closed=closed))
    assert watch.state is RiskState.REDUCE_ONLY


def test_positions_of_others_are_no_losses_of_ours() -> None:
    watch = a_watch(Lines(), RiskLimits(consecutive_losses=2))
    foreign = a_closing("-1", ts=T + 1, strategy=None)
    watch.look(T + 3, a_standing(EquityPath(), closed=(foreign, a_closing("-1", ts=T + 2), foreign)))
    assert watch.reasons() == ()


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (RiskLimits(exposure_share=0.5), "reduce_only:exposure_share"),
        (RiskLimits(leverage=0.5), "reduce_only:leverage"),
        (RiskLimits(max_equity_usd=500.0), "reduce_only:exposure_share"),
    ],
)
def test_too_much_open_leaves_only_exits(limits: RiskLimits, word: str) -> None:
    watch = a_watch(Lines(), limits)
    watch.look(T, a_standing(EquityPath(), exposure="501"))
    assert watch.reasons() == (word,)


def test_an_entry_that_would_take_a_limit_with_it_is_objected_to() -> None:
    watch = a_watch(Lines(), RiskLimits(exposure_share=0.5, leverage=0.6))
    standing = a_standing(EquityPath(), exposure="400")
    assert watch.objection(Decimal(100), standing) is None
    assert watch.objection(Decimal(101), standing) == "exposure_limit"
    assert a_watch(Lines(), RiskLimits(leverage=0.5)).objection(Decimal(101), standing) == "leverage_limit"
    assert watch.objection(Decimal(1), a_standing(EquityPath(), exposure=None)) == "equity_unknown"
    assert watch.objection(Decimal(1), a_standing(EquityPath(), equity=None)) == "equity_unknown"


def test_without_equity_everything_open_is_too_much() -> None:
    watch = a_watch(Lines())
    watch.look(T, a_standing(EquityPath(), exposure="1", equity="-5"))
    assert "reduce_only:leverage" in watch.reasons()


def test_errors_are_counted_over_ten_minutes() -> None:
    watch = a_watch(Lines(), RiskLimits(errors_per_10_min=2))
    for number in range(3):
        update = OrderUpdate(
            ts=T + number,
            cli_ord_id=str(number),
            state=OrderState.UNKNOWN,
            order_id=None,
            reason="RequestTimeout",
            filled=Decimal(0),
        )
        list(watch.pace.heard([update]))
    assert watch.pace.errors(T + 602.5) == 0
    for number in range(3):
        list(watch.pace.heard([_refused("insufficientAvailableFunds", T + 700 + number)]))
    list(watch.pace.heard([_refused("iocWouldNotExecute", T + 703)]))
    watch.look(T + 703, a_standing(EquityPath()))
    assert watch.reasons() == ("reduce_only:errors_per_10_min",)


def test_orders_are_counted_over_a_minute_and_a_clearing_begins_anew() -> None:
    watch = a_watch(Lines(), RiskLimits(orders_per_minute=2))
    writer = watch.pace.counting(Lines())  # type: ignore[arg-type] # any list will do
    for number in range(3):
        writer.append(an_intent(T + number))
    watch.look(T + 3, a_standing(EquityPath()))
    assert watch.reasons() == ("reduce_only:orders_per_minute",)
    assert watch.pace.orders(T + 61.5) == 1
    watch.clear(reason="seen", command_id="c", standing=a_standing(EquityPath()), now=T + 62)
    assert watch.pace.orders(T + 62) == 0


def test_a_clearing_makes_this_moment_the_new_peak() -> None:
    lines = Lines()
    path = a_path(1000, 940)
    watch = a_watch(lines)
    watch.look(T + 2, a_standing(path))
    watch.clear(reason="seen", command_id="c1", standing=a_standing(path), now=T + 3)
    watch.look(T + 4, a_standing(path))
    assert watch.reasons() == ()
    path.note(T + 5, Decimal(900), CAPITAL)
    watch.look(T + 5, a_standing(path))
    assert watch.reasons() == ()
    path.note(T + 6, Decimal(892), CAPITAL)
    watch.look(T + 6, a_standing(path))
    assert watch.state is RiskState.HALTED


def test_a_peak_after_a_clearing_is_known_after_a_restart() -> None:
    lines = Lines()
    path = a_path(1000, 700)
    watch = a_watch(lines, RiskLimits(daily_loss_share=1.0))
    watch.look(T + 2, a_standing(path))
    watch.clear(reason="seen", command_id="c1", standing=a_standing(path), now=T + 3)
    for number, equity in enumerate((800, 900, 899)):
        path.note(T + 4 + number, Decimal(equity), CAPITAL)
        watch.look(T + 4 + number, a_standing(path))
    assert any(isinstance(line, RiskPeak) for line in lines.lines)
    again = a_watch(lines, RiskLimits(daily_loss_share=1.0))
    path.note(T + 8, Decimal(719), CAPITAL)
    again.look(T + 8, a_standing(path))
    assert again.reasons() == ("halted:drawdown_share",)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["equity", "exposure", "losses", "clear", "restart"]),
        st.integers(min_value=0, max_value=1500),
    ),
    max_size=40,
)


@given(steps=STEPS)
@settings(max_examples=80)
def test_no_way_leads_back_but_a_clearing_and_a_replay_gives_the_same(steps: list[tuple[str, int]]) -> None:
    lines, path, exposure = Lines(), EquityPath(), 0
    watch, now = a_watch(lines), T
    path.note(now, CAPITAL, CAPITAL)
    stood: set[str] = set()
    for what, value in steps:
        now += 600.0
        closed = tuple(a_closing("-1", ts=now + n) for n in range(value % 30)) if what == "losses" else ()
        exposure = value if what == "exposure" else exposure
        if what == "equity":
            path.note(now, Decimal(max(1, value)), CAPITAL)
        if what == "restart":
            watch = a_watch(lines)
        standing = a_standing(path, closed=closed, exposure=str(exposure))
        if what == "clear":
            watch.clear(reason="seen", command_id=f"{now}", standing=standing, now=now)
            stood = set()
        watch.look(now, standing)
        assert stood <= set(watch.reasons())
        stood = set(watch.reasons())
        assert folded(lines.lines).state is watch.state
        assert a_watch(lines).reasons() == watch.reasons()
        assert (watch.state is RiskState.ACTIVE) == (watch.reasons() == ())
    latched = [line for line in lines.lines if not isinstance(line, (RiskCleared, RiskPeak))]
    assert len(latched) <= len(Limit) * (1 + sum(what == "clear" for what, _ in steps))


def _refused(word: str, ts: float) -> OrderUpdate:
    return OrderUpdate(
        ts=ts, cli_ord_id="x", state=OrderState.REJECTED, order_id=None, reason=word, filled=Decimal(0)
    )


def an_intent(ts: float) -> OrderIntent:
    made_up = made(OrderIntent, full=True)
    assert isinstance(made_up, OrderIntent)
    return msgspec.structs.replace(made_up, ts=ts)
