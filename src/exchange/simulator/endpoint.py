"""Where the paper exchange listens and who may use it: made once a home, kept over restarts."""

import base64
import secrets

from src.records.operations import ExchangeEndpoint
from src.store.document import DocumentFile
from src.store.paths import Home

LOOPBACK = "127.0.0.1"
_PRIVATE = 0o600


def endpoint_file(home: Home) -> DocumentFile[ExchangeEndpoint]:
    """Return ``run/paper_exchange.json``; only its owner may read it."""
    return DocumentFile(
        home.exchange_endpoint,
        ExchangeEndpoint,
        writer="paper_exchange",
        quarantine=home.quarantine,
        mode=_PRIVATE,
    )


def keep_endpoint(known: ExchangeEndpoint | None, *, port: int, ts: float) -> ExchangeEndpoint:
    """Return the endpoint at ``port``: with the keys of an earlier start, or with fresh ones."""
    url = f"http://{LOOPBACK}:{port}"
    if known is not None:
        return ExchangeEndpoint(
            ts=ts,
            url=url,
            api_key=known.api_key,
            api_secret=known.api_secret,
            admin_token=known.admin_token,
        )
    return ExchangeEndpoint(
        ts=ts,
        url=url,
        api_key=secrets.token_urlsafe(32),
        api_secret=base64.b64encode(secrets.token_bytes(64)).decode(),
        admin_token=secrets.token_urlsafe(32),
    )


def known_port(known: ExchangeEndpoint | None) -> int:
    """Return the port of an earlier start, 0 for any free one."""
    return 0 if known is None else int(known.url.rpartition(":")[2])
