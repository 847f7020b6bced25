"""Which weights and policies were in force: what a home still knows of each version that a decision names.

A home keeps the newest file, the one before it, and an audit line for each change that learning made. The
versions between them are worked out from those lines; a folder of kept versions, where there is one, is asked first.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from src.learning.parameters import table_of
from src.records.learning import AuditKind, LearningAudit, SignalWeights
from src.records.policies import SignalPolicies
from src.records.simulation import SimulationRun
from src.rules_in_force import CORRUPT, MISSING
from src.store.config import ConfigFile
from src.store.document import DocumentFile, version_of
from src.store.errors import ConfigError, StoreError
from src.store.paths import Home

WEIGHTS, POLICIES = "weights", "policies"
KEPT = "versions"
"""Folder within ``feature_store`` where versions are kept, ``<kind>_<version>.json``, if anybody keeps them."""
_CHANGES = frozenset({AuditKind.CHANGE, AuditKind.LEASE_ENDED, AuditKind.ROLLBACK})
_VERSION_DIGITS = 12


class Versions:
    """What was in force, by version or by time."""

    def __init__(self, home: Home, audit: Iterable[LearningAudit]) -> None:
        self._home = home
        self._changes: list[LearningAudit] = []
        self.named: dict[str, set[str]] = {WEIGHTS: set(), POLICIES: set()}
        """Versions that something else than a decision names."""
        self._found: dict[str, set[str]] = {WEIGHTS: set(), POLICIES: set()}
        self._keeps: set[str] = set()
        self._weights: dict[str, SignalWeights] = {}
        self._policies: dict[str, SignalPolicies] = {}
        self._guesses: dict[str, SignalPolicies | None] = {}
        for line in audit:
            self._hear(line)
        self._newest_weights = self._read_weights()
        self._newest_policies = self._read_policies()
        self._read_manifest()

    def keeps(self, kind: str) -> bool:
        """Return whether versions of a kind were found among the kept: from then on each must be there."""
        return kind in self._keeps

    def known(self, kind: str, version: str) -> bool:
        """Return whether a version is on record anywhere beside the decisions."""
        if version in self._found[kind]:
            return True
        if self._kept(kind, version) is not None:
            self._keeps.add(kind)
        elif version not in self.named[kind] and version not in {MISSING, CORRUPT}:
            return False
        self._found[kind].add(version)
        return True

    def weights(self, version: str, ts: float) -> SignalWeights | None:
        """Return the weights of a version in force at ``ts``; None where there were none, or none are known."""
        if version in {MISSING, CORRUPT}:
            return None
        if version not in self._weights:
            kept = self._kept(WEIGHTS, version)
            found = self._weights_at(ts) if kept is None else _weights_of(kept)
            if found is not None:
                self._weights[version] = found
        return self._weights.get(version)

    def policies(self, version: str, ts: float) -> tuple[SignalPolicies, bool] | None:
        """Return the policies of a version, and whether they are those for certain; None where none are known.

        What was worked out backwards from the newest file is wrong where a hand changed it in between.
        """
        certain = self._policies.get(version)
        if certain is not None:
            return certain, True
        kept = self._kept(POLICIES, version)
        found = None if kept is None else self._config(kept)
        if found is not None:
            self._policies[version] = found
            return found, True
        if version not in self._guesses:
            self._guesses[version] = self._policies_at(ts)
        guess = self._guesses[version]
        return None if guess is None else (guess, False)

    def confirm(self, version: str) -> None:
        """Take what was worked out for a version as certain: it explained a decision, number by number."""
        guess = self._guesses.get(version)
        if guess is not None:
            self._policies[version] = guess

    def _kept(self, kind: str, version: str) -> Path | None:
        """Return where a version is kept, None where it is not: what is not the version it is called is none."""
        path = self._home.feature_store / KEPT / f"{kind}_{version}.json"
        return path if path.exists() and version_of(path.read_bytes()) == version else None

    def _hear(self, line: LearningAudit) -> None:
        self.named[WEIGHTS].add(line.weights_version)
        self.named[POLICIES].add(line.policies_version)
        if line.kind in _CHANGES:
            self._changes.append(line)

    def _read_weights(self) -> SignalWeights | None:
        path, newest = self._home.weights, None
        for each in (path.with_name(f"{path.name}.bak"), path):
            file = DocumentFile(each, SignalWeights, writer="audit")
            try:
                newest = file.read()
            except StoreError:
                continue
            version = file.version()
            if newest is not None and version is not None:
                self.named[WEIGHTS].add(version)
                self._weights[version] = newest
        return newest

    def _read_policies(self) -> SignalPolicies | None:
        path, newest = self._home.policies, None
        for each in (path.with_name(f".{path.name}.bak"), path):
            newest = self._config(each)
            if newest is not None:
                version = version_of(each.read_bytes())
                self.named[POLICIES].add(version)
                self._policies[version] = newest
        return newest

    def _read_manifest(self) -> None:
        try:
            run = DocumentFile(self._home.simulation, SimulationRun, writer="audit").read()
        except StoreError:
            return
        if run is not None and self._home.policies.name in run.configs:
            self.named[POLICIES].add(run.configs[self._home.policies.name][:_VERSION_DIGITS])

    def _config(self, path: Path) -> SignalPolicies | None:
        if not path.exists():
            return None
        try:
            return ConfigFile(path, SignalPolicies).load()
        except ConfigError:
            return None

    def _weights_at(self, ts: float) -> SignalWeights | None:
        """Return the weights before the first change after ``ts``, or the newest where there was none since."""
        newest = self._newest_weights
        for line in self._changes:
            if line.target == WEIGHTS and line.ts > ts and isinstance(line.old, Mapping):
                return None if newest is None else msgspec.structs.replace(newest, weights=dict(line.old))
        return newest

    def _policies_at(self, ts: float) -> SignalPolicies | None:
        """Return the newest policies with everything undone that learning changed after ``ts``."""
        newest = self._newest_policies
        if newest is None:
            return None
        plain: dict[str, object] = msgspec.to_builtins(newest)
        for line in reversed(self._changes):
            if line.target == WEIGHTS or line.ts <= ts:
                continue
            table, key = table_of(line.target), line.target.partition(".")[2]
            inner = plain.get(table)
            if key and isinstance(inner, dict):
                inner[key] = line.old
            elif not key and table in plain:
                plain[table] = line.old
        try:
            return msgspec.convert(plain, SignalPolicies)
        except msgspec.ValidationError:
            return None


def _weights_of(path: Path) -> SignalWeights | None:
    try:
        return DocumentFile(path, SignalWeights, writer="audit").read()
    except StoreError:
        return None
