"""Every file of a home broken off at every byte, or lost: what the bot makes of it when it starts again."""

import functools
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from src.records.catalogue import FILES, FileEntry
from src.store.errors import StoreError
from src.store.jsonl import BadLine, Durability, JsonlWriter, read_all
from tests.crash_cycle import CycleWorld
from tests.crash_points import skip_syncs
from tests.paper_exchange_fakes import ETH, XBT

EVERY = 23
"""Bytes between two breaks of a long line in the short form; lines of money break at each byte."""
OF_A_TRADE = {
    "logs/predictive_signals.jsonl",
    "logs/ensemble_predictions.jsonl",
    "logs/conviction_gate.jsonl",
    "logs/gate_facts.jsonl",
    "logs/orders.jsonl",
    "logs/fills.jsonl",
    "feature_store/tape/windows.jsonl",
    "feature_store/pending_signals.journal.jsonl",
    "feature_store/paper_exchange/journal.jsonl",
}
"""The streams that a trade leaves its marks in; all others are of the same kind."""
STREAMS = [entry for entry in FILES if entry.path in OF_A_TRADE]
OF_THE_TRADER = (
    "configs/bot.json",
    "configs/exits.json",
    "configs/signal_policies.json",
    "feature_store/edge_evidence.json",
    "feature_store/signal_weights_gate.json",
    "logs/positions_futures.json",
    "run/positions/bot_cycle.pending.json",
)
"""The documents that are read where decisions and orders are made."""
LOSSES = {"absent": None, "empty": b"", "half": b"half", "garbage": b"\x00\xff{]", "another thing": b"[1]\n"}


def a_trade(world: CycleWorld) -> None:
    """Trade from a signal to its exit, then hold what another signal opened."""
    world.get_ready()
    world.signal()
    world.wait(2)
    world.quote(ETH, 2060)
    world.wait(600, every=20)
    world.window(factor=1.03)
    world.wait(2)
    world.quote(ETH, 2000)
    world.wait(600, every=20)
    world.window()
    world.signal()
    world.wait(2)
    assert [position.symbol for position in world.desk.positions()] == [ETH]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CycleWorld]:
    """Return a world whose process is dead; its files are to be copied, not changed."""
    with pytest.MonkeyPatch.context() as patch:
        skip_syncs(patch)
        world = CycleWorld(tmp_path_factory.mktemp("lived"))
        a_trade(world)
        world.stop()
        assert world.violations() == []
        yield world


def reopened(path: Path, entry: FileEntry, quarantine: Path) -> list[object]:
    """Return the records of a stream after its writer has opened it."""
    durability = Durability.MONEY if entry.durability == "money" else Durability.KNOWLEDGE
    JsonlWriter[Any](path, writer="test", durability=durability, quarantine=quarantine).close()
    records: Any = functools.reduce(operator.or_, entry.records)
    return list(read_all(path, records, on_bad=BadLine.RAISE))


def breaks(content: bytes, *, step: int) -> Iterator[bytes]:
    """Return a stream broken off at bytes of its last line, the last first."""
    begin = content.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(len(content) - 1, begin, -step):
        yield content[:end]


def break_everywhere(world: CycleWorld, folder: Path, entry: FileEntry, *, step: int) -> int:
    """See every break of a stream's last line cut back to the line before; return how many there were."""
    source = world.home.root / entry.path
    path, content = folder / source.name, source.read_bytes()
    path.write_bytes(content)
    before = reopened(path, entry, folder / "whole")[:-1]
    broken = list(breaks(content, step=step))
    for left in broken:
        path.write_bytes(left)
        assert reopened(path, entry, folder / "torn") == before, len(left)
    assert (folder / "torn").exists()
    return len(broken)


@pytest.mark.parametrize("entry", STREAMS, ids=lambda entry: entry.path)
def test_a_stream_that_breaks_off_anywhere_loses_the_broken_line_alone(
    lived: CycleWorld, tmp_path: Path, entry: FileEntry
) -> None:
    step = 1 if entry.durability == "money" else EVERY
    print(f"{entry.path}: {break_everywhere(lived, tmp_path, entry, step=step)} points")


@pytest.mark.chaos
@pytest.mark.parametrize("entry", STREAMS, ids=lambda entry: entry.path)
def test_a_stream_that_breaks_off_at_each_byte_loses_the_broken_line_alone(
    lived: CycleWorld, tmp_path: Path, entry: FileEntry
) -> None:
    print(f"{entry.path}: {break_everywhere(lived, tmp_path, entry, step=1)} points")


def holding(root: Path) -> CycleWorld:
    """Return a world that holds a position, its process dead."""
    world = CycleWorld(root)
    world.get_ready()
    world.signal()
    world.wait(2)
    world.stop()
    return world


@pytest.mark.parametrize("name", OF_THE_TRADER)
def test_a_document_that_is_gone_or_broken_costs_no_money(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    skip_syncs(monkeypatch)
    world = holding(tmp_path)
    path = world.home.root / name
    good = path.read_bytes()
    for how, left in LOSSES.items():
        if left is None:
            path.unlink()
        else:
            path.write_bytes(good[: len(good) // 2] if left == b"half" else left)
        try:
            world.restart()
        except StoreError:
            path.write_bytes(good)  # it says what is wrong, and a person puts it right
            world.restart()
        world.settle()
        assert world.faults() == [], how
        world.stop()
        path.write_bytes(good)


@pytest.mark.parametrize("name", ["orders.jsonl", "fills.jsonl"])
def test_money_that_a_disk_forgot_is_never_doubled_and_never_naked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """No kill takes a line that was written; what does is told, and nothing is entered on top of it."""
    skip_syncs(monkeypatch)
    lines = (holding(tmp_path / "whole").home.logs / name).read_bytes().splitlines(keepends=True)
    for left in range(len(lines)):
        world = holding(tmp_path / str(left))
        (world.home.logs / name).write_bytes(b"".join(lines[:left]))
        world.restart()
        world.settle()
        found = world.faults()
        assert not [fault for fault in found if fault.startswith(("doubled", "naked"))], (left, found)
        assert not found or world.desk.freeze_reasons(), (left, found)
        world.signal(XBT)
        world.wait(2)
        entered = XBT in world.referee().sizes()
        assert entered == (not found), (left, found)
        world.stop()
    print(f"{name}: {len(lines)} points")
