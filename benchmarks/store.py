"""The store against what the machine can do: each of our numbers beside a baseline taken in the same run."""

import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import msgspec
import orjson
from rich.console import Console
from rich.table import Table

from src.records.base import Document, Line
from src.records.enums import Direction, Regime, Strategy, Vote
from src.records.signals import ComponentVote, Signal
from src.store.document import DocumentFile
from src.store.durable import sync_folder
from src.store.encoding import encode_line
from src.store.files import Retention
from src.store.gathered import GatheredWriter
from src.store.jsonl import Durability, JsonlReader, JsonlWriter
from src.store.rotation import Envelope
from src.store.wake import Wake

ROUNDS = 7
LAG_LINES = 400


class Row(NamedTuple):
    """One measured thing beside its baseline."""

    what: str
    ours: str
    baseline: str
    ratio: float
    """Ours over the baseline, in time: 1 is as fast, 2 takes twice as long."""
    bar: str


class Tick(Line, frozen=True, kw_only=True):
    """A line that says when it was written, on the machine's monotonic clock."""

    number: int


class Page(Document, frozen=True, kw_only=True):
    """A document of any size."""

    values: tuple[float, ...]


def run() -> list[Row]:
    """Return what was measured; takes about 20 seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            append(folder, "append, 360 bytes", signal(known=True), Durability.KNOWLEDGE, "<= 3x"),
            append(folder, "append, with unknown values", signal(known=False), Durability.KNOWLEDGE, ""),
            gather(folder),
            append(
                folder, "append of money, fdatasync each", signal(known=True), Durability.MONEY, "<= 1.1x"
            ),
            follow(folder),
            lag(folder),
            replace(folder, 50, "replace a document of 1 KB"),
            replace(folder, 5_000, "replace a document of 100 KB"),
        ]


def main() -> None:
    """Print the table."""
    table = Table("store", "ours", "baseline", "ratio", "bar")
    for row in run():
        table.add_row(row.what, row.ours, row.baseline, f"{row.ratio:.2f}", row.bar)
    Console().print(table)


def signal(*, known: bool) -> Signal:
    """Return a signal whose line is about 360 bytes without its envelope."""
    vote = ComponentVote(
        name="funding", vote=Vote.LONG, confidence=0.5, reason="x", source="kraken", values={"rate_z": 1.5}
    )
    return Signal(
        ts=1_700_000_000.5,
        signal_id="PF_XBTUSD-OFI-1700000000500",
        recorded_at=1_700_000_000.6,
        symbol="PF_XBTUSD",
        strategy=Strategy.OFI,
        direction=Direction.LONG,
        confidence=0.5,
        opposing_confidence=0.1,
        ofi=0.3,
        price=64_250.5,
        volatility_1h_bps=31.5 if known else None,
        regime=Regime.WILD_UP if known else None,
        coverage=8,
        votes=(vote,),
    )


def append(folder: Path, what: str, record: Signal, durability: Durability, bar: str) -> Row:
    """Measure appends against ``orjson.dumps`` of a ready dict and one ``os.write``."""
    money = durability is Durability.MONEY
    count = 3_000 if money else 30_000
    ready = msgspec.to_builtins(record)
    fd = os.open(folder / f"{what}.raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    path = folder / f"{what}.jsonl"
    with JsonlWriter[Signal](path, writer="bench", durability=durability, quarantine=folder) as writer:

        def ours() -> None:
            for _ in range(count):
                writer.append(record)

        def plain() -> None:
            for _ in range(count):
                os.write(fd, orjson.dumps(ready, option=orjson.OPT_APPEND_NEWLINE))
                if money:
                    os.fdatasync(fd)

        mine, base = _side_by_side(ours, plain)
    os.close(fd)
    return Row(what, _rate(count, mine), _rate(count, base), mine / base, bar)


def gather(folder: Path) -> Row:
    """Measure appends that one reader in the same process hears of, against encoding alone."""
    record, count = signal(known=True), 30_000
    heard: list[Signal] = []
    writer: GatheredWriter[Signal] = GatheredWriter(
        folder / "gathered.jsonl",
        envelope=Envelope(writer="bench", boot="000000", now=None),
        money=False,
        quarantine=folder,
        retention=Retention(segment_bytes=1 << 26, segments=None),
        hearers=[heard.append],
    )

    def ours() -> None:
        for _ in range(count):
            writer.append(record)
        heard.clear()

    def plain() -> None:
        for _ in range(count):
            encode_line(record)

    mine, base = _side_by_side(ours, plain)
    writer.close()
    return Row("append, gathered", _rate(count, mine), _rate(count, base), mine / base, "encoding + 2 us")


def follow(folder: Path) -> Row:
    """Measure reading in batches against ``for line in file`` and ``orjson.loads``."""
    path = folder / "follow.jsonl"
    count = 30_000
    with JsonlWriter[Signal](
        path, writer="bench", durability=Durability.TELEMETRY, quarantine=folder
    ) as writer:
        for _ in range(count):
            writer.append(signal(known=True))

    def ours() -> None:
        with JsonlReader[Signal](path, Signal) as reader:
            while reader.read_new(4096):
                pass

    def plain() -> None:
        with path.open("rb") as file:
            for line in file:
                orjson.loads(line)

    mine, base = _side_by_side(ours, plain)
    return Row(
        "read into records", _rate(count, mine), _rate(count, base), mine / base, ">= 500 k/s - decode"
    )


def lag(folder: Path) -> Row:
    """Measure from before the append to the record in hand, beside ``tail -F`` on the same lines."""
    path = folder / "lag.jsonl"
    context = multiprocessing.get_context("spawn")
    with JsonlWriter[Tick](
        path, writer="bench", durability=Durability.KNOWLEDGE, quarantine=folder
    ) as writer:
        pipes = [context.Pipe() for _ in range(2)]
        followers = [
            context.Process(target=target, args=(path, theirs))
            for target, (_, theirs) in zip((_follow, _tail), pipes, strict=True)
        ]
        for follower in followers:
            follower.start()
        for mine, _ in pipes:
            mine.recv()
        for number in range(LAG_LINES):
            time.sleep(0.005)
            writer.append(Tick(ts=time.monotonic(), number=number))
        ours, tail = (sorted(mine.recv()) for mine, _ in pipes)
        for follower in followers:
            follower.join()
    p50, p99 = LAG_LINES // 2, LAG_LINES * 99 // 100
    return Row(
        "follower's lag, p50 / p99",
        f"{ours[p50] * 1e3:.3f} / {ours[p99] * 1e3:.3f} ms",
        f"{tail[p50] * 1e3:.3f} / {tail[p99] * 1e3:.3f} ms (tail -F)",
        ours[p50] / tail[p50],
        "<= 3x, p99 <= 5 ms",
    )


def _follow(path: Path, answer: Connection) -> None:
    lags: list[float] = []
    with JsonlReader[Tick](path, Tick) as reader, Wake() as wake:
        wake.add_file(path)
        reader.skip_to_end()
        answer.send("ready")
        while len(lags) < LAG_LINES:
            wake.wait(1.0)
            lags += [time.monotonic() - tick.ts for tick in reader.read_new()]
    answer.send(lags)


def _tail(path: Path, answer: Connection) -> None:
    lags: list[float] = []
    with subprocess.Popen(["tail", "-n", "0", "-F", path], stdout=subprocess.PIPE) as tail:
        time.sleep(0.5)
        answer.send("ready")
        while tail.stdout is not None and len(lags) < LAG_LINES:
            written = orjson.loads(tail.stdout.readline())["ts"]
            lags.append(time.monotonic() - written)
        tail.terminate()
    answer.send(lags)


def replace(folder: Path, values: int, what: str) -> Row:
    """Measure a replaced document against the same system calls on bytes that are ready."""
    page = Page(ts=1.0, values=tuple(number / 7 for number in range(values)))
    file = DocumentFile(folder / f"page{values}.json", Page, writer="bench")
    file.write(page)
    content = (folder / f"page{values}.json").read_bytes()
    spare, target = folder / "raw.tmp", folder / f"raw{values}.json"
    fields = msgspec.to_builtins(page)
    count = 50

    def ours() -> None:
        for _ in range(count):
            file.write(page)

    def plain() -> None:
        for _ in range(count):
            orjson.dumps(fields, option=orjson.OPT_INDENT_2)
            fd = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.write(fd, content)
            os.fsync(fd)
            os.close(fd)
            spare.rename(target)
            sync_folder(folder)

    mine, base = _side_by_side(ours, plain)
    return Row(what, f"{mine / count * 1e3:.3f} ms", f"{base / count * 1e3:.3f} ms", mine / base, "<= 1.3x")


def _side_by_side(ours: Callable[[], None], plain: Callable[[], None]) -> tuple[float, float]:
    """Return the median seconds of both, taken in turns so that the machine's moods hit both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, times in zip((ours, plain), taken, strict=True):
            started = time.perf_counter()
            call()
            times.append(time.perf_counter() - started)
    return statistics.median(taken[0]), statistics.median(taken[1])


def _rate(count: int, seconds: float) -> str:
    return f"{count / seconds:,.0f}/s"
