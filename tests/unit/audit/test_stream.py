from collections.abc import Callable
from pathlib import Path

from src.audit import claims
from src.audit.findings import Findings
from src.audit.stream import Stream
from src.records.outcomes import UniverseRow
from src.store.jsonl import Durability, JsonlWriter
from tests.cli_fakes import a


def wrote(
    path: Path, count: int, *, boot: str = "aaaaaa", first: int = 1, segment_bytes: int = 2**20
) -> None:
    with JsonlWriter[UniverseRow](
        path,
        writer="test",
        durability=Durability.TELEMETRY,
        quarantine=path.parent,
        segment_bytes=segment_bytes,
        keep_segments=None,
        boot=boot,
    ) as file:
        for number in range(first, first + count):
            file.append(a(UniverseRow, ts=float(number), signal_id=f"S-{number}"))


def stream_of(
    path: Path, findings: Findings, *, running: bool = False, progress: Callable[..., None] = lambda *_: None
) -> Stream[UniverseRow]:
    return Stream(path, path.name, UniverseRow, findings=findings, progress=progress, running=running)


def test_every_record_comes_over_all_segments(tmp_path: Path) -> None:
    path, findings, told = tmp_path / "rows.jsonl", Findings(), []
    wrote(path, 30, segment_bytes=2000)
    assert len(list(tmp_path.glob("rows.jsonl.0*"))) > 3
    stream = stream_of(path, findings, progress=lambda *facts: told.append(facts))
    assert [row.ts for _, row in stream] == [float(number) for number in range(1, 31)]
    assert not findings.violations
    assert stream.whole_since is None
    assert told[-1][1] == told[-1][2] == sum(file.stat().st_size for file in tmp_path.glob("rows.jsonl*"))


def test_a_file_that_is_not_there_has_no_records(tmp_path: Path) -> None:
    findings = Findings()
    assert list(stream_of(tmp_path / "none.jsonl", findings)) == []
    assert not findings.violations


def test_what_rotation_removed_is_no_gap(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    wrote(path, 30, segment_bytes=2000)
    (tmp_path / "rows.jsonl.000001").unlink()
    stream = stream_of(path, findings)
    rows = [row for _, row in stream]
    assert len(rows) < 30
    assert stream.whole_since == rows[0].ts
    assert not findings.violations


def test_a_segment_that_is_missing_in_between_is_a_gap(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    wrote(path, 30, segment_bytes=2000)
    (tmp_path / "rows.jsonl.000002").unlink()
    stream_of(path, findings).drain()
    assert findings.refuted[claims.NUMBERING] == 1
    assert "are gone" in findings.violations[0].found


def test_what_comes_after_the_mark_is_left_alone(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    wrote(path, 5)
    stream = stream_of(path, findings, running=True)
    wrote(path, 5, first=6)
    assert len(list(stream)) == 5


def test_a_rotation_after_the_mark_hides_nothing(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    wrote(path, 5)
    stream = stream_of(path, findings, running=True)
    path.rename(tmp_path / "rows.jsonl.000001")
    assert len(list(stream)) == 5


def test_a_segment_that_rotation_removes_after_the_mark_is_no_gap(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    wrote(path, 30, segment_bytes=2000)
    stream = stream_of(path, findings, running=True)
    (tmp_path / "rows.jsonl.000001").unlink()
    rows = [row for _, row in stream]
    assert 0 < len(rows) < 30
    assert not findings.violations


def test_restarts_are_one_writer_after_the_other(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    for number, boot in enumerate(("aaaaaa", "bbbbbb", "cccccc")):
        wrote(path, 3, boot=boot, first=1 + 3 * number)
    stream_of(path, findings).drain()
    assert not findings.violations


def test_a_start_that_comes_back_is_a_second_writer(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    for number, boot in enumerate(("aaaaaa", "bbbbbb", "aaaaaa")):
        wrote(path, 3, boot=boot, first=1 + 3 * number)
    stream_of(path, findings).drain()
    assert [(v.claim, v.seq) for v in findings.violations] == [(claims.WRITER, 7)]


def test_a_torn_last_line_is_not_decided_unless_somebody_writes(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    wrote(path, 3)
    with path.open("ab") as file:
        file.write(b'{"v":1,"seq":4,"ti')
    still, living = Findings(), Findings()
    assert len(list(stream_of(path, still))) == 3
    assert len(list(stream_of(path, living, running=True))) == 3
    assert not still.violations
    assert not living.violations
    assert [claim for claim, _ in still.open] == [claims.NUMBERING]
    assert not living.open


def test_a_line_that_cannot_be_read_is_one_violation_and_no_gap(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    wrote(path, 5)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = b"nonsense\n"
    path.write_bytes(b"".join(lines))
    assert len(list(stream_of(path, findings))) == 4
    assert [(v.claim, v.seq) for v in findings.violations] == [(claims.NUMBERING, 3)]


def test_a_line_that_names_no_writer_is_caught(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    wrote(path, 3)
    path.write_bytes(path.read_bytes().replace(b'"boot":"aaaaaa",', b"", 2))
    stream_of(path, findings).drain()
    assert findings.refuted[claims.WRITER] == 2


def test_violations_are_kept_in_bounds_and_all_are_counted(tmp_path: Path) -> None:
    path, findings = tmp_path / "rows.jsonl", Findings()
    wrote(path, 300)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:1] + lines[1::2]))
    stream_of(path, findings).drain()
    assert findings.refuted[claims.NUMBERING] == 149
    assert len(findings.violations) == 100
