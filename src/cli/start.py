"""The command line of ``python -m src.run``: everything is checked before anything is started."""

import logging
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from src.alerts.targets import Targets
from src.cli.exit_codes import ExitCode
from src.cli.launch import Options, UsageError, prepared
from src.cli.live_terms import NotProven
from src.cli.options import HomeOption, project_root
from src.cli.refusals import REFUSALS
from src.exchange.errors import ExchangeFault
from src.exchange.venue import MissingKeys, Venue
from src.supervision.errors import ExchangeNotReached, ExchangeRefused
from src.supervision.logs import configure_logging
from src.supervision.shell import MAIN, Launch

log = logging.getLogger(__name__)


CODES: dict[type[Exception], ExitCode] = {
    UsageError: ExitCode.CONFIG,
    NotProven: ExitCode.CONFIG,
    ExchangeRefused: ExitCode.CONFIG,
    MissingKeys: ExitCode.CONFIG,
    ExchangeNotReached: ExitCode.NO_EXCHANGE,
    ExchangeFault: ExitCode.NO_EXCHANGE,
    **REFUSALS,
}
"""What each refusal ends with; the first that fits counts."""


def run_command_line(arguments: list[str], bot_worker: Callable[[Launch, Venue | None, Targets], int]) -> int:
    """Read a command line, prepare the home, run the bot; return the exit code."""
    configure_logging(MAIN)
    try:
        options = _parsed(arguments)
        if options is None:
            return ExitCode.OK
        with prepared(options) as (launch, venue, targets):
            return bot_worker(launch, venue, targets)
    except typer.TyperException as error:
        print(f"{error.format_message()} (--help shows what there is)", file=sys.stderr)
        return ExitCode.CONFIG
    except tuple(CODES) as error:
        print(error, file=sys.stderr)
        return next(code for kind, code in CODES.items() if isinstance(error, kind))
    except Exception:
        log.exception("bot_died")
        return ExitCode.FAULT


def _parsed(arguments: list[str]) -> Options | None:
    """Return the options; None where the command line only asked for help."""
    found: list[Options] = []
    app = typer.Typer(add_completion=False)

    @app.command()
    def run(
        *,
        home: HomeOption = None,
        mode: Annotated[str, typer.Option(help="paper, demo or live.")] = "paper",
        market: Annotated[
            str, typer.Option(help="Paper mode's market: synthetic, tape:FILE or kraken (live).")
        ] = "synthetic",
        symbols: Annotated[
            str | None, typer.Option(help="Comma-separated, e.g. PF_XBTUSD,PF_ETHUSD; else configs/bot.json.")
        ] = None,
        seed: Annotated[int, typer.Option(help="Seed of the synthetic market.")] = 1,
        speed: Annotated[float, typer.Option(help="Market seconds in a real one; paper mode only.")] = 1.0,
        duration: Annotated[
            float | None, typer.Option(help="Stop by itself after this many real seconds.")
        ] = None,
        confirm_limits: Annotated[
            bool, typer.Option("--confirm-limits", help="Hard limits may be looser than at the last start.")
        ] = False,
    ) -> None:
        """Run the trading bot until Ctrl-C."""
        names = tuple(name.strip() for name in symbols.split(",")) if symbols else None
        found.append(
            Options(home or project_root(), mode, market, names, seed, speed, duration, confirm_limits)
        )

    app(arguments, standalone_mode=False, prog_name="python -m src.run")
    return found[0] if found else None
