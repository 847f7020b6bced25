"""The files of the feature builder: windows, the newest features, the recording."""

import logging

from src.records.features import Features
from src.records.settings import BotSettings
from src.store.errors import DiskFull
from src.store.files import Files, Outgoing, Page
from src.store.jsonl import Durability
from src.store.paths import Home
from src.store.tape import TapeWriter

_log = logging.getLogger(__name__)
_WRITER = "feature_builder"
_MIB = 1024 * 1024
_TAPE_PIECES_A_SECOND = 4


class FeatureFiles:
    """The files that only the feature builder writes."""

    def __init__(self, home: Home, settings: BotSettings, files: Files) -> None:
        self.windows: Outgoing[Features] = files.writer(
            home.windows, writer=_WRITER, durability=Durability.KNOWLEDGE
        )
        self._home = home
        self._files = files
        self._latest: dict[str, Page[Features]] = {}
        recording = settings.recording
        self._tape = (
            TapeWriter(
                home.market_tape,
                segment_bytes=int(recording.segment_mib * _MIB),
                keep_segments=recording.keep_segments,
                quarantine=home.quarantine,
            )
            if recording.keep_messages
            else None
        )
        self.unrecorded = 0
        """Messages that the full disk had no room for."""

    def append(self, received_at: float, message: bytes) -> None:
        """Record one message; without room on the disk the recording, and only that, goes without it."""
        if self._tape is None:
            return
        try:
            self._tape.append(received_at, message)
        except DiskFull as error:
            if self.unrecorded == 0:
                _log.error("tape_disk_full", extra={"facts": {"reason": str(error)}})
            self.unrecorded += 1

    def publish(self, features: Features) -> None:
        """Replace the document that shows a symbol's newest features."""
        symbol = features.symbol
        page = self._latest.get(symbol)
        if page is None:
            page = self._files.document(self._home.features(symbol), Features, writer=_WRITER, durable=False)
            self._latest[symbol] = page
        page.write(features)

    def save(self) -> None:
        """Force the windows to the disk, and compress a little of a closed piece of tape."""
        self.windows.sync()
        if self._tape is not None:
            for _ in range(_TAPE_PIECES_A_SECOND):
                if not self._tape.work():
                    break

    def close(self) -> None:
        """Close every file."""
        self.windows.close()
        if self._tape is not None:
            self._tape.close()
