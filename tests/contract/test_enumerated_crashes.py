"""The bot dies at every step of an order's way, in turn; after the restart nothing is lost, doubled or naked.

A step is a part of a write, or a request, each before and after it took effect. The referee is the exchange's own
journal; the audit has to agree with it.
"""

from pathlib import Path

import pytest

from src.store.appender import Appender
from tests.crash_deaths import Deaths, all_deaths
from tests.crash_mutants import MUTANTS, Mutant
from tests.crash_scenarios import SCENARIOS, Scenario

SECOND_DEATHS = 8
PROTECTED_WITHIN_S = 1.0
PROTECTED_AFTER_RESTART_S = 5.0
SLOW = {
    "a stop whose answer is lost": "asked for again a second later",
    "an entry whose answer is lost": "asked for again a second later",
    "an entry that arrives late": "asked for again a second later",
    "a stop that never arrives": "sent anew when half the time has passed in which it may still be accepted",
    "answers without lists after a lost one": "for as long as there are no answers",
}
"""Where the network keeps a stop from its position for longer, and why."""


def told(deaths: Deaths) -> str:
    """Return what was enumerated, for the reader of the output."""
    alive, after = max(deaths.bare_s, default=0.0), max(deaths.bare_after_kill_s, default=0.0)
    return (
        f"{deaths.scenario}: {len(deaths.points)} points, {deaths.lives} lives; without a stop at most {alive:.2f} s, "
        f"after a kill {after:.2f} s from the restart"
    )


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_death_at_any_step_loses_doubles_and_exposes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: Scenario
) -> None:
    deaths = all_deaths(tmp_path, monkeypatch, scenario)
    print(told(deaths))
    assert deaths.faults == {}
    assert len(deaths.points) > 10
    if scenario.name not in SLOW:
        assert max(deaths.bare_s, default=0.0) <= PROTECTED_WITHIN_S
        assert max(deaths.bare_after_kill_s, default=0.0) <= PROTECTED_AFTER_RESTART_S


@pytest.mark.chaos
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_death_at_any_step_and_again_while_recovering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: Scenario
) -> None:
    deaths = all_deaths(tmp_path, monkeypatch, scenario, second_deaths=SECOND_DEATHS)
    print(told(deaths))
    assert deaths.faults == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_bot_that_makes_this_mistake_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mutant: Mutant
) -> None:
    mutant.make(monkeypatch)
    deaths = all_deaths(tmp_path, monkeypatch, SCENARIOS[mutant.scenario], first_fault=True)
    print(f"{mutant.name}: caught at point {len(deaths.points) + 1}: {deaths.faults}")
    assert deaths.kinds() & mutant.kinds


def test_whatever_an_order_follows_from_is_on_the_disk_before_its_request_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill leaves what was written; a power cut leaves only what was synced."""
    unsynced: set[str] = set()
    seen: list[str] = []
    write, sync = Appender.write, Appender.sync

    def note_line(self: Appender, line: bytes) -> None:
        write(self, line)
        unsynced.add(self.path.name)

    def note_sync(self: Appender) -> None:
        sync(self)
        unsynced.discard(self.path.name)

    def look(point: str) -> None:
        if point in {"before sendorder", "before cancelorder"}:
            seen.append(point)
            assert not unsynced & {"orders.jsonl", "fills.jsonl", "conviction_gate.jsonl", "gate_facts.jsonl"}

    monkeypatch.setattr(Appender, "write", note_line)
    monkeypatch.setattr(Appender, "sync", note_sync)
    scenario = SCENARIOS["a target that is reached"]
    world = scenario.world(tmp_path)
    world.watched_by(look)
    scenario.prepare(world)
    scenario.act(world)
    world.stop()
    assert seen == ["before sendorder", "before sendorder", "before sendorder", "before cancelorder"]
