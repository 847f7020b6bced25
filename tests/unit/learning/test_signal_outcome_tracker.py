"""The resolver: queue, universe, five horizons, and nothing lost or doubled by a restart."""

from pathlib import Path

import pytest

from src.learning.pending import PendingQueue
from src.records.enums import HORIZONS_S, Disposition
from src.records.outcomes import PendingSignals, SignalOutcome
from src.store.document import DocumentFile
from src.store.jsonl import read_all
from tests.learning_fakes import (
    T0,
    Fuse,
    make_decision,
    make_signal,
    window,
)
from tests.resolver_fakes import Bot, builtins, counted, fates, lines_of, price

IDS = {signal.signal_id for signal in fates().values()}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def test_every_horizon_is_priced_from_the_tape(bot: Bot) -> None:
    bot.run()
    bot.close()
    signal = fates()["blocked"]
    [outcome] = [o for o in lines_of(bot.home)["outcomes"] if o.signal_id == signal.signal_id]
    for label, horizon_s in HORIZONS_S.items():
        measured = outcome.horizons[label]
        minute = 1 + horizon_s // 60
        assert measured.price == price("PF_ETHUSD", minute)
        assert measured.price_ts == signal.ts + horizon_s
        assert measured.return_bps == pytest.approx(1e4 * (measured.price / signal.price - 1))
        assert measured.net_bps == pytest.approx(measured.return_bps - 14.0)
        leader = 1e4 * (price("PF_XBTUSD", minute) / price("PF_XBTUSD", 1) - 1)
        assert measured.market_return_bps == pytest.approx(leader)
    weights = {"1m": 0.05, "5m": 0.15, "15m": 0.25, "30m": 0.25, "1h": 0.30}
    expected = 0.5 * sum(weight * outcome.horizons[label].net_bps for label, weight in weights.items())
    assert outcome.ev_contribution_bps == pytest.approx(expected)
    assert "liquidation" not in outcome.votes
    assert outcome.votes["whale_flow"] == -1


def test_each_signal_is_queued_ruled_on_and_resolved_once(bot: Bot) -> None:
    bot.run()
    bot.close()
    lines = lines_of(bot.home)
    for kind in ("puts", "universe", "outcomes"):
        assert counted(lines[kind]) == dict.fromkeys(IDS, 1)
    assert lines["journal"][-1].signal_id in IDS
    assert PendingQueue().pending == _replayed(lines["journal"])


def test_dispositions_say_what_became_of_each(bot: Bot) -> None:
    bot.run()
    bot.close()
    found = {row.signal_id: row.disposition for row in lines_of(bot.home)["universe"]}
    signals = fates()
    assert found[signals["blocked"].signal_id] is Disposition.BLOCKED
    assert found[signals["traded"].signal_id] is Disposition.EXECUTED
    assert found[signals["expired"].signal_id] is Disposition.EXPIRED


def test_a_signal_without_prediction_is_queued_after_the_wait(bot: Bot) -> None:
    bot.run()
    bot.close()
    puts = {put.signal_id: put for put in lines_of(bot.home)["puts"]}
    late = puts[fates()["unpredicted"].signal_id]
    assert late.prediction is None
    assert late.ts >= late.signal.recorded_at + 5
    assert puts[fates()["blocked"].signal_id].prediction is not None


def test_a_missing_window_gives_none_and_never_a_later_price(bot: Bot) -> None:
    signal = make_signal()
    bot.world("predictive_signals", signal)
    bot.world("decisions", make_decision(signal, trade=False))
    for minute in (0, 1, 8, 15, 30, 60):
        for symbol in ("PF_XBTUSD", "PF_ETHUSD"):
            bot.world("windows", window(symbol, T0 + 60 * minute, 100.0))
    bot.clock.at = T0 + 3700
    bot.step()
    bot.clock.at = T0 + 3900
    bot.step()
    bot.close()
    [outcome] = lines_of(bot.home)["outcomes"]
    assert outcome.horizons["5m"] is None
    assert outcome.horizons["15m"].price_ts == T0 + 900
    assert outcome.ev_contribution_bps is None


