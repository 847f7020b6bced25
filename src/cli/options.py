"""What every command has in common."""

from pathlib import Path
from typing import Annotated

import typer

from src.store.paths import Home


def project_root() -> Path:
    """Return the folder that holds ``src``: the home where none is named."""
    return Path(__file__).resolve().parents[2]


HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Folder with configs, logs and state; defaults to the project.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]


def home_of(option: Path | None) -> Home:
    """Return the home that an option names, or the project's own."""
    return Home(option or project_root())
