"""What a command ends with where it refuses: one line on standard error, and a code for scripts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer

from src.cli.exit_codes import ExitCode
from src.exchange.simulator.markets.errors import MarketSpecError
from src.store.errors import ConfigError, HomeLocked, HomeMismatch, MoneyFileError, StoreError

REFUSALS: Mapping[type[Exception], ExitCode] = {
    ConfigError: ExitCode.CONFIG,
    MarketSpecError: ExitCode.CONFIG,
    HomeMismatch: ExitCode.CONFIG,
    HomeLocked: ExitCode.HOME_IN_USE,
    MoneyFileError: ExitCode.MONEY_FILE,
    StoreError: ExitCode.CONFIG,
    PermissionError: ExitCode.CONFIG,
}
"""What each refusal ends with; the first that fits counts."""


@contextmanager
def refusing(more: Mapping[type[Exception], ExitCode] | None = None) -> Iterator[None]:
    """Turn the refusals, and ``more`` of a command's own, into their line and code."""
    codes = {**(more or {}), **REFUSALS}
    try:
        yield
    except tuple(codes) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(next(code for kind, code in codes.items() if isinstance(error, kind))) from error
