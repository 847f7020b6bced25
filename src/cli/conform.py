"""``python -m src conform``: how the venue answers what its documentation leaves open."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from src.cli.check_table import print_table
from src.cli.code_version import code_version
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, JsonOption, home_of, project_root
from src.cli.private_venue import PrivateVenue, private_paper_exchange
from src.cli.refusals import refusing
from src.clock import AnchoredClock, anchor_now
from src.exchange.conformance.bench import Bench, NotClean
from src.exchange.conformance.sheet import answer_sheet, passes
from src.exchange.errors import ExchangeFault
from src.exchange.kraken_probe import KrakenProbe
from src.exchange.venue import MissingKeys, open_venue
from src.records.checks import CheckRow, Conformance
from src.store.document import DocumentFile
from src.store.durable import make_folder
from src.store.paths import Home

PAPER_SPEED = 10.0

CODES: dict[type[Exception], ExitCode] = {
    MissingKeys: ExitCode.CONFIG,
    NotClean: ExitCode.CONFIG,
    ExchangeFault: ExitCode.NO_EXCHANGE,
}


def conform(
    *,
    home: HomeOption = None,
    mode: Annotated[str, typer.Option(help="demo, or paper for a paper exchange of its own.")] = "demo",
    symbol: Annotated[str, typer.Option(help="The contract to try.")] = "PF_XBTUSD",
    budget_usd: Annotated[
        float, typer.Option(help="Demo: most that the one order which is not the smallest may come to.")
    ] = 1000.0,
    as_json: JsonOption = False,
) -> None:
    """Try the venue with its smallest orders, leave the account as it was, keep the answers; exit 0 or 1.

    Live is not tried: the record of demo is what `--mode live` asks for. Nothing else may use the key meanwhile.
    """
    if mode not in {"paper", "demo"}:
        raise typer.BadParameter(
            f"paper or demo, not {mode!r}: real money is not experimented with", param_hint="--mode"
        )
    where = home_of(home)
    with refusing(CODES), _venue(mode, where) as found:
        probe = KrakenProbe(
            url=found.venue.url, api_key=found.venue.api_key, api_secret=found.venue.api_secret
        )
        speed = found.clock.speed
        bench = Bench(
            probe,
            symbol=symbol,
            clock=found.clock,
            pause=lambda seconds: time.sleep(seconds / speed),
            rng=random.SystemRandom(),
            budget_usd=Decimal("Infinity") if mode == "paper" else Decimal(str(budget_usd)),
        )
        rows = _asked(bench, quiet=as_json)
        record = _kept(where, mode, found.venue.url if mode == "demo" else "a paper exchange", rows)
    if as_json:
        print(json.dumps(msgspec.to_builtins(record), indent=2))
    else:
        print_table(f"{record.venue}, version {record.version}", rows)
    if not record.passed:
        raise typer.Exit(ExitCode.FAULTS_FOUND)


@contextmanager
def _venue(mode: str, home: Home) -> Iterator[PrivateVenue]:
    if mode == "paper":
        with private_paper_exchange(speed=PAPER_SPEED, seed=1) as found:
            yield found
    else:
        yield PrivateVenue(open_venue(mode, home), AnchoredClock(anchor_now(speed=1.0)))


def _asked(bench: Bench, *, quiet: bool) -> list[CheckRow]:
    """Ask everything; whatever ends it early, the account is tidied up."""
    rows: list[CheckRow] = []
    bench.require_clean()
    console = Console(stderr=True, quiet=quiet)
    try:
        with console.status("asking ...") as status:
            for row in answer_sheet(bench):
                rows.append(row)
                status.update(f"{len(rows)} answers, the newest: {row.name}")
    except BaseException:
        bench.tidy()
        raise
    finally:
        bench.session.close()
    return rows


def _kept(home: Home, mode: str, venue: str, rows: list[CheckRow]) -> Conformance:
    record = Conformance(
        ts=anchor_now(speed=1.0).wall_origin,
        mode=mode,
        version=code_version(project_root()),
        venue=venue,
        passed=passes(rows),
        answers=tuple(rows),
    )
    make_folder(home.run)
    DocumentFile(home.conformance(mode), Conformance, writer="conform").write(record)
    return record
