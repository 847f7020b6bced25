"""``python -m src preflight``: is everything in place before the bot trades?"""

import json
import os
from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from src.alerts.targets import Targets, peek_targets
from src.cli.check_table import print_table
from src.cli.code_version import code_version
from src.cli.configs import load_all
from src.cli.exit_codes import ExitCode
from src.cli.live_terms import missing_terms, proof_of
from src.cli.options import HomeOption, JsonOption, home_of, project_root
from src.cli.preflight_local import check_channels, check_disk, check_heartbeat, check_home, check_keys
from src.cli.preflight_venue import check_venue
from src.cli.refusals import refusing
from src.clock import AnchoredClock, Clock, anchor_now
from src.exchange.conformance.row import fail, ok, skipped
from src.exchange.errors import ExchangeFault
from src.exchange.venue import SECRETS, open_venue
from src.records.checks import CheckRow, Preflight, Standing
from src.records.operations import ClockAnchor
from src.records.policies import SignalPolicies
from src.records.settings import BotSettings
from src.situation import stakes_of
from src.store.config import ConfigFile
from src.store.document import DocumentFile
from src.store.errors import ConfigError, StoreError
from src.store.home import identity_file, prepare_home
from src.store.paths import Home
from src.store.secrets import SecretFileExposed, peek_secret

MODES = ("paper", "demo", "live")


def preflight(
    *,
    home: HomeOption = None,
    mode: Annotated[
        str | None, typer.Option(help="paper, demo or live; that of the home where none is told.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check configs, keys, rights, clock, sizes, fees, collateral, disk, alerts; change nothing; exit 0 or 1.

    Live starts only where its newest pre-flight passed, with these keys, these addresses and this version.
    """
    if mode is not None and mode not in MODES:
        raise typer.BadParameter(f"one of {', '.join(MODES)}, not {mode!r}", param_hint="--mode")
    with refusing():
        where = prepare_home(home_of(home).root, project_root() / "configs")
        checked = mode or _mode_of(where)
        api_key = _api_key(checked, where)
        rows, targets = _rows(checked, where)
        record = Preflight(
            ts=anchor_now(speed=1.0).wall_origin,
            mode=checked,
            version=code_version(project_root()),
            tested=proof_of(targets, api_key),
            passed=all(row.standing is not Standing.FAIL for row in rows),
            rows=tuple(rows),
        )
        DocumentFile(where.preflight(checked), Preflight, writer="preflight").write(record)
    if as_json:
        print(json.dumps(msgspec.to_builtins(record), indent=2))
    else:
        print_table(f"{checked}, {where.root}, version {record.version}", rows)
    if not record.passed:
        raise typer.Exit(ExitCode.FAULTS_FOUND)


def _mode_of(home: Home) -> str:
    identity = identity_file(home).read()
    return "paper" if identity is None else identity.mode


def _api_key(mode: str, home: Home) -> str:
    """Return the key's public half before it is taken out of the environment."""
    try:
        return peek_secret(SECRETS[mode][0], home) or "" if mode in SECRETS else ""
    except SecretFileExposed:
        return ""


def _rows(mode: str, home: Home) -> tuple[list[CheckRow], Targets]:
    rows = [check_home(home)]
    try:
        settings = load_all(home)
    except ConfigError as error:
        return [*rows, fail("configs", str(error), "every config good")], Targets()
    rows.append(ok("configs", "every config is good"))
    try:
        keys = list(check_keys(mode, home))
        terms = _live_terms(mode, home, settings)
        targets = peek_targets(home)
    except SecretFileExposed as error:
        return [*rows, fail("secrets", str(error), "mode 0600")], Targets()
    clock = _clock(mode, home)
    rows += [*keys, check_disk(home), *check_channels(targets), check_heartbeat(targets, clock)]
    return [*rows, *_venue_rows(mode, home, settings, clock), *terms], targets


def _live_terms(mode: str, home: Home, settings: BotSettings) -> list[CheckRow]:
    """Return what live lacks beside this pre-flight; the secrets are only looked at."""
    if mode != "live":
        return []
    missing = missing_terms(home, settings, peek_targets(home), os.environ)
    return [fail("live", "missing", line) for line in missing] or [ok("live", "nothing is missing")]


def _venue_rows(mode: str, home: Home, settings: BotSettings, clock: Clock) -> Iterator[CheckRow]:
    policies = ConfigFile(home.policies, SignalPolicies).load()
    cap = stakes_of(settings, live=mode == "live").max_equity_usd
    try:
        venue = open_venue(mode, home)
        yield from check_venue(venue, settings, policies, clock, equity_cap_usd=cap)
    except (ExchangeFault, StoreError) as error:
        if mode == "paper":
            yield skipped("exchange", f"the paper exchange starts with the bot ({error})")
        else:
            yield fail("exchange", str(error), "keys, and a network that reaches it")


def _clock(mode: str, home: Home) -> Clock:
    anchor = DocumentFile(home.clock, ClockAnchor, writer="preflight").read() if mode == "paper" else None
    return AnchoredClock(anchor or anchor_now(speed=1.0))
