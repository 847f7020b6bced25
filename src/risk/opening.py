"""How a home's watch over the hard limits is opened."""

from src.records.risk import RiskEvent
from src.records.settings import RiskLimits
from src.risk.book import folded
from src.risk.pace import Pace
from src.risk.watch import RiskWatch
from src.store.files import Files
from src.store.jsonl import BadLine, Durability, read_all
from src.store.paths import Home


def open_risk(home: Home, files: Files, limits: RiskLimits) -> RiskWatch:
    """Return the watch with what was latched before.

    Raises:
        CorruptLine: a line in the middle of the file cannot be read.
        WriterExists: another process writes it.
    """
    events = files.writer(home.risk, writer="main", durability=Durability.MONEY)
    book = folded(read_all(home.risk, RiskEvent, on_bad=BadLine.RAISE))
    return RiskWatch(limits=limits, book=book, events=events, pace=Pace())
