from pathlib import Path

import msgspec
import orjson
import pytest

from src.alerts.targets import ALERT_URLS, HEARTBEAT_URL, Targets
from src.cli.code_version import code_version
from src.cli.launch import Options, prepared
from src.cli.live_terms import (
    CONSENT,
    CONSENT_WORDS,
    NotProven,
    missing_terms,
    on_this_machine,
    proof_of,
    refuse_unproven,
)
from src.cli.options import project_root
from src.records.checks import Conformance, Preflight
from src.records.settings import BotSettings, Live
from src.situation import stakes_of
from src.store.document import DocumentFile
from src.store.paths import Home
from tests.cli_fakes import a, a_home
from tests.signals_fakes import project_settings

TARGETS = Targets(("ntfys://topic",), "https://hc-ping.example/uuid")
ENVIRONMENT = {CONSENT: CONSENT_WORDS}
KEY = "live-key"


def live_settings(live: Live | None = None) -> BotSettings:
    wanted = live or Live(enabled=True, max_equity_usd=500.0)
    return msgspec.structs.replace(project_settings(), live=wanted)


def conformed(home: Home, **changes: object) -> None:
    good: dict[str, object] = {"version": code_version(project_root()), "passed": True, "mode": "demo"}
    record = a(Conformance, **(good | changes))
    DocumentFile(home.conformance("demo"), Conformance, writer="test").write(record)


def preflown(home: Home, **changes: object) -> None:
    good: dict[str, object] = {
        "version": code_version(project_root()),
        "passed": True,
        "tested": proof_of(TARGETS, KEY),
    }
    record = a(Preflight, **(good | changes))
    DocumentFile(home.preflight("live"), Preflight, writer="test").write(record)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = a_home(tmp_path)
    secrets = found.root / ".env"
    secrets.write_text(f"KRAKEN_LIVE_KEY={KEY}\nKRAKEN_LIVE_SECRET=secret\n", "utf-8")
    secrets.chmod(0o600)
    conformed(found)
    preflown(found)
    return found


def missing(
    home: Home,
    *,
    settings: BotSettings | None = None,
    targets: Targets = TARGETS,
    environment: dict[str, str] | None = None,
) -> tuple[str, ...]:
    given = ENVIRONMENT if environment is None else environment
    return missing_terms(home, settings or live_settings(), targets, given)


def test_with_everything_in_place_nothing_is_missing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONSENT, CONSENT_WORDS)

    assert missing(home) == ()
    refuse_unproven(home, live_settings(), TARGETS)


def one_line(lines: tuple[str, ...]) -> str:
    (line,) = lines
    return line


def test_each_missing_setting_is_named(home: Home) -> None:
    off, unbounded = Live(enabled=False, max_equity_usd=500.0), Live(enabled=True)

    assert '"enabled": true' in one_line(missing(home, settings=live_settings(off)))
    assert "max_equity_usd" in one_line(missing(home, settings=live_settings(unbounded)))


@pytest.mark.parametrize("words", [{}, {CONSENT: "yes"}, {CONSENT: "i-accept-the-risk"}])
def test_consent_is_given_in_its_very_words(words: dict[str, str], home: Home) -> None:
    assert f"{CONSENT}={CONSENT_WORDS}" in one_line(missing(home, environment=words))


def test_a_missing_channel_or_heartbeat_is_named(home: Home) -> None:
    assert "TRADING_BOT_ALERT_URLS" in one_line(missing(home, targets=Targets((), TARGETS.heartbeat)))
    assert "TRADING_BOT_HEARTBEAT_URL" in one_line(missing(home, targets=Targets(TARGETS.channels, None)))


@pytest.mark.parametrize(
    "address",
    ["http://localhost/x", "http://127.0.0.9:8000/x", "http://[::1]/x", "http://bot.localhost/x", "x"],
)
def test_a_heartbeat_on_this_machine_is_none(address: str, home: Home) -> None:
    assert on_this_machine(address)
    assert "off this machine" in one_line(missing(home, targets=Targets(TARGETS.channels, address)))


