"""What opens the files of a made-up home."""

from src.records.settings import BotSettings
from src.simulation.clock import VirtualClock
from src.store.disk_files import DiskFiles
from src.store.paths import Home
from tests.signals_fakes import T0, project_settings


def disk_files(home: Home, settings: BotSettings | None = None) -> DiskFiles:
    """Return the files of a home as the daemon opens them, at a time that stands still."""
    return DiskFiles(home, settings or project_settings(), VirtualClock(T0))
