"""Changing the keys of a session that goes on, with positions open."""

import hashlib
from collections.abc import Callable

from src.exchange.errors import NoAnswer
from src.exchange.kraken import KrakenExchange
from src.exchange.venue import open_venue
from src.store.home import identity_file, know_account
from src.store.paths import Home


def key_mark(api_key: str) -> str:
    """Return what stands for a key in ``home.json``: nobody can tell the key from it."""
    return hashlib.sha256(api_key.encode()).hexdigest()[:12]


def remember_account(exchange: KrakenExchange, home: Home) -> None:
    """Write down which account the session opens, where the exchange tells; HomeMismatch for another one."""
    try:
        uid = exchange.account_uid()
    except NoAnswer:
        return
    if uid is not None:
        know_account(home, uid)


def keys_reloader(exchange: KrakenExchange, *, mode: str, home: Home) -> Callable[[], str]:
    """Return what reads the mode's keys anew, puts them to use, and says so in a sentence.

    It raises ExchangeFault or StoreError where the keys are missing, open nothing, or open another account;
    the old session then stands.
    """

    def reload_keys() -> str:
        venue = open_venue(mode, home)
        bound = identity_file(home).read()
        known = None if bound is None else bound.account_uid
        uid = exchange.change_keys(api_key=venue.api_key, api_secret=venue.api_secret, account_uid=known)
        know_account(home, uid, account="paper" if mode == "paper" else key_mark(venue.api_key))
        return f"the new key opens account {uid}; the old session is closed"

    return reload_keys
