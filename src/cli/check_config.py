"""``python -m src check-config``: would the bot start with these configs?"""

import json

import typer

from src.cli.configs import load_all
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, JsonOption, home_of
from src.store.errors import ConfigError


def check_config(home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """Check every config of a home with the code that the bot itself uses; exit 0 or 2."""
    try:
        load_all(home_of(home))
    except ConfigError as error:
        if as_json:
            print(json.dumps([_row(fault) for fault in error.faults], indent=2))
        else:
            print(error)
        raise typer.Exit(ExitCode.CONFIG) from error
    print("[]" if as_json else "every config is good")


def _row(fault: object) -> dict[str, object]:
    names = ("file", "line", "column", "key", "rule")
    return {name: getattr(fault, name) for name in names}
