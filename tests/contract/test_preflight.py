"""The pre-flight and the conform command, against a paper exchange that serves, and against fakes of what it lacks."""

from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import msgspec
import orjson
import pytest

from src.cli.key_rights import rights_rows
from src.cli.preflight_venue import check_venue, collateral_rows
from src.exchange.base import AccountState, Holding
from src.exchange.errors import NoAnswer
from src.exchange.kraken_probe import KrakenProbe
from src.exchange.venue import Venue
from src.records.checks import CheckRow, Conformance, Preflight, Standing
from src.records.policies import SignalPolicies
from src.records.settings import BotSettings, Costs, Margin
from src.store.config import ConfigFile
from src.store.document import DocumentFile
from src.store.paths import Home
from tests.alert_fakes import Ears, listening
from tests.cli_fakes import a_home, asked
from tests.net_fakes import http_server
from tests.paper_exchange_server import SYMBOLS, Served, bot_settings, served

SETTINGS: BotSettings = bot_settings(SYMBOLS)


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("venue")) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_home(tmp_path / "home")


def policies() -> SignalPolicies:
    return ConfigFile(
        Path(__file__).resolve().parents[2] / "configs" / "signal_policies.json", SignalPolicies
    ).load()


def rows(
    venue: Served, settings: BotSettings = SETTINGS, *, cap: float | None = None, key: str = ""
) -> dict[str, CheckRow]:
    endpoint = venue.endpoint
    whom = Venue(url=endpoint.url, api_key=key or endpoint.api_key, api_secret=endpoint.api_secret)
    found = check_venue(whom, settings, policies(), venue.clock, equity_cap_usd=cap)
    return {row.name: row for row in found}


def changed(**changes: object) -> BotSettings:
    return msgspec.structs.replace(SETTINGS, **changes)


def test_a_venue_that_fits_has_no_fault(venue: Served) -> None:
    found = rows(venue)

    assert [row for row in found.values() if row.standing is Standing.FAIL] == []
    assert found["clock"].standing is Standing.OK
    assert found["equity"].found == "10,000.00 USD"
    assert found["fees"].standing is Standing.OK
    assert found["smallest sizes"].found.startswith("2 of 2 symbols")


def test_rights_that_are_not_told_are_a_warning(venue: Served) -> None:
    assert rows(venue)["key's rights"].standing is Standing.WARN


def test_a_key_that_the_venue_does_not_know_is_a_fault(venue: Served) -> None:
    found = rows(venue, key="another")

    assert found["account"].standing is Standing.FAIL
    assert "key_refused" in found["account"].found


def test_what_does_not_fit_is_named(venue: Served) -> None:
    assumed = Costs(maker_fee_bps=0.0, taker_fee_bps=1.0, slippage_bps=2.0)
    isolated = Margin(max_leverage={"PF_XBTUSD": 5.0})

    assert rows(venue, changed(costs=assumed))["fees"].standing is Standing.WARN
    assert rows(venue, changed(margin=isolated))["leverage preferences"].found == "PF_XBTUSD"
    assert (
        rows(venue, changed(symbols=("PF_XBTUSD", "PF_NONEUSD")))["symbol PF_NONEUSD"].standing
        is Standing.FAIL
    )


def test_an_account_too_small_for_any_symbol_is_a_fault(venue: Served) -> None:
    found = rows(venue, cap=0.5)

    assert found["smallest sizes"].standing is Standing.FAIL
    assert found["size of PF_XBTUSD"].standing is Standing.WARN


def test_a_venue_that_does_not_answer_is_no_answer(venue: Served) -> None:
    nowhere = Venue(url="http://127.0.0.1:9", api_key="k", api_secret="c2VjcmV0")

    with pytest.raises(NoAnswer):
        list(check_venue(nowhere, SETTINGS, policies(), venue.clock, equity_cap_usd=None))


def test_a_key_that_may_withdraw_is_refused() -> None:
    paths: list[tuple[str, str | None]] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        paths.append((request.path, request.headers.get("Authent")))
        told = {"result": "success", "permissions": {"general": "full", "withdrawal": "full"}}
        body = orjson.dumps(told)
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    with http_server(answer) as url:
        probe = KrakenProbe(url=url, api_key="k", api_secret="c2VjcmV0")
        found = {row.name: row.standing for row in rights_rows(probe)}
        probe.close()

    assert found["key may withdraw"] is Standing.FAIL
    assert paths[0][0] == "/api/auth/v1/api-keys/v3/check"
    assert paths[0][1]


