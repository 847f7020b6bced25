"""What has to come first before real money is traded; each is named, and all that are missing at once."""

import hashlib
import ipaddress
import os
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from src.alerts.targets import ALERT_URLS, HEARTBEAT_URL, Targets
from src.cli.code_version import code_version
from src.cli.options import project_root
from src.exchange.venue import LIVE_SECRETS
from src.records.checks import Conformance, Preflight
from src.records.settings import BotSettings
from src.store.document import DocumentFile
from src.store.paths import Home
from src.store.secrets import peek_secret

CONSENT = "TRADING_BOT_LIVE"
CONSENT_WORDS = "I-accept-the-risk"


class NotProven(Exception):
    """Real money is not traded yet; the text lists everything that is missing."""


def refuse_unproven(home: Home, settings: BotSettings, targets: Targets) -> None:
    """Raise NotProven with everything that live still lacks."""
    version = code_version(project_root())
    missing = [*missing_terms(home, settings, targets, os.environ), *_untested(home, version, targets)]
    if missing:
        listed = "\n".join(f"  - {line}" for line in missing)
        raise NotProven(f"--mode live trades real money and still lacks (docs/live.md):\n{listed}")


def missing_terms(
    home: Home, settings: BotSettings, targets: Targets, environment: Mapping[str, str]
) -> tuple[str, ...]:
    """Return what live lacks, the pre-flight itself left aside."""
    return (
        *_configured(home, settings, environment),
        *_told(targets),
        *_unconfirmed_venue(home, code_version(project_root())),
    )


def _configured(home: Home, settings: BotSettings, environment: Mapping[str, str]) -> Iterator[str]:
    if not settings.live.enabled:
        yield f'"live": {{"enabled": true}} in {home.bot_settings}'
    if settings.live.max_equity_usd is None:
        yield f'"live": {{"max_equity_usd": ...}} in {home.bot_settings}: the most that sizes are worked out from'
    if environment.get(CONSENT) != CONSENT_WORDS:
        yield f"{CONSENT}={CONSENT_WORDS} in the environment"
    for name in LIVE_SECRETS:
        if not peek_secret(name, home):
            yield f"{name}: a systemd credential, or a line of {home.root / '.env'}"


def _told(targets: Targets) -> Iterator[str]:
    if not targets.channels:
        yield f"{ALERT_URLS}: a notification channel, e.g. ntfys://TOPIC (see docs/live.md)"
    if targets.heartbeat is None:
        yield f"{HEARTBEAT_URL}: an address off this machine that misses the heartbeat, e.g. of healthchecks.io"
    elif on_this_machine(targets.heartbeat):
        yield f"{HEARTBEAT_URL} off this machine: what watches from here dies with it"


def _unconfirmed_venue(home: Home, version: str) -> Iterator[str]:
    record = DocumentFile(home.conformance("demo"), Conformance, writer="conform").read()
    if record is None or not record.passed or record.version != version:
        yield f"a passing `python -m src conform --mode demo` of version {version}; {_found(record, version)}"


def _untested(home: Home, version: str, targets: Targets) -> Iterator[str]:
    record = DocumentFile(home.preflight("live"), Preflight, writer="preflight").read()
    now = proof_of(targets, peek_secret(LIVE_SECRETS[0], home) or "")
    same = record is None or record.tested == now
    if record is None or not record.passed or record.version != version or not same:
        found = _found(record, version) if same else "the newest was of other addresses or another key"
        yield f"a passing `python -m src preflight --mode live` of version {version}; {found}"


def proof_of(targets: Targets, api_key: str) -> str:
    """Return a hash of the addresses and the key that a pre-flight is of."""
    return hashlib.sha256(f"{targets.fingerprint}|{api_key}".encode()).hexdigest()[:12]


def _found(record: Conformance | Preflight | None, version: str) -> str:
    if record is None:
        return "there is none"
    return f"the newest is of {record.version}" if record.version != version else "the newest did not pass"


def on_this_machine(address: str) -> bool:
    """Return whether an address names this machine itself."""
    host = (urlsplit(address).hostname or "").lower()
    if host in {"", "localhost"} or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
