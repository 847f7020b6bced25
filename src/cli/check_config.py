"""``python -m src check-config``: would the bot start with these configs?"""

import json

import msgspec
import typer

from src.cli.configs import load_all
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, JsonOption, home_of, project_root
from src.store.errors import ConfigError
from src.store.paths import Home

_SHOWN = ("file", "line", "column", "key", "rule")


def check_config(home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """Check every config of a home with the code that the bot itself uses; exit 0 or 2.

    What a new home lacks is checked as the default that its first start will put there.
    """
    where = home_of(home)
    is_new = not where.identity.exists()
    try:
        load_all(where, defaults=Home(project_root()) if is_new else None)
    except ConfigError as error:
        if as_json:
            faults = [msgspec.to_builtins(fault) for fault in error.faults]
            print(json.dumps([{name: fault[name] for name in _SHOWN} for fault in faults], indent=2))
        else:
            typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.CONFIG) from error
    if as_json:
        print("[]")
    elif is_new and not where.configs.is_dir():
        print(f"{where.root} is new: its first start will copy the default configs, and they are good")
    else:
        print("every config is good")
