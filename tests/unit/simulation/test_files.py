"""Files of a stepped run: what is appended comes as it is, and no leg begins with anything unread."""

from pathlib import Path

import pytest

from src.records.policies import Components
from src.simulation.clock import VirtualClock
from src.simulation.files import SteppedFiles
from src.simulation.streams import ReaderBehind
from src.store.document import version_of
from src.store.errors import ConfigConflict
from src.store.files import Incoming
from src.store.jsonl import Durability, JsonlReader
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.signals_fakes import T0, made_home, project_settings
from tests.store_fakes import Note, Sheet, note


def opened(home: Home) -> SteppedFiles:
    return SteppedFiles(home, project_settings(), VirtualClock(T0), boot="000000")


def leg(home: Home, *, notes: int, reads: int, saves: bool = True) -> None:
    """Write some notes, read some of them, and end."""
    files = opened(home)
    reader: Incoming[Note] = files.reader(home.orders, Note, cursor=home.positions / "test.json")
    writer = files.writer(home.orders, writer="test", durability=Durability.MONEY)
    for number in range(notes):
        writer.append(note(number))
    reader.read_new(reads)
    if saves:
        reader.save()
    files.close()


def test_readers_get_the_very_object(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    files = opened(home)
    writer = files.writer(home.orders, writer="test", durability=Durability.MONEY)
    reader: Incoming[Note] = files.reader(home.orders, Note)
    one = note(1)
    writer.append(one)
    assert reader.read_new()[0] is one
    files.close()


def test_a_leg_that_ends_unread_has_no_successor(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    leg(home, notes=3, reads=3)
    leg(home, notes=3, reads=2)
    with pytest.raises(ReaderBehind):
        leg(home, notes=0, reads=0)


def test_a_place_that_was_not_saved_is_behind(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    leg(home, notes=3, reads=3)
    leg(home, notes=3, reads=3, saves=False)
    with pytest.raises(ReaderBehind):
        leg(home, notes=0, reads=0)


def test_a_reader_without_a_place_must_say_that_it_skips(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    leg(home, notes=3, reads=3)
    files = opened(home)
    reader: Incoming[Note] = files.reader(home.orders, Note)
    with pytest.raises(ReaderBehind):
        reader.read_new()
    reader.skip_to_end()
    assert reader.read_new() == []
    files.close()


def test_a_saved_place_is_one_for_the_daemon_too(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    leg(home, notes=3, reads=3)
    with disk_files(home).writer(home.orders, writer="test", durability=Durability.MONEY) as writer:
        writer.append(note(9))
    reader: JsonlReader[Note] = disk_files(home).reader(
        home.orders, Note, cursor=home.positions / "test.json"
    )
    assert reader.read_new() == [note(9)]
    assert set(reader.counters().values()) == {0}
    reader.close()


def test_two_runs_leave_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for name in "ab":
        home = made_home(tmp_path / name)
        for _ in range(2):
            leg(home, notes=5, reads=5)
        files = [path for path in sorted(home.root.rglob("*")) if path.is_file()]
        found.append([(path.relative_to(home.root), path.read_bytes()) for path in files])
    assert found[0] == found[1]


def test_documents_reach_the_disk_with_a_flush(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    path = home.feature_store / "sheet.json"
    files = opened(home)
    page = files.document(path, Sheet, writer="test")
    page.write(Sheet(ts=T0, value=1.0))
    assert not path.exists()
    files.flush()
    first = path.read_bytes()
    page.write(Sheet(ts=T0, value=2.0))
    version = page.version()
    assert path.read_bytes() == first
    files.close()
    assert version == disk_files(home).document(path, Sheet, writer="other").version()


def test_what_an_earlier_leg_left_is_read_from_the_disk(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    path = home.feature_store / "sheet.json"
    disk_files(home).document(path, Sheet, writer="other").write(Sheet(ts=T0, value=3.0))
    files = opened(home)
    page = files.document(path, Sheet, writer="test")
    assert page.version() == disk_files(home).document(path, Sheet, writer="other").version()
    assert page.read_if_changed() == Sheet(ts=T0, value=3.0)
    assert page.read_if_changed() is None
    files.close()


def test_a_stream_may_be_opened_closed_and_opened_again(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    files = opened(home)
    reader: Incoming[Note] = files.reader(home.orders, Note)
    for number in range(3):
        writer = files.writer(home.orders, writer="test", durability=Durability.MONEY)
        writer.append(note(number))
        writer.close()
    assert reader.read_new() == [note(number) for number in range(3)]
    files.close()
    files.close()


def test_a_learned_change_reaches_the_disk_after_the_lines_that_tell_of_it(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    files = opened(home)
    config = files.config(home.components, Components)
    before = home.components.read_bytes()
    wanted = config.load().ensemble.prior_blocks + 1

    config.compare_and_swap({"ensemble.prior_blocks": wanted}, config.version)
    assert config.current().ensemble.prior_blocks == wanted
    assert home.components.read_bytes() == before

    files.close()
    assert version_of(home.components.read_bytes()) == config.version


def test_a_learned_change_never_replaces_what_a_hand_wrote_meanwhile(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    files = opened(home)
    config = files.config(home.components, Components)
    config.load()
    edited = home.components.read_bytes() + b"\n"
    home.components.write_bytes(edited)

    config.compare_and_swap({"ensemble.prior_blocks": 99}, config.version)
    with pytest.raises(ConfigConflict, match="changed by hand"):
        files.close()

    assert home.components.read_bytes() == edited


def test_a_document_for_later_is_made_once_somebody_looks(tmp_path: Path) -> None:
    home, asked = made_home(tmp_path), []

    def made() -> Sheet:
        asked.append(1)
        return Sheet(ts=T0, value=5)

    files = opened(home)
    page = files.document(home.positions_futures, Sheet, writer="test")
    page.write_later(made)
    page.write_later(made)
    assert not asked
    assert files.document(home.positions_futures, Sheet, writer="test").read() == Sheet(ts=T0, value=5)
    files.close()
    assert len(asked) == 1
    assert disk_files(home).document(home.positions_futures, Sheet, writer="test").read() == page.read()
