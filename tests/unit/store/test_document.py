import errno
import json
import os
from pathlib import Path

import pytest

from src.store.document import DocumentFile
from src.store.errors import CorruptDocument, DiskFull, NonFiniteNumber, StoreError
from tests.store_fakes import Sheet


def sheets(folder: Path, *, durable: bool = True) -> DocumentFile[Sheet]:
    return DocumentFile(
        folder / "sheet.json", Sheet, writer="test", durable=durable, quarantine=folder / "quarantine"
    )


def sheet(value: float) -> Sheet:
    return Sheet(ts=1.5, value=value, names={"a": value})


def test_a_document_that_is_not_there_is_none(tmp_path: Path) -> None:
    file = sheets(tmp_path)
    assert file.read() is None
    assert file.version() is None
    assert file.read_if_changed() is None


def test_a_document_is_written_for_humans_and_read_back(tmp_path: Path) -> None:
    file = sheets(tmp_path)
    version = file.write(sheet(2.5))
    assert file.read() == sheet(2.5)
    assert file.version() == version
    text = (tmp_path / "sheet.json").read_text()
    assert json.loads(text) == {
        "v": 1,
        "time": "1970-01-01T00:00:01.500Z",
        "w": "test",
        "ts": 1.5,
        "value": 2.5,
        "names": {"a": 2.5},
    }
    assert text.startswith('{\n  "v": 1,\n')


def test_a_change_is_told_once(tmp_path: Path) -> None:
    writer, reader = sheets(tmp_path), sheets(tmp_path)
    writer.write(sheet(1))
    assert reader.read_if_changed() == sheet(1)
    assert reader.read_if_changed() is None
    writer.write(sheet(1))
    assert reader.version() is not None
    assert reader.read_if_changed() == sheet(1)


def test_the_version_before_is_kept_where_it_is_durable(tmp_path: Path) -> None:
    for durable in (False, True):
        folder = tmp_path / str(durable)
        file = sheets(folder, durable=durable)
        for value in (1.0, 2.0, 3.0):
            file.write(sheet(value))
        names = sorted(path.name for path in folder.iterdir())
        assert names == (["sheet.json", "sheet.json.bak"] if durable else ["sheet.json"])
    assert json.loads((tmp_path / "True" / "sheet.json.bak").read_text())["value"] == 2.0


@pytest.mark.parametrize("cut", range(0, 100, 3))
def test_a_cut_document_is_an_error_and_kept_in_quarantine(tmp_path: Path, cut: int) -> None:
    file = sheets(tmp_path)
    file.write(sheet(1))
    path = tmp_path / "sheet.json"
    broken = path.read_bytes()[:cut]
    path.write_bytes(broken)
    for _ in range(2):
        with pytest.raises(CorruptDocument, match=r"sheet\.json"):
            file.read()
    assert [copy.read_bytes() for copy in (tmp_path / "quarantine").iterdir()] == [broken]
    assert path.read_bytes() == broken


def test_an_empty_object_is_no_document(tmp_path: Path) -> None:
    (tmp_path / "sheet.json").write_text("{}")
    with pytest.raises(CorruptDocument, match="ts"):
        sheets(tmp_path).read()


def test_a_number_that_json_cannot_say_leaves_the_old_document(tmp_path: Path) -> None:
    file = sheets(tmp_path)
    file.write(sheet(1))
    with pytest.raises(NonFiniteNumber, match=r"Sheet\.value"):
        file.write(sheet(float("nan")))
    assert file.read() == sheet(1)


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_leaves_the_old_document_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = sheets(tmp_path)
    file.write(sheet(1))

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(DiskFull):
        file.write(sheet(2))
    monkeypatch.undo()
    assert file.read() == sheet(1)
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.json"]


def test_what_a_crash_left_beside_it_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".sheet.json.tmp").write_text("left by a crash " * 1000)
    file = sheets(tmp_path)
    file.write(sheet(4))
    assert file.read() == sheet(4)
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.json"]


def test_a_durable_write_syncs_the_content_then_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[bool] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        steps.append((tmp_path / "sheet.json").exists())
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    sheets(tmp_path).write(sheet(1))
    assert steps == [False, True]
    steps.clear()
    sheets(tmp_path, durable=False).write(sheet(1))
    assert steps == []


def test_a_secret_document_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = DocumentFile(tmp_path / "keys.json", Sheet, writer="w", mode=0o600)
    file.write(sheet(1))
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_folder_under_the_name_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "sheet.json").mkdir()
    with pytest.raises(StoreError, match=r"sheet\.json"):
        sheets(tmp_path).read()
    with pytest.raises(StoreError, match=r"sheet\.json"):
        sheets(tmp_path).write(sheet(1))
