"""Whatever happens in whatever order: after ids are deduped nothing is lost and nothing is doubled."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from src.store.jsonl import JsonlReader, JsonlWriter
from tests.store_fakes import Note, ids, note, notes_reader, notes_writer


class AnyHistory(RuleBasedStateMachine):
    """A writer and a reader that both may die at any moment, with rotations in between."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "notes.jsonl"
        self.segment_bytes = 450
        self.writer: JsonlWriter[Note] | None = None
        self.reader: JsonlReader[Note] | None = None
        self.written: list[str] = []
        self.seen: list[str] = []
        self.answered: list[str] = []

    def open_writer(self) -> JsonlWriter[Note]:
        if self.writer is None:
            self.writer = notes_writer(self.path, segment_bytes=self.segment_bytes)
        return self.writer

    def open_reader(self) -> JsonlReader[Note]:
        if self.reader is None:
            self.reader = notes_reader(self.path, cursor=self.folder / "place")
            self.seen = list(self.answered)
        return self.reader

    @rule(count=st.integers(1, 8))
    def append(self, count: int) -> None:
        for _ in range(count):
            number = len(self.written)
            assert self.open_writer().append(note(number)) == number + 1
            self.written.append(f"n{number}")

    @rule(size=st.sampled_from([200, 450, 2000]))
    def restart_writer(self, size: int) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None
        self.segment_bytes = size

    @rule(cut=st.integers(1, 120))
    def kill_writer_in_a_write(self, cut: int) -> None:
        self.restart_writer(self.segment_bytes)
        if self.path.exists():
            whole = b'{"v":1,"seq":7,"time":"1970-01-01T00:00:00.000Z","w":"test","boot":"0b0b0b","ts":1.0,"id":"torn"'
            with self.path.open("ab") as file:
                file.write(whole[:cut])

    @rule()
    def kill_writer_in_a_rotation(self) -> None:
        if self.writer is not None and self.written:
            number = self.writer._number
            self.restart_writer(self.segment_bytes)
            self.path.rename(self.folder / f"notes.jsonl.{number:06d}")

    @rule(limit=st.one_of(st.none(), st.integers(1, 10)))
    def poll(self, limit: int | None) -> None:
        reader = self.open_reader()
        self.seen += ids(reader.read_new(limit))

    @rule()
    def save(self) -> None:
        if self.reader is not None:
            self.reader.save()
            self.answered = list(self.seen)

    @rule()
    def kill_reader(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    @invariant()
    def what_was_seen_is_a_beginning_of_what_was_written(self) -> None:
        assert self.seen == self.written[: len(self.seen)]

    def teardown(self) -> None:
        self.kill_reader()
        self.poll(None)
        reader = self.open_reader()
        assert self.seen == self.written
        assert not any(reader.counters().values())
        self.kill_reader()
        self.restart_writer(450)
        shutil.rmtree(self.folder)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
