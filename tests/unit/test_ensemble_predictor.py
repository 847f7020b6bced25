"""The ensemble predictor: every signal is answered once, and a restart changes no answer."""

import random
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from src import ensemble_predictor
from src.ensemble_predictor import KEPT_EVERY_REAL_S, EnsemblePredictor, build_ensemble_predictor
from src.records.base import Line
from src.records.ensemble import EnsembleState
from src.records.enums import Direction, Strategy
from src.records.outcomes import SignalOutcome
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.simulation.clock import VirtualClock
from src.store.jsonl import Durability, JsonlWriter, read_all
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.signals_fakes import T0, made_home, outcome, signal

Event = Signal | SignalOutcome


def test_a_step_without_input_writes_nothing(tmp_path: Path) -> None:
    predictor = started(made_home(tmp_path))
    assert (predictor.step(T0), predictor.outputs, predictor.backlog()) == (0, 0, False)
    predictor.close()


def test_every_signal_is_answered_within_the_step_that_reads_it(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    predictor = started(home)
    signals = [signal(n=n) for n in range(5)]
    for n, each in enumerate(signals):
        write(home, [each])
        assert predictor.backlog()
        predictor.step(each.ts + 1)
        assert predictor.outputs == n + 1
    predictor.close()
    assert answers(home) == [(each.signal_id, each.ts + 1) for each in signals]
    assert (predictor.handled, predictor.last_event_ts) == (5, signals[-1].ts)


def test_outcomes_change_later_answers_only(tmp_path: Path) -> None:
    events = history(minutes=180)
    plain = [event for event in events if isinstance(event, Signal)]
    with_outcomes = live(made_home(tmp_path / "with"), events)
    without = live(made_home(tmp_path / "without"), plain)
    first_known = min(event.ts for event in events if isinstance(event, SignalOutcome))
    changed = [a.ts for a, b in zip(with_outcomes, without, strict=True) if a != b]
    assert min(changed) >= first_known
    assert len(changed) == len([each for each in plain if each.ts >= first_known])


def test_a_restart_at_any_step_changes_no_answer(tmp_path: Path) -> None:
    events = history(minutes=75)
    wanted = live(made_home(tmp_path / "wanted"), events)
    for stop in range(0, len(events), 5):
        home = made_home(tmp_path / f"stop{stop}")
        live(home, events[:stop])
        assert live(home, events[stop:]) == wanted


def test_a_crash_before_the_place_is_saved_doubles_no_answer(tmp_path: Path) -> None:
    events = history(minutes=75)
    wanted = live(made_home(tmp_path / "wanted"), events)
    for stop in range(0, len(events), 5):
        home = made_home(tmp_path / f"stop{stop}")
        live(home, events[:stop], saves=False)
        assert live(home, events[stop:]) == wanted


def test_signals_that_waited_through_an_outage_are_answered_without_hindsight(tmp_path: Path) -> None:
    events = history(minutes=150)
    wanted = live(made_home(tmp_path / "wanted"), events)
    home = made_home(tmp_path / "outage")
    live(home, events[:40])
    write(home, events[40:])
    assert [msgspec.structs.replace(each, recorded_at=0) for each in live(home, [])] == [
        msgspec.structs.replace(each, recorded_at=0) for each in wanted
    ]


def test_a_crash_long_after_the_memory_was_kept_changes_no_answer(tmp_path: Path) -> None:
    events = history(minutes=75)
    wanted = live(made_home(tmp_path / "wanted"), events)
    for kept in range(0, len(events), 25):
        home = made_home(tmp_path / f"kept{kept}")
        live(home, events[:kept])
        memory = state_file(home).read_bytes() if kept else None
        live(home, events[kept:-3])
        if memory is None:
            state_file(home).unlink()
        else:
            state_file(home).write_bytes(memory)
        assert live(home, events[-3:]) == wanted


def test_a_restart_reads_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = made_home(tmp_path)
    live(home, history(minutes=75))
    monkeypatch.setattr(ensemble_predictor, "hear_again", None)
    predictor = started(home)
    assert (predictor.step(T0), predictor.backlog()) == (0, False)
    predictor.close()


@pytest.mark.parametrize("harm", ["missing", "torn", "other inputs", "other rules", "other file"])
def test_without_its_memory_it_learns_the_past_again(tmp_path: Path, harm: str) -> None:
    events = history(minutes=75)
    wanted = live(made_home(tmp_path / "wanted"), events)
    home = made_home(tmp_path / "harmed")
    live(home, events[:-5])
    harm_state(home, harm)
    assert live(home, events[-5:]) == wanted


def test_a_step_that_broke_off_keeps_nothing(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    events = history(minutes=20)
    live(home, events[:10])
    kept = state_file(home).read_bytes()
    predictor = started(home)
    predictor._ensemble = None  # type: ignore[assignment] # whatever it does with it fails
    write(home, events[10:])
    with pytest.raises(AttributeError):
        predictor.step(T0)
    predictor.close()
    assert state_file(home).read_bytes() == kept
    assert live(home, []) == live_at_once(made_home(tmp_path / "wanted"), events, cut=10)


def test_its_memory_is_kept_now_and_then(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    clock = VirtualClock(T0)
    predictor = build_ensemble_predictor(home, clock, disk_files(home))
    ages = []
    for n in range(4):
        write(home, [signal(n=n)])
        predictor.step(T0 + n)
        predictor.save()
        ages.append(msgspec.json.decode(state_file(home).read_bytes(), type=EnsembleState).ts - T0)
        clock.advance_by(KEPT_EVERY_REAL_S / 2)
    predictor.close()
    assert ages == [0, 0, 2, 2]


def test_a_lost_place_repeats_no_answer(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    wanted = live(home, history(minutes=20))
    for place in home.positions.iterdir():
        place.unlink()
    assert live(home, []) == wanted


def test_a_signal_that_stands_twice_in_the_file_is_answered_once(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    twice = [signal(n=0), signal(n=1), signal(n=0), signal(n=1), signal(n=1, strategy=Strategy.SENTIMENT)]
    live(home, twice)
    assert [name for name, _ in answers(home)] == [twice[0].signal_id, twice[1].signal_id, twice[4].signal_id]


def test_after_a_restart_only_what_is_new_is_handled(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    live(home, history(minutes=75))
    predictor = started(home)
    assert predictor.step(T0) == 0
    predictor.close()


def test_it_wakes_on_signals_and_outcomes(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    predictor = started(home)
    assert predictor.inputs() == (home.predictive_signals, home.signal_outcomes)
    assert predictor.fds() == ()
    predictor.close()


def history(*, minutes: int) -> list[Event]:
    """Return signals, and their outcomes an hour later, in the order in which they came."""
    rng = random.Random(11)
    signals = [
        signal(n=n, symbol=symbol, ofi=rng.uniform(-1, 1), direction=rng.choice(list(Direction)))
        for n in range(minutes)
        for symbol in ("PF_XBTUSD", "PF_ETHUSD")
    ]
    outcomes = [outcome(each, return_bps=rng.gauss(0, 10), after_s=3600.5) for each in signals]
    end = signals[-1].ts
    return sorted([*signals, *(each for each in outcomes if each.ts <= end)], key=lambda event: event.ts)


def live(home: Home, events: Sequence[Event], *, saves: bool = True) -> list[Prediction]:
    """Return all predictions of a home after a predictor has lived through these events, one step each."""
    predictor = started(home)
    files = [writer(home.predictive_signals, home), writer(home.signal_outcomes, home)]
    for event in events:
        files[isinstance(event, SignalOutcome)].append(event)
        predictor.step(event.ts + 1)
    settle(predictor)
    if saves:
        predictor.save()
    predictor.close()
    for each in files:
        each.close()
    return list(read_all(home.ensemble_predictions, Prediction))


def live_at_once(home: Home, events: Sequence[Event], *, cut: int) -> list[Prediction]:
    """Return all predictions after events that came one by one up to the cut, and the others together."""
    live(home, events[:cut])
    write(home, events[cut:])
    return live(home, [])


def state_file(home: Home) -> Path:
    return home.positions / "ensemble_predictor.json"


def harm_state(home: Home, harm: str) -> None:
    path = state_file(home)
    state = msgspec.json.decode(path.read_bytes(), type=EnsembleState)
    if harm == "missing":
        path.unlink()
        return
    if harm == "torn":
        path.write_bytes(path.read_bytes()[:-40])
        return
    place = state.signals
    assert place is not None
    changed = {
        "other rules": {"rules": msgspec.structs.replace(state.rules, l2=state.rules.l2 / 2)},
        "other file": {"signals": msgspec.structs.replace(place, head_crc=place.head_crc + 1)},
        "other inputs": {"memory": msgspec.structs.replace(state.memory, members={})},
    }[harm]
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(state, **changed)))


def started(home: Home) -> EnsemblePredictor:
    return build_ensemble_predictor(home, VirtualClock(T0), disk_files(home))


def settle(predictor: EnsemblePredictor) -> None:
    while predictor.step(T0):
        pass


def write(home: Home, events: Sequence[Event]) -> None:
    with writer(home.predictive_signals, home) as signals, writer(home.signal_outcomes, home) as outcomes:
        for event in events:
            (outcomes if isinstance(event, SignalOutcome) else signals).append(event)


def writer(path: Path, home: Home) -> JsonlWriter[Line]:
    return JsonlWriter[Line](path, writer="test", durability=Durability.TELEMETRY, quarantine=home.quarantine)


def answers(home: Home) -> list[tuple[str, float]]:
    return [(each.signal_id, each.recorded_at) for each in read_all(home.ensemble_predictions, Prediction)]