def test_a_missing_key_is_named(home: Home) -> None:
    (home.root / ".env").write_text("KRAKEN_LIVE_KEY=x\n", "utf-8")

    assert "KRAKEN_LIVE_SECRET" in one_line(missing(home))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"passed": False}, "did not pass"),
        ({"version": "0.0.9+000000000000"}, "the newest is of 0.0.9+000000000000"),
    ],
)
def test_a_conformance_that_failed_or_is_of_another_version_does_not_count(
    changes: dict[str, object], why: str, home: Home
) -> None:
    conformed(home, **changes)

    assert why in one_line(missing(home))


def test_a_conformance_of_the_paper_exchange_does_not_count(home: Home) -> None:
    home.conformance("demo").rename(home.conformance("paper"))

    assert "there is none" in one_line(missing(home))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"passed": False}, "did not pass"),
        ({"version": "0.0.9+000000000000"}, "0.0.9"),
        ({"tested": proof_of(TARGETS, "another key")}, "another key"),
        ({"tested": proof_of(Targets(("ntfys://other",), None), KEY)}, "other addresses"),
    ],
)
def test_a_preflight_of_something_else_does_not_count(
    changes: dict[str, object], why: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONSENT, CONSENT_WORDS)
    preflown(home, **changes)

    with pytest.raises(NotProven, match=why):
        refuse_unproven(home, live_settings(), TARGETS)


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONSENT, raising=False)

    with pytest.raises(NotProven) as refused:
        refuse_unproven(a_home(tmp_path), project_settings(), Targets())

    assert str(refused.value).count("\n  - ") == 9


def test_another_line_of_code_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n', "utf-8")
    (tmp_path / "requirements.lock").write_text("a==1\n", "utf-8")
    code = tmp_path / "src" / "a.py"
    code.write_text("A = 1\n", "utf-8")
    before = code_version(tmp_path)
    code.write_text("A = 2\n", "utf-8")

    assert before.startswith("1.2.3+")
    assert code_version(tmp_path) != before


def test_real_money_is_bounded_by_the_smaller_limit_and_stays_away_from_the_unknown() -> None:
    limits = msgspec.structs.replace(project_settings().limits, max_equity_usd=800.0)
    settings = msgspec.structs.replace(live_settings(), limits=limits)

    assert stakes_of(settings, live=True).max_equity_usd == 500.0
    assert stakes_of(settings, live=False).max_equity_usd == 800.0
    assert not stakes_of(settings, live=True).trades_without_evidence
    assert stakes_of(settings, live=False).trades_without_evidence


def allowed_in(home: Home) -> None:
    plain = orjson.loads(home.bot_settings.read_bytes())
    plain["live"] = {"enabled": True, "max_equity_usd": 500}
    home.bot_settings.write_bytes(orjson.dumps(plain))


def asking_for_live(home: Home) -> Options:
    return Options(
        home=home.root, mode="live", market="synthetic", symbols=None, seed=1, speed=1.0, duration_s=None
    )


def test_a_home_with_everything_in_place_is_bound_to_the_real_venue(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed_in(home)
    monkeypatch.setenv(CONSENT, CONSENT_WORDS)
    monkeypatch.setenv(ALERT_URLS, TARGETS.channels[0])
    monkeypatch.setenv(HEARTBEAT_URL, str(TARGETS.heartbeat))

    with prepared(asking_for_live(home)) as (launch, venue, targets):
        assert venue is not None
        assert (venue.url, venue.api_key) == ("https://futures.kraken.com", KEY)
        assert launch.mode == "live"
        assert targets == TARGETS


def test_a_home_where_anything_is_missing_is_not_even_bound(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed_in(home)
    monkeypatch.setenv(CONSENT, CONSENT_WORDS)

    with pytest.raises(NotProven, match=ALERT_URLS), prepared(asking_for_live(home)):
        raise AssertionError
    assert not home.identity.exists()
