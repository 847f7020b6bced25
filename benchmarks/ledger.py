"""The ledger's rebuild: a file of a million fills read, checked and folded, in a process of its own."""

import multiprocessing
import tempfile
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from src.ledger.book import Ledger
from src.records.enums import Side, Strategy
from src.records.ledger import FillBooked, FundingBooked, LedgerEntry, LedgerOpened
from src.store.encoding import IsoTime, encode_line
from src.store.jsonl import BadLine, read_all
from src.store.line import with_checksum
from src.store.rotation import Envelope

FILLS = 1_000_000
BAR_S = 20.0
BAR_MIB = 300.0
START = 1_700_000_000.0
SYMBOLS = tuple(f"PF_COIN{number}USD" for number in range(20))
_FLUSH = 1 << 20


class Rebuilt(NamedTuple):
    """What a process that rebuilt a ledger tells of it."""

    seconds: float
    processor_s: float
    """Of the processor; less than the seconds where others want it too."""
    peak_mib: float
    before_mib: float
    """Of the process before it read the first line."""
    fills: int
    lines: int
    cash: Decimal
    balanced: bool


def main() -> None:
    """Print the table."""
    result = run()
    table = Table("ledger, rebuilt from its file", "measured", "bar")
    table.add_row("fills", f"{result.fills:,} in {result.lines:,} lines", "1,000,000")
    table.add_row("time", f"{result.seconds:.1f} s", f"<= {BAR_S:.0f} s")
    table.add_row("of the processor", f"{result.processor_s:.1f} s", "")
    table.add_row("peak memory", f"{result.peak_mib:.0f} MiB", f"<= {BAR_MIB:.0f} MiB")
    table.add_row("before the first line", f"{result.before_mib:.0f} MiB", "")
    table.add_row("books balance", "yes" if result.balanced else "NO", "yes")
    Console().print(table)


def run(fills: int = FILLS) -> Rebuilt:
    """Return what the rebuild of a file of so many fills takes; writing it takes about as long."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "fills.jsonl"
        write(path, fills)
        context = multiprocessing.get_context("spawn")
        mine, theirs = context.Pipe()
        process = context.Process(target=_rebuild, args=(path, theirs))
        process.start()
        result: Rebuilt = mine.recv()
        process.join()
    return result


def write(path: Path, fills: int) -> None:
    """Write a ledger as the bot does: fills, what follows from them, and funding every hundred fills."""
    envelope = Envelope(writer="main", boot="000000", now=None)
    iso, seq = IsoTime(), 0
    with path.open("wb", buffering=_FLUSH) as file:
        file.write(envelope.header("opened", number=1, seq=0, money=True))
        for entry in _with_consequences(_made(fills)):
            seq += 1
            payload = encode_line(entry)
            line = envelope.shape % (seq, iso.ascii(entry.ts), payload[1:])
            file.write(with_checksum(line, len(line) - len(payload)))


def _with_consequences(entries: Iterator[LedgerEntry]) -> Iterator[LedgerEntry]:
    ledger = Ledger()
    for entry in entries:
        ledger.book(entry)
        yield entry
        while ledger.unwritten:
            line = ledger.unwritten[0]
            ledger.book(line)
            yield line


def _made(fills: int) -> Iterator[LedgerEntry]:
    """Return positions of two entries and two exits each, over twenty contracts."""
    yield LedgerOpened(ts=START, balance_usd=Decimal(1_000_000))
    for number in range(fills):
        ts = START + number * 0.25
        if number % 100 == 99:
            yield FundingBooked(
                ts=ts, entry_id=str(number), symbol=SYMBOLS[number // 4 % 20], amount_usd=Decimal("-0.0123")
            )
        yield _fill(number, ts)


def _fill(number: int, ts: float) -> FillBooked:
    trade, step = divmod(number, 4)
    symbol = SYMBOLS[trade % len(SYMBOLS)]
    price = Decimal(50_000 + (number * 7919) % 1000) / 10
    opening, turned = step < 2, trade % 3 == 0
    return FillBooked(
        ts=ts,
        fill_id=str(uuid.UUID(int=(number * 0x9E3779B97F4A7C15F39CC0605CEDC834) % (1 << 128))),
        order_id=str(uuid.UUID(int=(number * 0xD1B54A32D192ED03A5CC1E2BCAFEF00D) % (1 << 128))),
        cli_ord_id=f"tbabc{trade:08d}{0 if opening else 1:05d}",
        position_id=f"{symbol}-OFI-{round(ts * 1000)}",
        signal_id=f"{symbol}-OFI-{round(ts * 1000)}",
        symbol=symbol,
        strategy=Strategy.OFI,
        side=Side.BUY if opening is not turned else Side.SELL,
        size=Decimal("0.0123") if step % 2 else Decimal("0.0077"),
        price=price,
        fee_usd=Decimal("0.03075"),
        fill_type="taker",
        reason="signal" if opening else "trailing",
    )


def _rebuild(path: Path, told: Connection) -> None:
    before = _peak_mib()
    lines = 0
    began, worked = time.perf_counter(), time.process_time()
    ledger = Ledger()
    entries: Iterator[LedgerEntry] = read_all(path, LedgerEntry, on_bad=BadLine.RAISE)
    for entry in entries:
        ledger.book(entry)
        lines += 1
    seconds, processor_s = time.perf_counter() - began, time.process_time() - worked
    told.send(
        Rebuilt(
            seconds=seconds,
            processor_s=processor_s,
            peak_mib=_peak_mib(),
            before_mib=before,
            fills=ledger.fills,
            lines=lines,
            cash=ledger.cash,
            balanced=not ledger.accounts.imbalance(),
        )
    )


def _peak_mib() -> float:
    """Return the most memory that this process has held; what its parent held does not count."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
