import gzip
import os
from pathlib import Path

import orjson
import pytest

from src.records.operations import TapeLine
from src.store.errors import CorruptLine, WriterExists
from src.store.tape import TapeReader, TapeWriter

TAPES = Path(os.environ.get("TRADING_BOT_TAPES", "/nonexistent"))


def message(number: int) -> bytes:
    return orjson.dumps({"feed": "trade", "product_id": "PF_XBTUSD", "seq": number, "price": number / 2})


def tape(path: Path, *, segment_bytes: int = 400, keep_segments: int = 100) -> TapeWriter:
    return TapeWriter(
        path, segment_bytes=segment_bytes, keep_segments=keep_segments, quarantine=path.parent / "quarantine"
    )


def sequence(path: Path) -> list[object]:
    return [line.message["seq"] for line in TapeReader(path)]


def test_a_line_is_the_message_as_it_came(tmp_path: Path) -> None:
    path = tmp_path / "market.jsonl"
    with tape(path) as writer:
        writer.append(1723161255.240215, b'{"feed":"book", "price": 1.50}')
    assert (
        path.read_bytes() == b'{"received_at":1723161255.240215,"message":{"feed":"book", "price": 1.50}}\n'
    )
    assert list(TapeReader(path)) == [
        TapeLine(received_at=1723161255.240215, message={"feed": "book", "price": 1.5})
    ]


def test_every_message_is_read_in_order_before_during_and_after_compression(tmp_path: Path) -> None:
    path = tmp_path / "market.jsonl"
    with tape(path) as writer:
        for number in range(50):
            writer.append(float(number), message(number))
        going_on = True
        while going_on:
            assert sequence(path) == list(range(50))
            going_on = writer.work()
    closed = sorted(tmp_path.glob("market.jsonl.*"))
    assert len(closed) > 10
    assert [each.suffix for each in closed if each.suffix not in {".gz", ".wlock"}] == []
    assert gzip.decompress(closed[0].read_bytes()).startswith(b'{"received_at":0.0,')


def test_old_segments_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "market.jsonl"
    with tape(path, keep_segments=3) as writer:
        for number in range(100):
            writer.append(float(number), message(number))
            writer.work()
        while writer.work():
            pass
    assert len(list(tmp_path.glob("market.jsonl.0*"))) == 3
    kept = sequence(path)
    assert kept == list(range(100 - len(kept), 100))


def test_a_torn_message_is_cut_and_a_half_packed_segment_is_packed_again(tmp_path: Path) -> None:
    path = tmp_path / "market.jsonl"
    with tape(path) as writer:
        for number in range(10):
            writer.append(float(number), message(number))
    with path.open("ab") as file:
        file.write(b'{"received_at":')
    (tmp_path / ".market.jsonl.000001.gz.tmp").write_bytes(b"half")
    assert sequence(path) == list(range(10))
    with tape(path) as writer:
        writer.append(10.0, message(10))
        while writer.work():
            pass
    assert sequence(path) == list(range(11))
    assert not (tmp_path / ".market.jsonl.000001.gz.tmp").exists()
    assert [copy.read_bytes() for copy in (tmp_path / "quarantine").iterdir()] == [b'{"received_at":']


def test_a_crash_between_packing_and_deleting_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "market.jsonl"
    with tape(path) as writer:
        for number in range(10):
            writer.append(float(number), message(number))
    first = tmp_path / "market.jsonl.000001"
    (tmp_path / "market.jsonl.000001.gz").write_bytes(gzip.compress(first.read_bytes()))
    assert sequence(path) == list(range(10))
    with tape(path) as writer:
        while writer.work():
            pass
    assert sequence(path) == list(range(10))
    assert not first.exists()


def test_a_second_recorder_is_refused(tmp_path: Path) -> None:
    with tape(tmp_path / "market.jsonl"), pytest.raises(WriterExists):
        tape(tmp_path / "market.jsonl")


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "market.jsonl"
    path.write_bytes(b'{"received_at":1.0,"message":{}}\nbroken\n')
    with pytest.raises(CorruptLine, match="byte 33"):
        list(TapeReader(path))


def test_a_recorded_real_market_can_be_read() -> None:
    path = TAPES / "btc_eth_perp_20240808.jsonl.gz"
    if not path.exists():
        pytest.skip("the recorded tapes are not on this machine (TRADING_BOT_TAPES)")
    count, newest = 0, 0.0
    for line in TapeReader(path):
        assert line.received_at >= newest
        newest = line.received_at
        count += 1
    assert count == 117_544
