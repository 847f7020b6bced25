"""``python -m src promote FROM TO``: take the configs of one home to another, and nothing that was learned."""

from pathlib import Path
from typing import Annotated

import typer

from src.cli.configs import load_all
from src.cli.exit_codes import ExitCode
from src.store.durable import replace_file
from src.store.errors import ConfigError, HomeLocked
from src.store.home import prepare_home
from src.store.lock import HomeLock
from src.store.paths import Home

FolderArgument = Annotated[Path, typer.Argument(file_okay=False)]


def promote(source: FolderArgument, target: FolderArgument) -> None:
    """Copy the configs of one home to another; outcomes and learned weights stay where they were learned."""
    home = Home(source)
    try:
        load_all(home)
        with HomeLock(prepare_home(target, home.configs)):
            names = sorted(path.name for path in home.configs.glob("*.json"))
            for name in names:
                replace_file(target / "configs" / name, (home.configs / name).read_bytes(), durable=True)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.CONFIG) from error
    except HomeLocked as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.HOME_IN_USE) from error
    typer.echo(f"copied {', '.join(names)} to {target / 'configs'}; nothing learned was copied")
