"""What the trading cycle goes by at this moment: policies, exit rules, learned weights and evidence of edges."""

import logging
from typing import Generic, TypeVar

from src.records.base import Document
from src.records.learning import EdgeEvidence, SignalWeights
from src.records.operations import ConfigFault
from src.records.policies import SignalPolicies
from src.records.settings import ExitRules
from src.store.errors import CorruptDocument
from src.store.files import Files, Page
from src.store.paths import Home
from src.store.versions import EVIDENCE, POLICIES, WEIGHTS, Versions

D = TypeVar("D", bound=Document)
log = logging.getLogger(__name__)

MISSING = "missing"
CORRUPT = "corrupt"


class Learned(Generic[D]):
    """A document that learning replaces; corrupt, there is none until there is a good one."""

    def __init__(self, page: Page[D], versions: Versions) -> None:
        self._page = page
        self._versions = versions
        self.document: D | None = None
        self.version = MISSING

    def refresh(self) -> None:
        """Take the newest one, and keep a copy of it."""
        try:
            while (changed := self._page.read_if_changed()) is not None:
                content = self._page.content()
                self.document = changed
                self.version = MISSING if content is None else self._versions.keep(content)
        except CorruptDocument:
            log.exception("learned_document_corrupt")
            self.document, self.version = None, CORRUPT


class RulesInForce:
    """Follows files that a human or the learner may change while the bot runs.

    A broken edit of a config keeps its last good version in force. A corrupt learned document leaves none in force:
    without weights the gate blocks, without evidence nothing is known of any trade. Every version of what decides is
    kept in ``feature_store/versions`` before it decides.

    Raises:
        ConfigError: at the start, where a config is none.
    """

    def __init__(self, home: Home, files: Files) -> None:
        folder = home.versions
        self._versions = Versions(folder, POLICIES)
        self.policy_file = files.config(home.policies, SignalPolicies)
        self.exit_file = files.config(home.exits, ExitRules)
        self._weights = Learned(
            files.document(home.weights, SignalWeights, writer="main"), Versions(folder, WEIGHTS)
        )
        self._evidence = Learned(
            files.document(home.edge_evidence, EdgeEvidence, writer="main"), Versions(folder, EVIDENCE)
        )
        self.policies = self.policy_file.load()
        self.exits = self.exit_file.load()
        self.policies_version = self._versions.keep(self.policy_file.content)

    @property
    def weights(self) -> SignalWeights | None:
        """Return the learned weights; None where the file is missing or corrupt."""
        return self._weights.document

    @property
    def weights_version(self) -> str:
        """Return their hash, or ``missing`` or ``corrupt``."""
        return self._weights.version

    @property
    def evidence(self) -> EdgeEvidence | None:
        """Return what each kind of trade has brought; None where nobody has said."""
        return self._evidence.document

    @property
    def evidence_version(self) -> str:
        """Return its hash, or ``missing`` or ``corrupt``."""
        return self._evidence.version

    @property
    def faults(self) -> tuple[ConfigFault, ...]:
        """Return what is wrong with the newest edits; empty while the files say what is in force."""
        return (*self.policy_file.faults, *self.exit_file.faults)

    def refresh(self) -> None:
        """Take whatever has changed on disk."""
        self.policies = self.policy_file.current()
        if self.policy_file.version != self.policies_version:
            self.policies_version = self._versions.keep(self.policy_file.content)
        self.exits = self.exit_file.current()
        self._weights.refresh()
        self._evidence.refresh()
