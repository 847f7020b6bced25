"""Which exchange a mode trades on, and the keys to it."""

from dataclasses import dataclass, field

from src.exchange.errors import ExchangeFault
from src.records.operations import ExchangeEndpoint
from src.store.document import DocumentFile
from src.store.paths import Home
from src.store.secrets import read_secret

DEMO_URL = "https://demo-futures.kraken.com"
LIVE_URL = "https://futures.kraken.com"
URLS = {"demo": DEMO_URL, "live": LIVE_URL}
DEMO_SECRETS = ("KRAKEN_DEMO_KEY", "KRAKEN_DEMO_SECRET")
LIVE_SECRETS = ("KRAKEN_LIVE_KEY", "KRAKEN_LIVE_SECRET")
SECRETS = {"demo": DEMO_SECRETS, "live": LIVE_SECRETS}


class MissingKeys(ExchangeFault):
    """A mode's keys were not given; the text names them and where they may stand."""


@dataclass(frozen=True, slots=True)
class Venue:
    """Where to trade, and as whom; its text shows no secret."""

    url: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)


def venue_url(mode: str, home: Home) -> str:
    """Return the URL of a mode's exchange; ExchangeFault where the paper exchange never served."""
    return URLS[mode] if mode in URLS else _endpoint(home).url


def open_venue(mode: str, home: Home) -> Venue:
    """Return a mode's exchange with its keys; MissingKeys where they were not given."""
    if mode in URLS:
        found = [read_secret(name, home) for name in SECRETS[mode]]
        missing = [name for name, value in zip(SECRETS[mode], found, strict=True) if not value]
        if missing:
            raise MissingKeys(
                f"{mode} mode needs {' and '.join(missing)}: as systemd credentials, in {home.root / '.env'} or in the "
                "environment"
            )
        return Venue(url=URLS[mode], api_key=str(found[0]), api_secret=str(found[1]))
    endpoint = _endpoint(home)
    return Venue(url=endpoint.url, api_key=endpoint.api_key, api_secret=endpoint.api_secret)


def _endpoint(home: Home) -> ExchangeEndpoint:
    endpoint = DocumentFile(home.exchange_endpoint, ExchangeEndpoint, writer="main").read()
    if endpoint is None:
        raise ExchangeFault(f"{home.exchange_endpoint}: the paper exchange has not served here yet")
    return endpoint
