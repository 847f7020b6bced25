"""What a run was: its market, its seed, its costs and its versions, as far as the home tells."""

from dataclasses import dataclass

from src.records.operations import HomeIdentity
from src.records.settings import BotSettings, Costs, LearningSettings
from src.records.simulation import SimulationRun
from src.store.config import ConfigFile
from src.store.document import DocumentFile, version_of
from src.store.paths import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """The head of a report."""

    home: str
    mode: str | None
    """None where the home was never bound."""
    market: str | None
    """Kind of market, with the file where there is one."""
    seed: int | None
    """None where none is recorded."""
    edge: bool | None
    """Whether a made-up market rewards order flow; None where it is not one, or nothing tells."""
    simulated: bool
    """Whether the run was stepped in virtual time."""
    finished: bool | None
    """Whether a stepped run came to its end."""
    settled_ts: float | None
    """Up to where the files of a stepped run that is under way, or was killed, belong to one moment; else None."""
    costs: Costs
    window_s: float
    block_s: float
    learn_every_s: float
    horizon: str
    """Which horizon's outcome is learned from."""
    versions: dict[str, str]
    """Hashes and versions that the numbers rest on, by name."""


def run_facts(home: Home) -> RunFacts:
    """Return what a home says of itself.

    Raises:
        ConfigError: a config is broken, or this is no home.
        CorruptDocument: ``home.json`` or the manifest cannot be read.
    """
    settings_file = ConfigFile(home.bot_settings, BotSettings)
    settings = settings_file.load()
    learning = ConfigFile(home.learning_settings, LearningSettings).load()
    identity = DocumentFile(home.identity, HomeIdentity, writer="report").read()
    run = DocumentFile(home.simulation, SimulationRun, writer="report").read()
    return RunFacts(
        home=home.root.name,
        mode=None if identity is None else identity.mode,
        market=_market(identity, run),
        seed=None if run is None else run.market.seed,
        edge=None if run is None else run.market.edge,
        simulated=run is not None,
        finished=None if run is None else run.finished,
        settled_ts=None if run is None else _settled(run),
        costs=settings.costs,
        window_s=settings.window_s if run is None else run.window_s,
        block_s=learning.block_s,
        learn_every_s=settings.learning_every_s,
        horizon=learning.horizon,
        versions=_versions(home, run),
    )


def _settled(run: SimulationRun) -> float | None:
    """Return the clock at the end of the last leg where the manifest tells of nothing after it.

    While a run lives its files reach the disk in pieces; when it stops, or ends, the manifest says how far it came.
    """
    return run.clock_ts if not run.finished and run.reached_ts == run.saved_ts else None


def _market(identity: HomeIdentity | None, run: SimulationRun | None) -> str | None:
    if run is not None:
        return f"{run.market.spec}, in {run.market.resolution.value}"
    return None if identity is None else identity.market_kind


def _versions(home: Home, run: SimulationRun | None) -> dict[str, str]:
    """Return the manifest's versions, else those of the configs as they stand now."""
    if run is None:
        configs = sorted(home.configs.glob("*.json"))
        return {f"configs/{path.name} now": version_of(path.read_bytes()) for path in configs}
    versions = {"program": run.version}
    if run.market.content_sha256 is not None:
        versions["recording"] = run.market.content_sha256[:12]
    versions |= {f"configs/{name} at the start": digest[:12] for name, digest in run.configs.items()}
    return versions | run.libraries
