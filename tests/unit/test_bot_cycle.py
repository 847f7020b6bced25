"""The trading cycle over real files and a desk that obeys: decisions and entries."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from src.records.decisions import Decision
from src.records.enums import Ruling, Side, Strategy
from src.records.learning import SignalWeights
from src.records.ledger import FillBooked
from src.store.document import DocumentFile
from src.store.errors import MoneyFileError
from src.store.freeze import Freeze
from tests.cycle_fakes import Bench
from tests.gate_fakes import LEADER, NOON, SYMBOL, a_position, a_signal, replaced, some_weights


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path, stack)


def _ruling(decision: Decision, check: str) -> tuple[Ruling, str]:
    verdict = next(v for v in decision.verdicts if v.check == check)
    return verdict.ruling, verdict.reason


def test_a_step_with_no_input_writes_nothing(bench: Bench) -> None:
    cycle = bench.start()
    assert cycle.step(NOON) == 0
    assert bench.decisions() == []
    assert bench.desk.calls == [("step", "")]
    assert not cycle.backlog()


def test_a_signal_becomes_a_decision_and_the_decision_an_entry_in_whole_contracts(bench: Bench) -> None:
    cycle = bench.start()
    bench.window()
    bench.put(a_signal())
    assert cycle.step(NOON + 0.05) >= 3
    (decision,) = bench.decisions()
    assert decision.should_trade, decision.blocked_by
    ((entered, size, cap),) = bench.desk.entered
    assert entered == decision
    assert size == Decimal(1)
    assert cap == 10
    assert cycle.last_event_ts == NOON
    assert cycle.outputs == 2


def test_a_decision_is_on_disk_before_its_order_leaves(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    enter: Callable[..., object] = bench.desk.enter

    def looks_first(decision: Decision, **rest: object) -> object:
        seen.extend(line.signal_id for line in bench.decisions())
        return enter(decision, **rest)

    monkeypatch.setattr(bench.desk, "enter", looks_first)
    cycle = bench.start()
    bench.window()
    bench.put(a_signal(), a_signal(symbol="PF_SOLUSD"))
    cycle.step(NOON + 0.05)
    assert len(seen) == 2, "all decisions of the step, before the first order"


def test_each_pass_sends_one_order_and_the_rest_follow(bench: Bench) -> None:
    cycle = bench.start()
    bench.window(LEADER, SYMBOL, "PF_SOLUSD", beta_with_leader=0.5, correlations={SYMBOL: 0.3})
    bench.put(a_signal(), a_signal(symbol="PF_SOLUSD"))
    cycle.step(NOON + 0.05)
    assert [d.should_trade for d in bench.decisions()] == [True, True]
    assert len(bench.desk.entered) == 1
    assert cycle.backlog()
    assert cycle.step(NOON + 0.06) >= 1
    assert len(bench.desk.entered) == 2
    assert not cycle.backlog()


def test_an_entry_that_is_on_its_way_counts_as_a_position(bench: Bench) -> None:
    cycle = bench.start()
    bench.window()
    bench.put(a_signal(), a_signal(strategy=Strategy.SENTIMENT))
    cycle.step(NOON + 0.05)
    first, second = bench.decisions()
    assert first.should_trade
    assert not second.should_trade
    assert _ruling(second, "pre_entry.symbol") == (Ruling.BLOCK, "entry_queued")


def test_an_entry_that_is_still_queued_holds_its_symbol_in_the_next_pass(bench: Bench) -> None:
    cycle = bench.start()
    bench.window(LEADER, SYMBOL, "PF_SOLUSD", beta_with_leader=0.5, correlations={SYMBOL: 0.3})
    bench.put(a_signal(), a_signal(symbol="PF_SOLUSD"))
    cycle.step(NOON + 0.05)
    bench.put(a_signal(symbol="PF_SOLUSD", strategy=Strategy.SENTIMENT))
    cycle.step(NOON + 0.06)
    last = bench.decisions()[-1]
    assert _ruling(last, "pre_entry.symbol") == (Ruling.BLOCK, "entry_queued")
    positions = next(v for v in last.verdicts if v.check == "pre_entry.positions")
    assert positions.measured == 3


def test_no_order_follows_from_a_decision_that_the_disk_did_not_take(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = bench.start()
    bench.window()
    bench.put(a_signal())

    def fails(_fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fails)
    with pytest.raises(MoneyFileError):
        cycle.step(NOON + 0.05)
    assert bench.desk.entered == []


def test_a_signal_is_decided_once_however_often_its_line_comes(bench: Bench) -> None:
    cycle = bench.start()
    bench.window()
    bench.put(a_signal(), a_signal())
    cycle.step(NOON + 0.05)
    bench.put(a_signal())
    cycle.step(NOON + 0.1)
    assert len(bench.decisions()) == 1
    assert len(bench.desk.entered) == 1


def test_a_crash_before_the_place_is_saved_decides_nothing_twice_and_trades_nothing_old(bench: Bench) -> None:
    before = bench.start()
    bench.window()
    bench.put(a_signal(), a_signal(symbol="PF_SOLUSD"))
    before.decide(before.gate.arrived(), NOON + 0.05)
    assert bench.desk.entered == []
    before.close()
    after = bench.start()
    after.step(NOON + 0.2)
    assert len(bench.decisions()) == 2
    assert bench.desk.entered == [], "its decision was made in another life: it is stale"


def test_the_place_in_the_queue_survives_a_restart(bench: Bench) -> None:
    before = bench.start()
    bench.window()
    bench.put(a_signal(ofi=0.1))
    before.step(NOON + 0.05)
    before.save()
    before.close()
    bench.put(a_signal(symbol=LEADER, ofi=0.1))
    after = bench.start()
    after.step(NOON + 0.2)
    assert [d.symbol for d in bench.decisions()] == [SYMBOL, LEADER]


def test_a_stale_signal_is_decided_too(bench: Bench) -> None:
    cycle = bench.start()
    bench.window(ts=NOON + 300)
    bench.put(a_signal())
    cycle.step(NOON + 301)
    (decision,) = bench.decisions()
    assert decision.blocked_by == ("pre_entry.age",)


def test_an_entry_that_waited_too_long_is_dropped(bench: Bench) -> None:
    cycle = bench.start()
    bench.window(LEADER, SYMBOL, "PF_SOLUSD", beta_with_leader=0.5, correlations={SYMBOL: 0.3})
    bench.put(a_signal(), a_signal(symbol="PF_SOLUSD"))
    cycle.step(NOON + 0.05)
    cycle.step(NOON + 61)
    assert len(bench.desk.entered) == 1
    assert not cycle.backlog()


def test_a_refused_entry_is_let_go(bench: Bench) -> None:
    bench.desk.refuse = {SYMBOL: "frozen"}
    cycle = bench.start()
    bench.window()
    bench.put(a_signal())
    cycle.step(NOON + 0.05)
    assert not cycle.backlog()
    assert bench.desk.entered == []


def test_a_touched_flag_stops_entries_while_exits_go_on(bench: Bench) -> None:
    bench.desk.open = {LEADER: a_position(symbol=LEADER, opened_ts=NOON - 13 * 3600)}
    cycle = bench.start()
    bench.home.freeze_flag.touch()
    bench.window()
    bench.put(a_signal())
    cycle.step(NOON + 0.05)
    (decision,) = bench.decisions()
    assert _ruling(decision, "pre_entry.freeze") == (Ruling.BLOCK, "frozen:frozen by hand")
    assert bench.desk.calls == [("exit", f"{LEADER}:floor"), ("step", "")]
    Freeze(bench.home).clear()
    bench.put(a_signal(symbol=LEADER))
    cycle.step(NOON + 0.1)
    assert _ruling(bench.decisions()[1], "pre_entry.freeze") == (Ruling.PASS, "")


@pytest.mark.parametrize("hold", ["not reconciled", "exchange", "workers", "unknown workers"])
def test_nothing_is_entered_while_somebody_holds_entries(bench: Bench, hold: str) -> None:
    bench.desk.ready = hold != "not reconciled"
    bench.desk.reasons = ("foreign_position:PF_XBTUSD",) if hold == "exchange" else ()
    bench.unhealthy = {"workers": ("ensemble_predictor",), "unknown workers": None}.get(hold, ())
    cycle = bench.start()
    bench.window()
    bench.put(a_signal())
    cycle.step(NOON + 0.05)
    (decision,) = bench.decisions()
    expected = "pre_entry.workers" if "workers" in hold else "pre_entry.freeze"
    assert decision.blocked_by == (expected,)
    assert bench.desk.entered == []


def test_an_edited_requirement_is_in_the_next_decision(bench: Bench) -> None:
    cycle = bench.start()
    bench.window()
    bench.put(a_signal(ofi=0.1))
    cycle.step(NOON + 0.05)
    text = bench.home.policies.read_text()
    bench.home.policies.write_text(
        text.replace('"long_ofi_requirement": 0.5', '"long_ofi_requirement": 0.75')
    )
    cycle.step(NOON + 0.5)
    cycle.step(NOON + 1.0)
    bench.put(a_signal(symbol=LEADER))
    cycle.step(NOON + 1.5)
    first, second = bench.decisions()
    required = [next(v.required for v in d.verdicts if v.check == "ofi") for d in (first, second)]
    assert required == [0.5, 0.75]
    assert first.policies_version != second.policies_version


def test_learned_weights_are_named_by_the_next_decision(bench: Bench) -> None:
    cycle = bench.start()
    bench.window()
    learned = some_weights(liquidation=0.12, funding=0.26)
    bench.put(a_signal(ofi=0.1))
    cycle.step(NOON + 0.05)
    version = DocumentFile(bench.home.weights, SignalWeights, writer="learner").write(learned)
    bench.put(a_signal(symbol=LEADER))
    cycle.step(NOON + 0.1)
    first, second = bench.decisions()
    assert second.weights_version == version != first.weights_version


def test_a_symbol_rests_after_its_last_fill_also_over_a_restart(bench: Bench) -> None:
    fill = FillBooked(
        ts=NOON - 60, fill_id="f", order_id="o", cli_ord_id="c", position_id="p", signal_id="p", symbol=SYMBOL,
        strategy=Strategy.OFI, side=Side.SELL, size=Decimal(1), price=Decimal(2000), fee_usd=Decimal(1),
        fill_type="taker",
    )  # fmt: skip
    bench.fills.append(replaced(fill, ts=NOON - 900, fill_id="older"))
    bench.fills.append(fill)
    cycle = bench.start()
    bench.window()
    bench.put(a_signal())
    cycle.step(NOON + 0.05)
    bench.fills.append(replaced(fill, ts=NOON, symbol=LEADER, fill_id="g"))
    bench.fills.append(replaced(fill, ts=NOON - 900, symbol=LEADER, fill_id="late"))
    bench.put(a_signal(symbol=LEADER))
    cycle.step(NOON + 0.1)
    for decision in bench.decisions():
        assert decision.blocked_by == ("pre_entry.cooldown",)


def test_the_queue_is_answered_in_portions(bench: Bench) -> None:
    cycle = bench.start()
    bench.window()
    bench.put(*(a_signal(ts=NOON - number, ofi=0.1) for number in range(250)))
    cycle.step(NOON + 0.05)
    assert len(bench.decisions()) == 200
    assert cycle.backlog()
    cycle.step(NOON + 0.06)
    assert len(bench.decisions()) == 250
    assert not cycle.backlog()
