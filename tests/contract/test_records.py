"""What every record on disk promises: it comes back as it was written, and nothing else passes for it."""

import re
from decimal import Decimal
from functools import reduce
from operator import or_
from pathlib import Path
from typing import get_type_hints

import msgspec
import orjson
import pytest

from src.cli.records_page import page
from src.cli.type_words import parts
from src.records.base import Config, Document, Line, Record
from src.records.catalogue import FILES, FileEntry
from src.records.features import Features
from src.records.operations import FreezeFlag, TapeLine
from src.store.config import ConfigFile
from src.store.document import DocumentFile
from src.store.encoding import encode_line
from src.store.errors import ConfigError
from src.store.freeze import Freeze
from src.store.jsonl import Durability, JsonlReader, JsonlWriter
from src.store.paths import Home
from src.store.tape import TapeReader, TapeWriter
from tests.record_fakes import all_records, made, wrong

ROOT = Path(__file__).resolve().parents[2]
RECORDS = all_records()
LINES = [entry for entry in FILES if entry.path.endswith(".jsonl") and TapeLine not in entry.records]
CONFIGS = [entry for entry in FILES if entry.path.startswith("configs/")]
DOCUMENTS = [
    entry for entry in FILES if entry.path.endswith(".json") and not issubclass(entry.records[0], Config)
]

each_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
by_path = {"ids": lambda entry: entry.path}


@pytest.mark.parametrize("durability", [Durability.MONEY, Durability.KNOWLEDGE])
@pytest.mark.parametrize("entry", LINES, **by_path)  # type: ignore[arg-type] # ids alone
def test_lines_come_back_as_they_were_written(
    tmp_path: Path, entry: FileEntry, durability: Durability
) -> None:
    written = [made(record, full=full) for record in entry.records for full in (True, False)]
    with JsonlWriter[Line](
        tmp_path / "file.jsonl", writer="test", durability=durability, quarantine=tmp_path
    ) as file:
        for line in written:
            assert isinstance(line, Line)
            file.append(line)
    reader: JsonlReader[Line] = JsonlReader(tmp_path / "file.jsonl", reduce(or_, entry.records))  # type: ignore[arg-type] # a union
    assert reader.read_new() == written
    assert reader.quarantined == 0


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("entry", DOCUMENTS, **by_path)  # type: ignore[arg-type] # ids alone
def test_documents_come_back_as_they_were_written(tmp_path: Path, entry: FileEntry, *, full: bool) -> None:
    (record,) = entry.records
    file = DocumentFile(tmp_path / "file.json", record, writer="test")  # type: ignore[type-var] # one may be a line
    document = made(record, full=full)
    file.write(document)
    assert file.read() == document


@pytest.mark.parametrize("entry", CONFIGS, **by_path)  # type: ignore[arg-type] # ids alone
def test_default_configs_are_good_and_survive_being_written(tmp_path: Path, entry: FileEntry) -> None:
    (record,) = entry.records
    config = ConfigFile(ROOT / entry.path, record).load()  # type: ignore[type-var] # all of these are configs
    (tmp_path / "copy.json").write_bytes(encode_line(config))
    assert ConfigFile(tmp_path / "copy.json", record).load() == config  # type: ignore[type-var] # as above


@pytest.mark.parametrize("entry", CONFIGS, **by_path)  # type: ignore[arg-type] # ids alone
def test_unknown_key_of_a_config_is_refused_wherever_it_stands(tmp_path: Path, entry: FileEntry) -> None:
    (record,) = entry.records
    for part in _all_parts(record):
        assert part.__struct_config__.forbid_unknown_fields, part
    plain = orjson.loads((ROOT / entry.path).read_bytes())
    (tmp_path / "config.json").write_bytes(orjson.dumps({**plain, "colour": "red"}))
    with pytest.raises(ConfigError, match="colour"):
        ConfigFile(tmp_path / "config.json", record).load()  # type: ignore[type-var] # all of these are configs
    (tmp_path / "config.json").write_bytes(orjson.dumps({**plain, "_colour": "red"}))
    ConfigFile(tmp_path / "config.json", record).load()  # type: ignore[type-var] # as above