@pytest.fixture
def ears() -> Iterator[Ears]:
    with listening() as found:
        yield found


def secrets(home: Home, ears: Ears, *, mode: int = 0o600) -> None:
    path = home.root / ".env"
    lines = f"TRADING_BOT_ALERT_URLS={ears.channel}\nTRADING_BOT_HEARTBEAT_URL={ears.heartbeat}\n"
    path.write_text(lines, "utf-8")
    path.chmod(mode)


def kept(home: Home) -> Preflight:
    record = DocumentFile(home.preflight("paper"), Preflight, writer="test").read()
    assert record is not None
    return record


def test_the_preflight_tests_the_channel_and_the_heartbeat_and_keeps_a_record(home: Home, ears: Ears) -> None:
    secrets(home, ears)
    answer = asked("preflight", "--home", home.root)

    assert answer.exit_code == 0, answer.output
    assert ears.told[0]["title"] == "trading-bot: pre-flight"
    assert ears.beats == ["/beat-secret"]
    assert kept(home).passed
    assert "secret" not in answer.output.replace("secrets", "")


def test_a_channel_or_heartbeat_that_takes_nothing_fails_it(home: Home, ears: Ears) -> None:
    secrets(home, ears)
    ears.status = 500
    answer = asked("preflight", "--home", home.root)

    assert answer.exit_code == 1
    failed = [row.name for row in kept(home).rows if row.standing is Standing.FAIL]
    assert failed == ["notification 1 (json)", "heartbeat"]


def test_secrets_that_others_can_read_fail_it_with_the_command_that_mends_it(home: Home, ears: Ears) -> None:
    secrets(home, ears, mode=0o644)
    answer = asked("preflight", "--home", home.root)

    assert answer.exit_code == 1
    assert "chmod 600" in "".join(answer.output.split("\n"))


def test_missing_keys_fail_it(home: Home) -> None:
    answer = asked("preflight", "--home", home.root, "--mode", "demo", "--json")
    told = {row["name"]: row for row in orjson.loads(answer.output)["rows"]}

    assert answer.exit_code == 1
    assert told["key KRAKEN_DEMO_KEY"]["standing"] == "fail"
    assert "KRAKEN_DEMO_SECRET" in told["exchange"]["found"]


def test_a_serving_paper_exchange_is_asked_too(venue: Served) -> None:
    answer = asked("preflight", "--home", venue.home.root, "--mode", "paper", "--json")

    names = [row["name"] for row in orjson.loads(answer.output)["rows"]]
    assert {"network", "clock", "collateral", "smallest sizes"} <= set(names)


@pytest.mark.parametrize("command", ["preflight", "conform"])
def test_another_mode_is_wrong_usage(command: str, home: Home) -> None:
    assert asked(command, "--home", home.root, "--mode", "casino").exit_code == 2


def test_real_money_is_not_experimented_with(home: Home) -> None:
    answer = asked("conform", "--home", home.root, "--mode", "live")

    assert answer.exit_code == 2
    assert "real money" in answer.output


def test_conform_needs_the_keys_of_demo(home: Home) -> None:
    answer = asked("conform", "--home", home.root)

    assert answer.exit_code == 2
    assert "KRAKEN_DEMO_KEY" in answer.output


def test_conform_on_a_paper_exchange_of_its_own_keeps_its_record(home: Home) -> None:
    answer = asked("conform", "--home", home.root, "--mode", "paper")
    record = DocumentFile(home.conformance("paper"), Conformance, writer="test").read()

    assert answer.exit_code == 0, answer.output
    assert record is not None
    assert record.passed
    assert not home.conformance("demo").exists()


def test_collateral_other_than_usd_is_a_fault() -> None:
    held = (Holding("USD", Decimal(500), Decimal(500)), Holding("BTC", Decimal("0.1"), Decimal(8400)))
    account = AccountState(Decimal(8900), Decimal(8900), Decimal(8900), Decimal(0), held)
    found = {row.name: row for row in collateral_rows(account)}

    assert found["collateral"].standing is Standing.FAIL
    assert found["collateral"].found == "BTC"
