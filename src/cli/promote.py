"""``python -m src promote FROM TO``: take the configs of one home to another, and nothing that was learned."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from src.cli.configs import load_all
from src.cli.refusals import refusing
from src.learning.parameters import values_of
from src.learning.policy_plan import human_values
from src.records.learning import LearningState
from src.records.policies import SignalPolicies
from src.store.config import ConfigFile
from src.store.document import DocumentFile
from src.store.durable import replace_file
from src.store.home import prepare_home
from src.store.jsontext import replace_values
from src.store.lock import HomeLock
from src.store.paths import Home

FolderArgument = Annotated[Path, typer.Argument(file_okay=False)]


def promote(source: FolderArgument, target: FolderArgument) -> None:
    """Copy the configs of one home to another; outcomes, learned weights and learned policies stay behind."""
    home = Home(source)
    with refusing():
        load_all(home)
        learned = _learned(home)
        with HomeLock(prepare_home(target, home.configs)):
            names = sorted(path.name for path in home.configs.glob("*.json"))
            for name in names:
                replace_file(target / "configs" / name, _content(home.configs / name, learned), durable=True)
    typer.echo(f"copied {', '.join(names)} to {target / 'configs'}; nothing learned was copied")
    for policy, (now, before) in sorted(learned.items()):
        typer.echo(f"  {policy}: {before:g}, as it was before learning made it {now:g}")


def _learned(home: Home) -> dict[str, tuple[float, float]]:
    """Return the policies that learning moved: what they are, and what a human last made them."""
    state = DocumentFile(home.learning_state, LearningState, writer="promote").read()
    if state is None:
        return {}
    policies = ConfigFile(home.policies, SignalPolicies).load()
    values, by_hand = values_of(policies), human_values(policies, state)
    return {name: (value, by_hand[name]) for name, value in values.items() if value != by_hand[name]}


def _content(config: Path, learned: dict[str, tuple[float, float]]) -> bytes:
    content = config.read_bytes()
    if not learned or config.name != "signal_policies.json":
        return content
    before = {name: orjson.dumps(by_hand).decode() for name, (_, by_hand) in learned.items()}
    return replace_values(content.decode("utf-8-sig"), before).encode()
