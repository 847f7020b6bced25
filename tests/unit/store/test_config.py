import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.records.policies import Components, SignalPolicies
from src.records.settings import BotSettings, ExitRules, LearningSettings
from src.store.config import ConfigFile
from src.store.config_check import TextFaults, check_text
from src.store.errors import ConfigConflict, ConfigError
from tests.store_fakes import KNOBS, Knobs

DEFAULTS = Path(__file__).parents[3] / "configs"
FUTURE = 4e9


class Edited:
    """A config that a human edits, and the wall clock by which its age is told."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "knobs.json"
        self.wall = FUTURE
        self.path.write_text(KNOBS)
        self.file = ConfigFile(self.path, Knobs, wall=lambda: self.wall)

    def edit(self, old: str, new: str) -> None:
        text = self.path.read_text()
        assert old in text
        self.path.write_text(text.replace(old, new))

    def rules(self) -> list[str]:
        return [fault.rule for fault in self.file.faults]


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bot", BotSettings),
        ("components", Components),
        ("exits", ExitRules),
        ("learning", LearningSettings),
        ("signal_policies", SignalPolicies),
    ],
)
def test_the_default_configs_are_valid(
    name: str,
    kind: type[BotSettings]
    | type[Components]
    | type[ExitRules]
    | type[LearningSettings]
    | type[SignalPolicies],
) -> None:
    file = ConfigFile(DEFAULTS / f"{name}.json", kind)
    file.load()
    assert len(file.version) == 12


def test_an_edit_is_in_force_with_the_next_look(edited: Edited) -> None:
    first = edited.file.load()
    assert edited.file.current() is first
    before = edited.file.version
    edited.edit('"threshold": 0.5', '"threshold": 0.6')
    assert edited.file.current().threshold == 0.6
    assert edited.file.version != before


def test_an_edit_that_is_still_fresh_waits_for_a_second_look(edited: Edited) -> None:
    edited.file.load()
    edited.edit('"threshold": 0.5', '"threshold": 0.6')
    edited.wall = edited.path.stat().st_mtime + 0.1
    assert edited.file.current().threshold == 0.5
    assert edited.file.current().threshold == 0.6


def test_a_file_that_still_changes_is_not_looked_into(edited: Edited) -> None:
    edited.file.load()
    edited.wall = 0.0
    for value in range(60, 70):
        edited.path.write_text(KNOBS.replace("0.5,", f"0.{value}{' ' * value},"))
        assert edited.file.current().threshold == 0.5
    assert edited.file.current().threshold == 0.69


@pytest.mark.parametrize("cut", range(len(KNOBS.rstrip())))
def test_a_half_written_file_is_never_a_configuration(edited: Edited, cut: int) -> None:
    good = edited.file.load()
    edited.path.write_text(KNOBS[:cut])
    assert edited.file.current() is good
    assert edited.file.current() is good
    assert edited.file.faults
    edited.path.write_text(KNOBS.replace("0.5,", "0.75,"))
    assert edited.file.current().threshold == 0.75
    assert edited.file.faults == ()


def test_a_broken_edit_is_told_once_and_going_back_ends_it(edited: Edited) -> None:
    good = edited.file.load()
    edited.edit("0.5", "5")
    edited.file.current()
    since = edited.file.faults[0].since_ts
    edited.wall += 60
    edited.file.current()
    assert edited.file.faults[0].since_ts == since
    edited.path.write_text(KNOBS)
    assert edited.file.current() == good
    assert edited.file.faults == ()


def test_a_file_that_is_gone_leaves_the_last_good_in_force(edited: Edited) -> None:
    good = edited.file.load()
    edited.path.unlink()
    assert edited.file.current() is good
    assert edited.rules() == ["the file is missing"]
    edited.path.write_text(KNOBS)
    assert edited.file.current() == good
    assert edited.file.faults == ()


def test_a_file_moved_away_and_back_is_as_good_as_before(edited: Edited, tmp_path: Path) -> None:
    good = edited.file.load()
    edited.path.rename(tmp_path / "away")
    edited.file.current()
    assert edited.file.faults
    (tmp_path / "away").rename(edited.path)
    assert edited.file.current() == good
    assert edited.file.faults == ()


def test_a_swap_keeps_a_byte_order_mark(edited: Edited) -> None:
    edited.path.write_bytes(b"\xef\xbb\xbf" + KNOBS.encode())
    edited.file.load()
    edited.file.compare_and_swap({"count": 4}, edited.file.version)
    assert edited.path.read_bytes() == b"\xef\xbb\xbf" + KNOBS.replace('"count": 3', '"count": 4').encode()


def test_what_is_no_plain_file_is_refused(edited: Edited, tmp_path: Path) -> None:
    edited.file.load()
    other = tmp_path / "other.json"
    other.write_text(KNOBS)
    edited.path.unlink()
    edited.path.symlink_to(other)
    edited.file.current()
    assert edited.rules() == ["the file is a link"]
    edited.path.unlink()
    edited.path.mkdir()
    edited.file.current()
    assert edited.rules() == ["expected a plain file"]
    edited.path.rmdir()
    os.mkfifo(edited.path)
    edited.file.current()
    assert edited.rules() == ["expected a plain file"]
    edited.path.unlink()
    edited.path.write_bytes(b" " * 2_000_000)
    edited.file.current()
    assert "at most 1000000 bytes" in edited.rules()[0]


def test_files_of_editors_beside_it_are_nothing_to_it(edited: Edited, tmp_path: Path) -> None:
    good = edited.file.load()
    for name in (".knobs.json.swp", "knobs.json~", "4913"):
        (tmp_path / name).write_text("x")
    assert edited.file.current() is good


def test_a_start_on_a_missing_or_broken_file_is_an_error(edited: Edited) -> None:
    edited.edit("0.5", "5")
    with pytest.raises(ConfigError):
        edited.file.current()
    edited.path.unlink()
    with pytest.raises(ConfigError, match="missing"):
        edited.file.load()


FAULTS = [
    ('"threshold": 0.5', '"threshold": 0.95', (4, 16, "threshold", "<= 0.9")),
    ('"threshold": 0.5', '"threshold": "0.5"', (4, 16, "threshold", "expected `float`")),
    ('"threshold": 0.5', '"threshold": null', (4, 16, "threshold", "expected `float`")),
    ('"threshold": 0.5', '"threshold": NaN', (4, 16, "", "expected a value")),
    ('"threshold": 0.5', '"threshold": 1e400', (4, 16, "threshold", "")),
    ('"threshold": 0.5', '"treshold": 0.5', (4, 3, "treshold", "did you mean threshold?")),
    ('"count": 3', '"count": 3.5', (4, 32, "count", "expected `int`")),
    ('"count": 3', '"count": 3, "count": 4', (4, 35, "count", "stands in line 4 already")),
    ('"count": 3', '"count": 3, "extra": 4', (4, 35, "extra", "no such key")),
    ('"gate": "on"', '"gate": "onn"', (5, 11, "gate", "expected one of on, off")),
    ('"OFI": 1.0', '"OFY": 1.0', (6, 13, "sizes.OFY", "expected one of OFI, SENTIMENT")),
    ('"SENTIMENT": 0.5', '"SENTIMENT": 9', (6, 38, "sizes.SENTIMENT", "<= 1.5")),
    ('{"after_s": 0}', '{"after_s": -1}', (7, 26, "steps[0].after_s", ">= 0")),
    ('{"after_s": 0}', '{"after": 1, "after_s": 1}', (7, 15, "steps[0].after", "did you mean after_s?")),
    ('{"after_s": 0}', "{}", (7, 14, "steps[0].after_s", "missing")),
    ('{"after_s": 0}', "7", (7, 14, "steps[0]", "expected an object")),
    ("[0, 24]", "[0, 24, 25]", (8, 12, "hours", "length 2")),
    ("[0, 24]", "[24, 0]", (8, 3, "hours", "earlier")),
    ('["count"]', "[3]", (3, 15, "_pinned[0]", "expected `str`")),
]


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS)
def test_a_fault_names_its_place_its_key_and_the_rule(
    edited: Edited, old: str, new: str, expected: tuple[int, int, str, str]
) -> None:
    edited.edit(old, new)
    with pytest.raises(ConfigError) as caught:
        edited.file.load()
    line, column, key, words = expected
    found = [
        fault for fault in caught.value.faults if (fault.line, fault.column, fault.key) == (line, column, key)
    ]
    assert len(found) == 1, caught.value
    assert words in found[0].rule
    assert found[0].file == str(edited.path)


def test_all_faults_of_a_file_are_told_at_once(edited: Edited) -> None:
    edited.edit('"threshold": 0.5', '"treshold": 0.5')
    edited.edit('"count": 3', '"count": 0')
    edited.edit('"on"', '"maybe"')
    edited.edit('"SENTIMENT": 0.5', '"SENTIMENT": -1')
    with pytest.raises(ConfigError) as caught:
        edited.file.load()
    assert [fault.key for fault in caught.value.faults] == [
        "threshold",
        "treshold",
        "count",
        "gate",
        "sizes.SENTIMENT",
    ]
    assert str(caught.value).count("\n") == 4


def test_a_byte_order_mark_is_passed_over_and_other_encodings_are_not(edited: Edited) -> None:
    edited.path.write_bytes(b"\xef\xbb\xbf" + KNOBS.encode())
    assert edited.file.load().count == 3
    edited.path.write_bytes(KNOBS.encode("utf-16"))
    with pytest.raises(ConfigError, match="UTF-8"):
        edited.file.load()


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_at_all_make_the_check_fail_otherwise_than_by_name(content: bytes) -> None:
    with pytest.raises(TextFaults):
        check_text(content, Knobs)


def test_a_swap_changes_the_value_and_nothing_else(edited: Edited) -> None:
    edited.file.load()
    version = edited.file.compare_and_swap({"threshold": 0.55, "sizes.OFI": 0.75}, edited.file.version)
    wanted = KNOBS.replace('"threshold": 0.5,', '"threshold": 0.55,').replace('"OFI": 1.0', '"OFI": 0.75')
    assert edited.path.read_text() == wanted
    assert edited.file.version == version
    assert edited.file.current().threshold == 0.55
    assert (edited.path.parent / ".knobs.json.bak").read_text() == KNOBS


def test_a_swap_of_another_version_is_refused(edited: Edited) -> None:
    edited.file.load()
    version = edited.file.version
    edited.edit('"count": 3', '"count": 4')
    text = edited.path.read_text()
    with pytest.raises(ConfigConflict):
        edited.file.compare_and_swap({"threshold": 0.6}, version)
    assert edited.path.read_text() == text


def test_a_swap_into_a_broken_file_is_refused(edited: Edited) -> None:
    edited.file.load()
    edited.edit("0.5,", "0.5,,")
    text = edited.path.read_text()
    with pytest.raises(ConfigConflict, match="broken"):
        edited.file.compare_and_swap({"threshold": 0.6}, edited.file.version)
    assert edited.path.read_text() == text


@pytest.mark.parametrize("changes", [{"threshold": 5.0}, {"nowhere": 1}, {"threshold": float("nan")}])
def test_a_swap_never_makes_a_file_that_is_no_configuration(
    edited: Edited, changes: dict[str, object]
) -> None:
    edited.file.load()
    with pytest.raises(ConfigError):
        edited.file.compare_and_swap(changes, edited.file.version)
    assert edited.path.read_text() == KNOBS


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_edit_at_the_very_moment_of_a_swap_survives(
    edited: Edited, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    edited.file.load()
    human = KNOBS.replace('"count": 3', '"count": 9')
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path.name == ".knobs.json.tmp" and moment == "before":
            edited.path.write_text(human)
        moved = real(path, target)
        if path.name == ".knobs.json.tmp" and moment == "after":
            edited.path.write_text(human)
        return moved

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(ConfigConflict):
        edited.file.compare_and_swap({"threshold": 0.6}, edited.file.version)
    assert edited.path.read_text() == human


def test_two_hundred_edits_between_swaps_all_survive(edited: Edited) -> None:
    edited.file.load()
    learner = ConfigFile(edited.path, Knobs)
    learner.load()
    for round_number in range(1, 201):
        count = edited.file.current().count
        edited.edit(f'"count": {count}', f'"count": {round_number + 3}')
        learner.load()
        learner.compare_and_swap({"threshold": 0.2 + round_number / 1000}, learner.version)
        assert edited.file.current().count == round_number + 3
        assert edited.file.current().threshold == 0.2 + round_number / 1000