@pytest.mark.parametrize("record", [record for record in RECORDS if not issubclass(record, Config)])
def test_unknown_key_of_a_line_or_a_document_is_passed_over(record: type[Record]) -> None:
    known = made(record, full=True)
    assert msgspec.json.decode(_with(known, {"from_a_later_version": 1}), type=record) == known


@each_record
def test_wrong_type_is_refused_in_every_field(record: type[Record]) -> None:
    known = made(record, full=True)
    hints = get_type_hints(record)
    for name, shown in zip(record.__struct_fields__, record.__struct_encode_fields__, strict=True):
        if hints[name] is object:
            continue
        with pytest.raises(msgspec.ValidationError, match=re.escape(shown)):
            msgspec.json.decode(_with(known, {shown: wrong(hints[name])}), type=record)


@each_record
def test_missing_value_is_refused_unless_a_later_version_added_it(record: type[Record]) -> None:
    known = made(record, full=True)
    plain = orjson.loads(encode_line(known))
    required = [field.encode_name for field in msgspec.structs.fields(record) if field.required]
    assert required
    for name in required:
        less = {key: value for key, value in plain.items() if key != name}
        with pytest.raises(msgspec.ValidationError, match=re.escape(name)):
            msgspec.json.decode(orjson.dumps(less), type=record)


@each_record
def test_what_is_no_record_at_all_is_refused(record: type[Record]) -> None:
    for content in (b"null", b"[]", b"{}", b'"text"', b"7"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(content, type=record)


@each_record
def test_records_can_be_neither_changed_nor_told_apart_from_their_copies(record: type[Record]) -> None:
    known = made(record, full=True)
    field = record.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(known, field, getattr(known, field))
    assert known == made(record, full=True)


def test_money_is_written_as_exact_decimals() -> None:
    money = [entry for entry in LINES if entry.path in {"logs/orders.jsonl", "logs/fills.jsonl"}]
    for record in (record for entry in money for record in entry.records):
        plain = orjson.loads(encode_line(made(record, full=True)))
        exact = [name for name, hint in get_type_hints(record).items() if hint is Decimal]
        assert [plain[name] for name in exact] == ["12.3400"] * len(exact)
        assert all(isinstance(plain[name], str) for name in plain if name.endswith("_usd")), record


def test_every_file_is_named_once_and_holds_what_its_ending_says() -> None:
    paths = [entry.path for entry in FILES]
    assert len(set(paths)) == len(paths)
    for entry in LINES:
        assert all(issubclass(record, Line) for record in entry.records), entry.path
    for entry in DOCUMENTS:
        assert all(issubclass(record, Document) or record is Features for record in entry.records), entry.path


def test_recorded_message_comes_back_as_it_came(tmp_path: Path) -> None:
    with TapeWriter(tmp_path / "t.jsonl", segment_bytes=10_000, keep_segments=2, quarantine=tmp_path) as tape:
        tape.append(1723161255.240215, b'{"feed":"heartbeat","time":1.5}')
    message = {"feed": "heartbeat", "time": 1.5}
    assert list(TapeReader(tmp_path / "t.jsonl")) == [
        TapeLine(received_at=1723161255.240215, message=message)
    ]


def test_freeze_flag_comes_back_as_it_was_set(tmp_path: Path) -> None:
    home = Home(tmp_path)
    Freeze(home).set("maintenance", by="human", ts=1.5)
    (line,) = home.freeze_flag.read_bytes().splitlines()
    assert msgspec.json.decode(line, type=FreezeFlag) == FreezeFlag(reason="maintenance", by="human", ts=1.5)


def test_the_page_of_records_is_up_to_date() -> None:
    assert (ROOT / "docs" / "records.md").read_text(encoding="utf-8") == page(), "run make records"


def test_every_link_of_the_page_leads_somewhere() -> None:
    text = page()
    wanted = set(re.findall(r"\]\(#([a-z]+)\)", text))
    there = {heading.lower() for heading in re.findall(r"^### (\w+)$", text, re.MULTILINE)}
    assert wanted
    assert wanted <= there


def _with(record: Record, changes: dict[str, object]) -> bytes:
    plain: dict[str, object] = orjson.loads(encode_line(record))
    return orjson.dumps({**plain, **changes})


def _all_parts(record: type[Record]) -> set[type[Record]]:
    found = {record}
    for hint in get_type_hints(record, include_extras=True).values():
        for part in parts(hint):
            found |= _all_parts(part)
    return found
