"""What a stepped run remembers over its legs, so that learning need not read the disk again and again."""

from src.data_enrichment_layer import written_rows
from src.learning.evidence_memory import EvidenceMemory
from src.records.settings import LearningSettings
from src.store.config import ConfigFile
from src.store.paths import Home

MARGIN_S = 86_400.0
"""A cycle looks back from its own time, and rows come as their signals are resolved."""


class RunMemory:
    """Every resolved signal that a cycle may look back to: what the home's file holds, and what came since."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._evidence: EvidenceMemory | None = None

    def evidence(self) -> EvidenceMemory:
        """Return the memory, read from the disk at the first call; later rows are added by who is handed it.

        Raises ConfigError where ``configs/learning.json`` cannot be used.
        """
        if self._evidence is None:
            settings = ConfigFile(self._home.learning_settings, LearningSettings).load()
            self._evidence = EvidenceMemory(kept_s=settings.lookback_s + MARGIN_S)
            for row in written_rows(self._home):
                self._evidence.add(row)
        return self._evidence
