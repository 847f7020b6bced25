"""``python -m src COMMAND``: everything but the daemon itself."""

from collections.abc import Iterable
from importlib import import_module

import typer

COMMANDS = {
    "status": "status",
    "explain": "explain",
    "learn": "learn",
    "paper-exchange": "paper_exchange",
    "freeze": "freeze",
    "unfreeze": "freeze",
    "check-config": "check_config",
    "promote": "promote",
    "tour": "tour",
    "simulate": "simulate",
    "records-page": "records_page",
    "report": "report",
    "audit": "audit",
    "conform": "conform",
    "preflight": "preflight",
    "flatten": "flatten",
    "clear": "clear",
    "accept": "accept",
    "keys": "keys",
}
"""Each command, and the module beside this one that holds it under its own name."""


def app_for(words: Iterable[str]) -> typer.Typer:
    """Return the application for a command line: it loads the one command that is asked for, else all of them."""
    asked = next(iter(words), None)
    app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

    @app.callback()
    def tools() -> None:
        """Tools of the trading bot. The daemon itself: python -m src.run."""

    for name in [asked] if asked in COMMANDS else COMMANDS:
        command = getattr(import_module(f"src.cli.{COMMANDS[name]}"), name.replace("-", "_"))
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app