def test_a_recording_that_stands_still_is_given_up_with_time(bot: Bot) -> None:
    signal = make_signal()
    bot.world("predictive_signals", signal)
    bot.clock.at = T0 + 3600
    bot.step()
    bot.step()
    assert lines_of(bot.home)["outcomes"] == []
    bot.clock.at = T0 + 3600 + 90 + 31
    bot.step()
    bot.close()
    [outcome] = lines_of(bot.home)["outcomes"]
    assert set(outcome.horizons.values()) == {None}
    assert outcome.disposition is Disposition.EXPIRED


def test_a_late_answer_counts_only_where_it_trades(bot: Bot) -> None:
    traded, blocked = make_signal(), make_signal(symbol="PF_XBTUSD")
    for signal in (traded, blocked):
        bot.world("predictive_signals", signal)
    bot.clock.at = T0 + 301
    bot.step()
    bot.world("decisions", make_decision(traded, trade=True, ts=T0 + 302))
    bot.world("decisions", make_decision(blocked, trade=False, ts=T0 + 302))
    bot.clock.at = T0 + 4000
    bot.step()
    bot.close()
    found = {o.signal_id: o.disposition for o in lines_of(bot.home)["outcomes"]}
    assert found == {
        traded.signal_id: Disposition.EXECUTED,
        blocked.signal_id: Disposition.EXPIRED,
    }
    assert counted(lines_of(bot.home)["universe"]) == {traded.signal_id: 1, blocked.signal_id: 1}


def test_the_snapshot_is_the_replayed_journal(bot: Bot) -> None:
    bot.run(until=20)
    bot.close()
    snapshot = DocumentFile(bot.home.pending_signals, PendingSignals, writer="test").read()
    assert snapshot is not None
    journal = lines_of(bot.home)["journal"]
    assert snapshot.pending == _replayed(journal[: snapshot.as_of_seq])
    assert len(snapshot.pending) == len(IDS)


def test_a_kill_after_any_line_loses_and_doubles_nothing(tmp_path: Path) -> None:
    whole = Bot(tmp_path / "whole")
    whole.run()
    whole.close()
    expected = {kind: builtins(lines) for kind, lines in lines_of(whole.home).items() if kind != "journal"}
    for after in range(1, whole.fuse.lines + 1):
        bot = Bot(tmp_path / f"kill{after}", Fuse(after))
        bot.run()
        bot.close()
        assert bot.crashes == 1
        lines = lines_of(bot.home)
        for kind, wanted in expected.items():
            assert builtins(lines[kind]) == wanted, (after, kind)


def test_restarts_without_any_saved_place_double_nothing(bot: Bot) -> None:
    bot.run(save=lambda _: False)
    for _ in range(2):
        bot.kill()
        bot.start()
        bot.step()
    bot.close()
    lines = lines_of(bot.home)
    for kind in ("puts", "universe", "outcomes", "rows"):
        assert counted(lines[kind]) == dict.fromkeys(IDS, 1)


def test_a_snapshot_that_was_broken_by_hand_does_not_stop_the_resolver(bot: Bot) -> None:
    bot.run(until=20)
    bot.close()
    bot.home.pending_signals.write_text("{broken", encoding="utf-8")
    bot._writers.clear()
    bot.start()
    assert len(bot.tracker._resolution._memory.queue.pending) == len(IDS)
    bot.close()


def test_a_step_without_input_writes_nothing(bot: Bot) -> None:
    assert bot.tracker.step(T0) == 0
    assert bot.tracker.outputs == 0
    assert not bot.tracker.backlog()
    bot.close()
    outcomes: list[SignalOutcome] = list(read_all(bot.home.signal_outcomes, SignalOutcome))
    assert outcomes == []


def _replayed(journal: list[object]) -> dict[str, object]:
    queue = PendingQueue()
    for event in journal:
        queue.apply(event)
    return queue.pending
