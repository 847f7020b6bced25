import os
import signal
from collections.abc import Callable

import pytest

from src.records.operations import WorkerState
from tests.process.bot import Bot

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

MakeBot = Callable[..., Bot]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_bot_with_exit_0_and_leaves_no_process(make_bot: MakeBot, number: int) -> None:
    bot = make_bot().start()
    bot.until(lambda: bot.worker("feature_builder") and bot.lines(bot.home.windows))
    assert bot.stop(number, within_s=10) == 0
    bot.until(lambda: not bot.family(), within_s=3)


def test_ctrl_c_to_the_whole_group_ends_it_in_the_same_order(make_bot: MakeBot) -> None:
    bot = make_bot().start()
    bot.until(lambda: bot.lines(bot.home.windows))
    os.killpg(bot.process.pid, signal.SIGINT)
    assert bot.process.wait(10) == 0
    bot.until(lambda: not bot.family(), within_s=3)
    assert not [line for line in bot.lines(bot.home.supervisor_log) if line["event"] == "crashed"]


def test_a_home_serves_only_what_it_was_made_for(make_bot: MakeBot) -> None:
    bot = make_bot().start()
    bot.until(bot.home.identity.exists)
    bot.until(lambda: bot.worker("main"))
    bot.stop()
    bot.start("--market", "tape:/some/tape.jsonl")
    assert bot.process.wait(30) == 2


def test_a_hand_edit_acts_within_two_seconds_and_a_broken_one_changes_nothing(make_bot: MakeBot) -> None:
    bot = make_bot().start()
    bot.until(lambda: bot.lines(bot.home.decisions), within_s=90)
    text = bot.home.policies.read_text()

    def required() -> set[object]:
        decisions = bot.lines(bot.home.decisions)[-3:]
        return {
            verdict["required"]
            for decision in decisions
            if decision["direction"] == "LONG"
            for verdict in decision["verdicts"]  # type: ignore[attr-defined] - plain JSON
            if verdict["check"] == "ofi"
        }

    bot.home.policies.write_text(text.replace('"long_ofi_requirement": 0.5', '"long_ofi_requirement": 0.65'))
    bot.until(lambda: required() == {0.65}, within_s=30)
    bot.home.policies.write_text(
        text.replace('"long_ofi_requirement": 0.5', '"long_ofi_requirement": 0.65,,')
    )
    bot.until(lambda: bot.health() and bot.health().config_faults, within_s=15)  # type: ignore[union-attr] - checked
    count = len(bot.lines(bot.home.decisions))
    bot.until(lambda: len(bot.lines(bot.home.decisions)) > count + 6, within_s=60)
    bot.until(lambda: required() == {0.65}, within_s=30)
    health = bot.health()
    assert health is not None
    assert health.config_faults[0].file.endswith("signal_policies.json")
    assert health.config_faults[0].line > 0


def test_a_hung_worker_is_found_by_missing_progress_and_replaced(make_bot: MakeBot) -> None:
    bot = make_bot()
    settings = {"hang_after_s": 2, "stall_after_s": 20, "early_death_s": 1, "crash_loop_deaths": 5}
    settings |= {"crash_loop_window_s": 300, "probe_every_s": 300, "backoff_max_s": 60}
    bot.configure(supervision=settings)
    bot.start()
    bot.until(bot.all_ready, within_s=120)
    before = bot.worker("ensemble_predictor")
    switch = bot.home.run / "faults" / "ensemble_predictor"
    switch.parent.mkdir(exist_ok=True)
    switch.write_text("hang")
    bot.until(lambda: "hung" in {line["event"] for line in bot.lines(bot.home.supervisor_log)}, within_s=20)
    switch.unlink()
    bot.until(bot.all_ready, within_s=60)
    after = bot.worker("ensemble_predictor")
    assert before is not None
    assert after is not None
    assert after.pid != before.pid
    assert after.restarts >= 1


def test_a_crash_loop_is_marked_failed_and_freezes_entries_with_that_reason(make_bot: MakeBot) -> None:
    bot = make_bot()
    settings = {"hang_after_s": 10, "stall_after_s": 20, "early_death_s": 10, "crash_loop_deaths": 2}
    settings |= {"crash_loop_window_s": 300, "probe_every_s": 300, "backoff_max_s": 1}
    bot.configure(supervision=settings)
    switch = bot.home.run / "faults" / "signal_resolver"
    switch.parent.mkdir(exist_ok=True)
    switch.write_text("crash")
    bot.start()

    def failed() -> bool:
        worker = bot.worker("signal_resolver")
        return worker is not None and worker.state is WorkerState.FAILED

    bot.until(failed, within_s=60)
    health = bot.health()
    assert health is not None
    assert not health.entries_allowed
    assert "crash_loop:signal_resolver" in health.freeze_reasons
    assert bot.stop() == 0


def test_a_touched_flag_freezes_entries(make_bot: MakeBot) -> None:
    bot = make_bot().start()
    bot.until(lambda: bot.worker("main"))
    bot.home.freeze_flag.touch()
    bot.until(lambda: bot.health() and not bot.health().entries_allowed, within_s=10)  # type: ignore[union-attr] - checked
    assert bot.stop() == 0
