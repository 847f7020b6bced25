"""What the trading cycle goes by at this moment: the policies, the exit rules and the learned weights."""

import logging

from src.records.learning import SignalWeights
from src.records.operations import ConfigFault
from src.records.policies import SignalPolicies
from src.records.settings import ExitRules
from src.store.errors import CorruptDocument
from src.store.files import Files
from src.store.paths import Home

log = logging.getLogger(__name__)

MISSING = "missing"
CORRUPT = "corrupt"


class RulesInForce:
    """Follows three files that a human or the learner may change while the bot runs.

    A broken edit of a config keeps its last good version in force. A corrupt weights file leaves no weights in
    force, and the gate blocks until there is a good one.

    Raises:
        ConfigError: at the start, where a config is none.
    """

    def __init__(self, home: Home, files: Files) -> None:
        self.policy_file = files.config(home.policies, SignalPolicies)
        self.exit_file = files.config(home.exits, ExitRules)
        self._weights_file = files.document(home.weights, SignalWeights, writer="main")
        self.policies = self.policy_file.load()
        self.exits = self.exit_file.load()
        self.weights: SignalWeights | None = None
        self.weights_version = MISSING

    @property
    def policies_version(self) -> str:
        """Return the hash of the policies in force."""
        return self.policy_file.version

    @property
    def faults(self) -> tuple[ConfigFault, ...]:
        """Return what is wrong with the newest edits; empty while the files say what is in force."""
        return (*self.policy_file.faults, *self.exit_file.faults)

    def refresh(self) -> None:
        """Take whatever has changed on disk."""
        self.policies = self.policy_file.current()
        self.exits = self.exit_file.current()
        try:
            while (changed := self._weights_file.read_if_changed()) is not None:
                self.weights, self.weights_version = changed, self._weights_file.version() or MISSING
        except CorruptDocument:
            log.exception("weights_corrupt")
            self.weights, self.weights_version = None, CORRUPT
