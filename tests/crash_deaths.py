"""What becomes of each way to die: a scenario is lived through once for every point of it."""

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.crash_points import Reaper, skip_syncs, watch_disk
from tests.crash_scenarios import Act, Scenario
from tests.crash_world import CrashWorld
from tests.exchange_fakes import Killed

MOST_POINTS = 900
SECOND_WITHIN = 40
"""Points of the recovery among which a second death is chosen."""


@dataclass(slots=True)
class Deaths:
    """What became of a scenario at every point of it."""

    scenario: str
    points: list[str] = field(default_factory=list)
    lives: int = 0
    """How often it was lived through."""
    faults: dict[str, list[str]] = field(default_factory=dict)
    """By where it died."""
    bare_s: list[float] = field(default_factory=list)
    """How long each position was open without a stop, where nobody died meanwhile."""
    bare_after_kill_s: list[float] = field(default_factory=list)
    """The same from the restart on, where somebody did."""

    def kinds(self) -> set[str]:
        """Return what kinds of faults there were."""
        return {fault.partition(":")[0] for found in self.faults.values() for fault in found}


def all_deaths(
    root: Path,
    patch: pytest.MonkeyPatch,
    scenario: Scenario,
    *,
    second_deaths: int = 0,
    first_fault: bool = False,
) -> Deaths:
    """Let a scenario die at each point of it in turn.

    With ``second_deaths`` the recovery dies too: for each point that many times, at points that follow from it.
    ``first_fault`` ends with the first fault that is found.
    """
    skip_syncs(patch)
    deaths = Deaths(scenario.name)
    for at in range(1, MOST_POINTS):
        chance = random.Random(f"{scenario.name} {at}")
        seconds: list[int | None] = [1 + chance.randrange(SECOND_WITHIN) for _ in range(second_deaths)]
        for second in seconds or [None]:
            life = Life(root / str(at), patch, scenario, at=at, second=second)
            found = life.judged()
            life.note_bare(deaths)
            deaths.lives += 1
            shutil.rmtree(root / str(at))
            if found:
                deaths.faults[life.ended] = found
            if life.survived or (found and first_fault):
                return deaths
        deaths.points.append(life.ended)
    pytest.fail(f"{scenario.name} has more than {MOST_POINTS} points")


class Life:
    """One life of a scenario, that ends at a point and goes on after a restart."""

    def __init__(
        self, root: Path, patch: pytest.MonkeyPatch, scenario: Scenario, *, at: int, second: int | None
    ) -> None:
        self._world = scenario.world(root)
        self._patch = patch
        self._scenario = scenario
        self._first = Reaper(at)
        self._second = Reaper(second)

    @property
    def survived(self) -> bool:
        """Return whether the scenario has no such point."""
        return self._first.died_at is None

    @property
    def ended(self) -> str:
        """Return where it died, and where again."""
        again = self._second.died_at
        first = f"{self._first.at}: {self._first.died_at or 'nowhere'}"
        return first if again is None else f"{first}, then {self._second.at}: {again}"

    def judged(self) -> list[str]:
        """Live, die, recover; return what is wrong in the end."""
        world, scenario = self._world, self._scenario
        try:
            scenario.prepare(world)
            self._die_of(scenario.act, self._first)
            if not self.survived and self._second.at is not None:
                self._die_of(CrashWorld.settle, self._second)
            world.settle()
            scenario.finish(world)
            found = world.faults()
            world.stop()
            found += world.violations()
        except Exception as fault:  # noqa: BLE001 - whatever a mutant breaks is found
            found = [f"broke: {fault!r}"]
            world.stop()
        referee = world.referee()
        if scenario.ends_flat and referee.sizes():
            found.append(f"still open: {referee.sizes()}")
        if scenario.keeps_its_stop:
            found += [f"gap: {bare}" for bare in referee.bare if not bare.opened]
        return found

    def note_bare(self, deaths: Deaths) -> None:
        """Note how long positions were without a stop."""
        for bare in self._world.referee().bare:
            until = bare.since + bare.seconds
            restarts = [ts for ts in self._world.started_at[1:] if bare.since <= ts <= until]
            if restarts:
                deaths.bare_after_kill_s.append(until - restarts[-1])
            elif bare.opened:
                deaths.bare_s.append(bare.seconds)

    def _die_of(self, act: Act, reaper: Reaper) -> None:
        """Let it act until it dies, and start again where it did."""
        world = self._world
        with self._patch.context() as watched:
            watch_disk(watched, reaper)
            world.watched_by(reaper.pass_by)
            reaper.armed = True
            try:
                act(world)
            except Killed:
                assert reaper.died_at is not None
            finally:
                reaper.armed = False
                world.watched_by(lambda _: None)
        if reaper.died_at is not None:
            world.restart()
