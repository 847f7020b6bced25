"""Making a home, and binding it for life to one mode, one kind of market and one account."""

import secrets
from pathlib import Path

import msgspec

from src.records.operations import HomeIdentity
from src.store.document import DocumentFile
from src.store.durable import make_folder, replace_file
from src.store.errors import HomeMismatch, StoreError
from src.store.paths import Home

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
"""That of base32, lower case, as in the rest of an order's name."""


def prepare_home(root: Path, defaults: Path) -> Home:
    """Return the home at ``root`` with all its folders; one that is new gets the default configs.

    A home that is bound already gets none: there a missing config is a fault to report. Raises StoreError
    where a folder or a file cannot be made.
    """
    home = Home(root)
    for folder in (home.root, *home.folders()):
        make_folder(folder)
    if not home.identity.exists() and defaults.resolve() != home.configs:
        _copy_missing(defaults, home.configs)
    return home


def _copy_missing(defaults: Path, configs: Path) -> None:
    found = sorted(defaults.glob("*.json"))
    if not found:
        raise StoreError(f"{defaults}: has no default configs")
    for default in found:
        target = configs / default.name
        if not target.exists():
            replace_file(target, default.read_bytes(), durable=True)


def identity_file(home: Home) -> DocumentFile[HomeIdentity]:
    """Return ``home.json``."""
    return DocumentFile(home.identity, HomeIdentity, writer="main", quarantine=home.quarantine)


def know_account(home: Home, uid: str, *, account: str | None = None) -> None:
    """Write down the exchange's name for a home's account, and with ``account`` the key that opens it from now on.

    Raises HomeMismatch where the home is bound to another account, or to none.
    """
    file = identity_file(home)
    bound = file.read()
    if bound is None:
        raise HomeMismatch(f"{home.root} is bound to no account yet")
    if bound.account_uid not in {None, uid}:
        raise HomeMismatch(f"the key opens account {uid}, and {home.root} is bound to {bound.account_uid}")
    known = msgspec.structs.replace(bound, account_uid=uid, account=account or bound.account)
    if known != bound:
        file.write(known)


def bind(
    home: Home, *, mode: str, market_kind: str, account: str, ts: float, instance: str | None = None
) -> HomeIdentity:
    """Return what the home is bound to, after binding it where it is new.

    ``instance`` marks a new home's orders, three characters; None draws one. Raises HomeMismatch where the
    home is bound to something else, CorruptDocument where ``home.json`` cannot be read.
    """
    file = identity_file(home)
    bound = file.read()
    if bound is None:
        name = "".join(secrets.choice(_ALPHABET) for _ in range(3)) if instance is None else instance
        fresh = HomeIdentity(ts=ts, mode=mode, market_kind=market_kind, account=account, instance=name)
        file.write(fresh)
        return fresh
    asked = {"mode": mode, "market": market_kind, "account": account}
    has = {"mode": bound.mode, "market": bound.market_kind, "account": bound.account}
    differing = [f"{name} {has[name]} (asked: {asked[name]})" for name in asked if asked[name] != has[name]]
    if differing:
        raise HomeMismatch(
            f"{home.root} is bound to {', '.join(differing)}. What was learned there must not trade elsewhere:"
            f" start it as it is bound, or start another home with --home DIR"
            f" (python -m src promote {home.root} DIR takes the configs along)."
        )
    return bound
