"""Going back: whatever was written after the marks were taken, the files are then as they were."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.records.simulation import StreamMark
from src.simulation.clock import VirtualClock
from src.simulation.files import SteppedFiles
from src.store.errors import StoreError
from src.store.files import Retention
from src.store.jsonl import Durability
from src.store.paths import Home
from src.store.rewind import forget_old_segments, marks_of, rewind
from src.store.segments import closed_segments
from tests.signals_fakes import T0, made_home, project_settings
from tests.store_fakes import note

NAMES = ("logs/orders.jsonl", "feature_store/tape/windows.jsonl", "feature_store/a.journal.jsonl")
Life = list[tuple[int, int]]
lives = st.lists(st.tuples(st.sampled_from(range(len(NAMES))), st.integers(1, 6)), max_size=12)


def live(home: Home, life: Life, *, killed: bool = False) -> None:
    """Append some notes to some streams, in segments of a few lines; a kill leaves half a line behind."""
    files = SteppedFiles(home, project_settings(), VirtualClock(T0), boot="000000")
    small = Retention(segment_bytes=700, segments=None)
    writers = {
        which: files.writer(
            home.root / NAMES[which], writer="t", durability=Durability.MONEY, retention=small
        )
        for which in sorted({which for which, _ in life})
    }
    for which, count in life:
        for _ in range(count):
            writers[which].append(note(writers[which].seq))
    files.close()
    if killed:
        for which in writers:
            with (home.root / NAMES[which]).open("ab") as file:
                file.write(b'{"v":1,"seq":')


def content(home: Home) -> dict[str, bytes]:
    found = [path for path in home.root.rglob("*") if path.is_file() and path.suffix != ".wlock"]
    return {path.relative_to(home.root).as_posix(): path.read_bytes() for path in found}


@given(before=lives, after=lives, later=lives)
@settings(max_examples=60, deadline=None)
def test_going_back_gives_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, before: Life, after: Life, later: Life
) -> None:
    home = made_home(tmp_path_factory.mktemp("home"))
    live(home, before)
    marks, wanted = marks_of(home), content(home)
    live(home, after, killed=True)
    rewind(home, marks)
    assert content(home) == wanted
    live(home, later)
    rewind(home, marks)
    rewind(home, marks)
    assert content(home) == wanted
    assert marks_of(home) == marks


@pytest.mark.parametrize("step", range(4))
def test_a_kill_between_the_steps_of_a_rotation_or_of_going_back_is_made_up_for(
    tmp_path: Path, step: int
) -> None:
    home = made_home(tmp_path)
    live(home, [(0, 6)])
    marks, wanted = marks_of(home), content(home)
    live(home, [(0, 30)])
    path = home.orders
    closed = closed_segments(path)
    (path.parent / f".{path.name}.next").write_bytes(b"{")
    if step >= 1:
        path.unlink()
    if step >= 2:
        for number in sorted(closed)[-step:]:
            closed[number].unlink()
    rewind(home, marks)
    assert content(home) == wanted


def test_a_file_that_was_empty_is_empty_again(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    home.market_tape.touch()
    marks = marks_of(home)
    home.market_tape.write_bytes(b'{"received_at":1.0,"message":{}}\n')
    full = marks_of(home)
    rewind(home, marks)
    assert home.market_tape.read_bytes() == b""
    with pytest.raises(StoreError, match="gone"):
        rewind(home, full)


def test_what_is_gone_is_not_made_up(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    live(home, [(0, 3)])
    (mark,) = marks_of(home)
    with pytest.raises(StoreError, match="gone"):
        rewind(home, [StreamMark(path=mark.path, number=mark.number, size=mark.size + 1)])
    with pytest.raises(StoreError, match="gone"):
        rewind(home, [StreamMark(path=mark.path, number=mark.number + 1, size=1)])


def test_old_segments_of_all_but_money_are_forgotten(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    files = SteppedFiles(home, project_settings(), VirtualClock(T0), boot="000000")
    for path, durability in ((home.orders, Durability.MONEY), (home.windows, Durability.KNOWLEDGE)):
        writer = files.writer(path, writer="t", durability=durability, retention=Retention(300, None))
        for number in range(20):
            writer.append(note(number))
    files.close()
    before = list(closed_segments(home.orders))
    forget_old_segments(home, 2)
    assert list(closed_segments(home.orders)) == before
    assert len(closed_segments(home.windows)) == 2
