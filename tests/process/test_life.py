"""A whole bot: how it ends, what it survives, and how it takes a human's hand in its files."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import orjson
import pytest

from src.clock import AnchoredClock
from src.records.decisions import Decision
from src.records.enums import Direction
from src.records.operations import ConfigFault, WorkerState
from src.store.jsonl import read_all, read_tail
from tests.process.books_of_the_bot import anchor
from tests.process.bot import ROOT, Bot
from tests.process.conftest import MakeBot

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]

QUICK = {"window_s": 15}
"""Four windows a second at sixty times the market's speed: the signals begin after eight."""
SUPERVISION = {
    "hang_after_s": 10,
    "stall_after_s": 20,
    "early_death_s": 1,
    "crash_loop_deaths": 5,
    "crash_loop_window_s": 300,
    "probe_every_s": 300,
    "backoff_max_s": 60,
}


# how it ends
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_bot_with_exit_0_and_leaves_no_process(
    make_bot: MakeBot, number: signal.Signals
) -> None:
    bot = make_bot().start()
    bot.until(lambda: bot.worker("feature_builder") and bot.lines(bot.home.windows))
    assert bot.stop(number, within_s=10) == 0
    bot.until(lambda: not bot.family(), within_s=3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_ends_it_in_the_same_order(
    make_bot: MakeBot, number: signal.Signals
) -> None:
    bot = make_bot().start()
    bot.until(lambda: bot.lines(bot.home.windows))
    os.killpg(bot.process.pid, number)
    assert bot.process.wait(10) == 0
    bot.until(lambda: not bot.family(), within_s=3)
    ends = [line for line in bot.lines(bot.home.supervisor_log) if line["exit_code"] is not None]
    assert {(line["event"], line["exit_code"]) for line in ends} == {("stopped", 0)}
    assert ends[-1]["process"] == "paper_exchange"


def test_a_signal_during_the_start_ends_it_as_well(make_bot: MakeBot) -> None:
    bot = make_bot().start()
    bot.until(lambda: bot.lines(bot.home.supervisor_log))
    assert bot.stop(within_s=10) == 0
    bot.until(lambda: not bot.family(), within_s=3)


def test_a_home_serves_only_what_it_was_made_for(make_bot: MakeBot) -> None:
    bot = make_bot().start()
    bot.until(lambda: bot.worker("main"))
    bot.stop()
    bot.start("--market", "tape:/some/tape.jsonl")
    assert bot.process.wait(30) == 2


# what it survives
def test_a_hung_worker_is_found_by_missing_progress_and_replaced(make_bot: MakeBot) -> None:
    bot = make_bot()
    bot.configure(**QUICK, supervision=SUPERVISION | {"hang_after_s": 1.5})
    bot.start()
    bot.until(bot.all_ready, within_s=60)
    before = bot.worker("ensemble_predictor")
    switch = bot.fault("ensemble_predictor", "hang")
    assert before is not None
    bot.until(lambda: "hung" in bot.events("ensemble_predictor"), within_s=20)
    switch.unlink()
    bot.until(lambda: bot.pid("ensemble_predictor") not in {None, before.pid} and bot.all_ready())
    after = bot.worker("ensemble_predictor")
    assert after is not None
    assert after.restarts >= 1
    assert bot.events("ensemble_predictor")[:5] == ["started", "ready", "hung", "crashed", "restarted"]
    assert before.pid not in bot.family()


def test_a_stopped_worker_is_replaced_though_it_hears_no_signal(make_bot: MakeBot) -> None:
    bot = make_bot()
    bot.configure(supervision=SUPERVISION | {"hang_after_s": 1.5})
    bot.start()
    bot.until(lambda: bot.works("signal_resolver"))
    stopped = bot.worker("signal_resolver")
    assert stopped is not None
    assert stopped.pid is not None
    os.kill(stopped.pid, signal.SIGSTOP)
    bot.until(lambda: "restarted" in bot.events("signal_resolver"), within_s=20)
    bot.until(lambda: bot.works("signal_resolver"))
    assert stopped.pid not in bot.family()


def test_a_crash_loop_is_marked_failed_and_freezes_entries_with_that_reason(make_bot: MakeBot) -> None:
    bot = make_bot()
    bot.configure(supervision=SUPERVISION | {"early_death_s": 10, "crash_loop_deaths": 2, "backoff_max_s": 1})
    bot.fault("signal_resolver", "crash")
    bot.start()

    def failed() -> bool:
        worker = bot.worker("signal_resolver")
        return worker is not None and worker.state is WorkerState.FAILED

    bot.until(failed, within_s=60)
    health = bot.told()
    assert not health.entries_allowed
    assert "crash_loop:signal_resolver" in health.freeze_reasons
    assert bot.stop() == 0


def test_a_failed_worker_is_probed_and_taken_back(make_bot: MakeBot) -> None:
    bot = make_bot()
    bot.configure(supervision=SUPERVISION | {"crash_loop_deaths": 1, "early_death_s": 10, "probe_every_s": 1})
    switch = bot.fault("predictive_engine", "crash")
    bot.start()
    bot.until(lambda: "failed" in bot.events("predictive_engine"))
    switch.unlink()
    bot.until(lambda: bot.works("predictive_engine") and bot.told().entries_allowed, within_s=60)


def test_the_death_of_the_forkserver_takes_no_worker_for_good(make_bot: MakeBot) -> None:
    bot = make_bot()
    bot.configure(supervision=SUPERVISION)
    bot.start()
    names = [
        "paper_exchange",
        "feature_builder",
        "predictive_engine",
        "ensemble_predictor",
        "signal_resolver",
    ]
    for _ in range(2):
        bot.until(lambda: all(bot.works(name) for name in names))
        old = {name: bot.pid(name) for name in names}
        os.kill(bot.forkserver(), signal.SIGKILL)
        bot.until(lambda old=old: all(bot.pid(name) not in {None, pid} for name, pid in old.items()))
        assert not set(old.values()) & set(bot.family())
    bot.until(lambda: all(bot.works(name) for name in names))
    windows = len(bot.lines(bot.home.windows))
    bot.until(lambda: len(bot.lines(bot.home.windows)) > windows)
    assert bot.stop() == 0
    bot.until(lambda: not bot.family(), within_s=3)


# a human's hand in its files
def test_a_touched_flag_freezes_entries_and_its_end_allows_them(make_bot: MakeBot) -> None:
    bot = make_bot().start()
    bot.until(lambda: bot.worker("main") and bot.told().entries_allowed)
    bot.home.freeze_flag.touch()
    bot.until(lambda: not bot.told().entries_allowed, within_s=10)
    bot.home.freeze_flag.unlink()
    bot.until(lambda: bot.told().entries_allowed, within_s=10)


def test_a_hand_edit_acts_within_two_seconds_and_a_broken_one_changes_nothing(make_bot: MakeBot) -> None:
    bot = make_bot()
    bot.configure(**QUICK)
    bot.start()
    bot.until(lambda: long_requirements(bot), within_s=60)
    good = bot.home.policies.read_text()
    edited = good.replace('"long_ofi_requirement": 0.5', '"long_ofi_requirement": 0.65')
    assert edited != good
    saved_ts = save(bot, edited)
    bot.until(lambda: long_requirements(bot, since=saved_ts + 2 * 60), within_s=30)
    assert set(long_requirements(bot, until=saved_ts)) == {0.5}
    assert set(long_requirements(bot, since=saved_ts + 2 * 60)) == {0.65}
    acted_ts = first_decision_with(bot, 0.65)
    print(f"the edit acted {(acted_ts - saved_ts) / 60:.2f} s after it was saved")

    breakages: tuple[tuple[str, Callable[[], object]], ...] = (
        ("0.7,,", lambda: bot.home.policies.write_text(edited.replace("0.65", "0.7,,"))),
        ("half of it", lambda: bot.home.policies.write_text(edited[: len(edited) // 2])),
        ("65", lambda: bot.home.policies.write_text(edited.replace("0.65", "65"))),
        ("gone", bot.home.policies.unlink),
    )
    broken_ts = AnchoredClock(anchor(bot.home)).now()
    told: set[tuple[ConfigFault, ...]] = {()}
    for what, break_it in breakages:
        break_it()
        bot.until(lambda: bot.told().config_faults not in told, within_s=10)
        told.add(bot.told().config_faults)
        fault = bot.told().config_faults[0]
        print(f"{what}: {fault.line}:{fault.column} {fault.key} {fault.rule}")
        assert fault.file.endswith("signal_policies.json")
        assert fault.line > 0
    asked = status(bot)
    assert asked.returncode == 1
    assert "signal_policies.json" in str(orjson.loads(asked.stdout)["faults"])
    save(bot, edited)
    bot.until(lambda: not bot.told().config_faults, within_s=10)
    assert set(long_requirements(bot, since=broken_ts)) == {0.65}
    assert bot.worker("main") is not None
    assert bot.stop() == 0


def save(bot: Bot, text: str) -> float:
    """Write the policies as an editor does; return the market time."""
    bot.home.policies.write_text(text)
    return AnchoredClock(anchor(bot.home)).now()


def long_requirements(bot: Bot, *, since: float = 0.0, until: float = float("inf")) -> list[float | None]:
    """Return what the OFI check asked of LONG signals that were decided in a stretch of market time."""
    return [
        verdict.required
        for decision in read_tail(bot.home.decisions, Decision, 2000)
        if decision.direction is Direction.LONG and since <= decision.ts <= until
        for verdict in decision.verdicts
        if verdict.check == "ofi"
    ]


def first_decision_with(bot: Bot, required: float) -> float:
    """Return when the OFI check first asked for so much, in market time."""
    return next(
        decision.ts
        for decision in read_all(bot.home.decisions, Decision)
        for verdict in decision.verdicts
        if verdict.check == "ofi" and verdict.required == required
    )


def status(bot: Bot) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "src", "status", "--home", str(bot.home.root), "--json"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
