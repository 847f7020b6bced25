"""A stepped run keeps what it began with: an edit in between is never taken in and never lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from src.simulation.hand_edits import ChangedByHand
from src.store.errors import ConfigError
from src.store.freeze import Freeze
from src.store.paths import Home
from tests.simulation_fakes import START, bytes_of, change, fresh_home, live, live_on, plan_of

SETTINGS = {"symbols": ["PF_XBTUSD", "PF_ETHUSD"], "window_s": 300, "learning_every_s": 3600}
LEG_WINDOWS = 20
DAYS = 0.25
STEPS = 30


def stopped_home(folder: Path) -> Home:
    """Return a home whose run was stopped in its second leg."""
    home = fresh_home(folder, **SETTINGS)
    steps = iter(range(STEPS))
    lived = live(plan_of(home, days=DAYS, leg_windows=LEG_WINDOWS), stopped=lambda: next(steps, None) is None)
    assert (lived.leg, lived.finished) == (1, False)
    return home


def loosen(home: Home) -> None:
    change(home.policies, long_ofi_requirement=0.3)


def forget_exits(home: Home) -> None:
    home.exits.unlink()


def spoil(home: Home) -> None:
    home.components.write_text("{")


def freeze(home: Home) -> None:
    Freeze(home).set("holidays", by="human", ts=START)


def touch(home: Home) -> None:
    home.freeze_flag.touch()


@pytest.mark.parametrize("edit", [loosen, forget_exits, spoil, freeze, touch])
def test_an_edit_between_stop_and_resume_is_refused_and_kept(
    tmp_path: Path, edit: Callable[[Home], None]
) -> None:
    home = stopped_home(tmp_path)
    edit(home)
    before = bytes_of(home)

    with pytest.raises((ChangedByHand, ConfigError)):
        live_on(home, days=DAYS)

    assert bytes_of(home) == before


def test_what_was_brought_back_lets_the_run_go_on(tmp_path: Path) -> None:
    whole, home = fresh_home(tmp_path / "whole", **SETTINGS), stopped_home(tmp_path / "home")
    live(plan_of(whole, days=DAYS, leg_windows=LEG_WINDOWS))
    policies = home.policies.read_bytes()
    loosen(home)

    home.policies.write_bytes(policies)
    live_on(home, days=DAYS)

    assert bytes_of(home) == bytes_of(whole)


def test_an_edit_while_a_run_is_under_way_ends_it_at_its_legs_end(tmp_path: Path) -> None:
    home = fresh_home(tmp_path, **SETTINGS)
    steps = iter(range(10_000))

    def on_pace(_: object) -> None:
        if next(steps) == STEPS:
            change(home.exits, _note="what if")

    with pytest.raises(ChangedByHand, match=r"configs/exits\.json"):
        live(plan_of(home, days=DAYS, leg_windows=LEG_WINDOWS), on_pace=on_pace)


def test_a_freeze_before_the_run_blocks_every_entry(tmp_path: Path) -> None:
    home = fresh_home(tmp_path, **SETTINGS)
    change(home.policies, fee_gate="off", kelly="off", long_ofi_requirement=0.2, short_ofi_requirement=0.2)
    Freeze(home).set("look first", by="human", ts=START)

    assert live(plan_of(home, days=DAYS, leg_windows=LEG_WINDOWS)).finished

    assert b'"purpose":"ENTRY"' not in home.orders.read_bytes()
    assert Freeze(home).reasons() == ("look first",)
