"""What every way to open a home's files promises: the same records in, the same bytes out, the same records read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.records.learning import SignalWeights
from src.records.policies import Components
from src.simulation.clock import VirtualClock
from src.simulation.files import SteppedFiles
from src.store.disk_files import DiskFiles
from src.store.document import version_of
from src.store.errors import NonFiniteNumber, WriterExists
from src.store.files import Files, Incoming, Retention
from src.store.jsonl import Durability, read_all
from src.store.paths import Home
from tests.record_fakes import made
from tests.signals_fakes import T0, made_home, project_components, project_settings
from tests.store_fakes import Note, Sheet, note

BOOT = "abcdef"
SMALL = Retention(segment_bytes=1500, segments=None)

Kind = Callable[[Home], DiskFiles | SteppedFiles]


def disk(home: Home) -> DiskFiles:
    return DiskFiles(home, project_settings(), VirtualClock(T0), boot=BOOT)


def stepped(home: Home) -> SteppedFiles:
    return SteppedFiles(home, project_settings(), VirtualClock(T0), boot=BOOT)


@pytest.fixture(params=[disk, stepped])
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return made_home(tmp_path)


def end(files: Files) -> None:
    """Let go as the shell does."""
    if isinstance(files, SteppedFiles):
        files.close()


notes = st.builds(
    Note,
    ts=st.floats(0, 4e9),
    id=st.text(st.characters(exclude_categories=("Cs",)), max_size=300),
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)


@given(
    lives=st.lists(st.lists(notes, max_size=12), min_size=1, max_size=4),
    durability=st.sampled_from(Durability),
)
@settings(max_examples=60, deadline=None)
def test_the_bytes_on_the_disk_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, lives: list[list[Note]], durability: Durability
) -> None:
    found = []
    for opened in (disk, stepped):
        home = made_home(tmp_path_factory.mktemp("home"))
        for life in lives:
            files = opened(home)
            writer = files.writer(home.orders, writer="a % writer", durability=durability, retention=SMALL)
            for each in life:
                writer.append(each)
            writer.close()
            end(files)
        found.append({path.name: path.read_bytes() for path in home.logs.iterdir()})
    assert found[0] == found[1]
    assert [each for life in lives for each in life] == list(read_all(home.orders, Note))


def test_readers_hear_every_record_once_and_in_order(kind: Kind, home: Home) -> None:
    files = kind(home)
    early: Incoming[Note] = files.reader(home.orders, Note)
    writer = files.writer(home.orders, writer="test", durability=Durability.KNOWLEDGE, retention=SMALL)
    late: Incoming[Note] = files.reader(home.orders, Note)
    wanted = [note(n) for n in range(100)]
    heard: list[Note] = []
    for number, each in enumerate(wanted):
        assert writer.append(each) == writer.seq == number + 1
        if number % 7 == 0:
            assert late.behind()
            heard += late.read_new()
    assert heard + late.read_new() == wanted
    assert not late.behind()
    assert early.read_new(30) + early.read_new(30) + early.read_new() == wanted
    assert late.read_new() == []
    for one in (early, late, writer):
        one.close()
    end(files)


def test_a_reader_goes_on_from_its_saved_place(kind: Kind, home: Home) -> None:
    cursor = home.positions / "test.json"
    heard: list[Note] = []
    for life in range(3):
        files = kind(home)
        reader: Incoming[Note] = files.reader(home.orders, Note, cursor=cursor)
        writer = files.writer(home.orders, writer="test", durability=Durability.KNOWLEDGE, retention=SMALL)
        for number in range(20):
            writer.append(note(20 * life + number))
        heard += reader.read_new()
        reader.save()
        reader.close()
        writer.close()
        end(files)
    assert heard == [note(number) for number in range(60)]


def test_a_place_that_was_kept_elsewhere_is_one_to_go_on_from(kind: Kind, home: Home) -> None:
    files = kind(home)
    reader: Incoming[Note] = files.reader(home.orders, Note)
    assert reader.place() is None
    writer = files.writer(home.orders, writer="test", durability=Durability.KNOWLEDGE)
    writer.append(note(1))
    reader.read_new()
    place = reader.place()
    assert place is not None
    assert place.seq == 1
    reader.close()
    writer.close()
    end(files)

    for opened in (disk, kind):
        files = opened(home)
        again: Incoming[Note] = files.reader(home.orders, Note, place=place)
        assert again.read_new() == []
        again.close()
        end(files)


def test_skipping_to_the_end_leaves_what_comes_later(kind: Kind, home: Home) -> None:
    for life in range(2):
        files = kind(home)
        writer = files.writer(home.orders, writer="test", durability=Durability.KNOWLEDGE)
        writer.append(note(0))
        reader: Incoming[Note] = files.reader(home.orders, Note)
        reader.skip_to_end()
        writer.append(note(life))
        assert reader.read_new() == [note(life)]
        reader.close()
        writer.close()
        end(files)


def test_a_second_writer_is_refused(kind: Kind, home: Home) -> None:
    files = kind(home)
    first = files.writer(home.orders, writer="test", durability=Durability.MONEY)
    with pytest.raises(WriterExists):
        files.writer(home.orders, writer="test", durability=Durability.MONEY)
    first.close()
    end(files)


def test_numbers_that_json_cannot_say_are_refused_by_name(kind: Kind, home: Home) -> None:
    files = kind(home)
    reader: Incoming[Note] = files.reader(home.orders, Note)
    writer = files.writer(home.orders, writer="test", durability=Durability.KNOWLEDGE)
    with pytest.raises(NonFiniteNumber, match=r"Note\.value"):
        writer.append(Note(ts=1.0, id="a", value=float("nan")))
    assert (writer.seq, reader.read_new()) == (0, [])
    reader.close()
    writer.close()
    end(files)


def test_a_document_is_what_was_written_last(kind: Kind, home: Home) -> None:
    path = home.feature_store / "sheet.json"
    files = kind(home)
    ours, theirs = (files.document(path, Sheet, writer="test") for _ in range(2))
    assert (theirs.read(), theirs.read_if_changed(), theirs.version()) == (None, None, None)
    for value in (1.0, 2.0):
        ours.write(Sheet(ts=T0, value=value))
        assert theirs.read_if_changed() == Sheet(ts=T0, value=value)
        assert theirs.read_if_changed() is None
    end(files)
    again = kind(home).document(path, Sheet, writer="test")
    assert again.read() == Sheet(ts=T0, value=2.0)
    assert again.version() == ours.version() == version_of(path.read_bytes())


def test_documents_have_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for opened in (disk, stepped):
        home = made_home(tmp_path / opened.__name__)
        files = opened(home)
        page = files.document(home.weights, SignalWeights, writer="test")
        page.write(made(SignalWeights, full=True))  # type: ignore[arg-type] # of the type that was asked for
        version = page.version()
        end(files)
        found.append((home.weights.read_bytes(), version))
    assert found[0] == found[1]


def test_a_changed_config_comes_into_force(kind: Kind, home: Home) -> None:
    files = kind(home)
    file = files.config(home.components, Components)
    assert file.load() == file.current() == project_components()
    wanted = project_components().ensemble.prior_blocks + 1
    files.config(home.components, Components).compare_and_swap(
        {"ensemble.prior_blocks": wanted}, file.version
    )
    seen = [file.current().ensemble.prior_blocks for _ in range(2)]
    assert seen[-1] == wanted
    end(files)
    assert kind(home).config(home.components, Components).load().ensemble.prior_blocks == wanted


def test_a_freeze_is_seen_by_all(kind: Kind, home: Home) -> None:
    files = kind(home)
    seen = files.freeze()
    assert seen.reasons() == ()
    files.freeze().set("too hot", by="test", ts=T0)
    assert seen.reasons() == kind(home).freeze().reasons() == ("too hot",)
    files.freeze().clear()
    assert seen.reasons() == kind(home).freeze().reasons() == ()
