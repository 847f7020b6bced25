"""A stepped run from its first leg to its last: opened, stepped, saved, and gone on with after a kill."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from src.records.simulation import SimulatedMarket, SimulationRun
from src.simulation.clock import VirtualClock
from src.simulation.garbage import seldom_collected
from src.simulation.hand_edits import refuse_hand_edits
from src.simulation.leg import Leg
from src.simulation.manifest import new_run, run_file, source_version
from src.simulation.plan import Pace, Plan
from src.simulation.saved_leg import (
    forget_other_legs,
    require_documents,
    restore_documents,
    save_documents,
)
from src.store.rewind import marks_of, rewind


class CannotResume(Exception):
    """A run cannot go on: the text says what differs."""


class OpensLeg(Protocol):
    """How a leg is opened at the clock's time."""

    def __call__(self, plan: Plan, clock: VirtualClock, since: float) -> Leg:
        """Return the leg that begins at the close of a window, everything of it built from the home's files."""


class SteppedRun:
    """The loop: it knows legs and time, and nothing of trading.

    The same plan on the same home gives the same bytes, however often it was killed and resumed.
    """

    def __init__(self, plan: Plan, run: SimulationRun, *, open_leg: OpensLeg) -> None:
        self._plan = plan
        self._run = run
        self._open_leg = open_leg
        self._file = run_file(plan.home)
        self._lived: Pace | None = None

    @classmethod
    def begin(cls, plan: Plan, market: SimulatedMarket, *, open_leg: OpensLeg) -> "SteppedRun":
        """Return a run at its beginning, with the home's documents saved as they are now."""
        run = cls(plan, new_run(plan, market=market), open_leg=open_leg)
        run._save(run._run)
        return run

    @classmethod
    def resume(cls, plan: Plan, known: SimulationRun, *, open_leg: OpensLeg) -> "SteppedRun":
        """Return a run at the end of its last finished leg, with everything later taken away.

        Raises CannotResume where the program has changed since: its records would not fit the earlier ones, or
        where the end that is asked for lies before what was lived; ChangedByHand where configs were edited.
        """
        if known.version != source_version():
            raise CannotResume(
                "the program has changed since this run began; what it would write now would not fit. "
                "Begin anew in another home."
            )
        if plan.end < known.reached_ts:
            raise CannotResume(
                f"{plan.home.root} has records up to {_minute(known.reached_ts)}; a run that ends before is one for "
                f"another home"
            )
        require_documents(plan.home, known.leg)
        refuse_hand_edits(plan.home, known.leg)
        forget_other_legs(plan.home, known.leg)
        restore_documents(plan.home, known.leg)
        rewind(plan.home, known.streams)
        run = cls(plan, known, open_leg=open_leg)
        run._write(_going_on(known, end_ts=plan.end))
        return run

    def go(self, *, on_pace: Callable[[Pace], object], stopped: Callable[[], bool]) -> SimulationRun:
        """Live on to the plan's end, the market's, or until ``stopped``; return the manifest as it then is.

        Raises ChangedByHand at the end of a leg in which somebody edited configs: nothing of it is saved.
        """
        end = self._plan.end
        while True:
            leg_end = self._run.saved_ts + self._run.leg_s
            clock = VirtualClock(self._run.clock_ts)
            with seldom_collected():
                reached, over = self._live(clock, min(leg_end, end), on_pace, stopped)
            if reached == leg_end and not over:
                self._finish_leg(leg_end, clock.now())
            if over or reached < leg_end or reached >= end:
                break
        finished = over or reached >= end
        self._write(msgspec.structs.replace(self._run, ts=reached, reached_ts=reached, finished=finished))
        return self._run

    def _live(
        self,
        clock: VirtualClock,
        until: float,
        on_pace: Callable[[Pace], object],
        stopped: Callable[[], bool],
    ) -> tuple[float, bool]:
        """Return how far the leg came, and whether the market is over."""
        reached = self._run.saved_ts
        leg = self._open_leg(self._plan, clock, reached)
        try:
            while reached < until and not stopped() and not leg.ended():
                reached = leg.step()
                on_pace(leg.pace().after(self._lived))
            self._lived = leg.pace().after(self._lived)
            return reached, leg.ended()
        finally:
            leg.close()

    def _finish_leg(self, ts: float, clock_ts: float) -> None:
        refuse_hand_edits(self._plan.home, self._run.leg)
        run = msgspec.structs.replace(
            self._run,
            ts=ts,
            leg=self._run.leg + 1,
            saved_ts=ts,
            clock_ts=clock_ts,
            reached_ts=ts,
            streams=marks_of(self._plan.home),
        )
        self._save(run)

    def _save(self, run: SimulationRun) -> None:
        """Save the end of a leg so that a power cut, too, leaves this one or the one before."""
        save_documents(self._plan.home, run.leg)
        os.sync()
        self._write(run)
        os.sync()
        forget_other_legs(self._plan.home, run.leg)

    def _write(self, run: SimulationRun) -> None:
        self._file.write(run)
        self._run = run


def _going_on(known: SimulationRun, *, end_ts: float) -> SimulationRun:
    """Return the manifest of a run that stands at the end of its last finished leg again."""
    return msgspec.structs.replace(
        known, ts=known.saved_ts, reached_ts=known.saved_ts, end_ts=end_ts, finished=False
    )


def _minute(ts: float) -> str:
    return f"{datetime.fromtimestamp(ts, UTC):%Y-%m-%d %H:%M}"
