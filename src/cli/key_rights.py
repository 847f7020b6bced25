"""What a key may do, as far as the venue tells: one that may withdraw is refused."""

from collections.abc import Iterator, Mapping

from src.exchange.conformance.row import fail, ok, warn
from src.exchange.errors import NoAnswer
from src.exchange.kraken_probe import KrakenProbe
from src.records.checks import CheckRow

_NAME = "key's rights"
_NOTHING = frozenset({"none", "no_access", "noaccess", "false", "0", "", "null", "no", "disabled"})
_ALL = frozenset({"full", "full_access", "fullaccess", "true", "1", "yes", "enabled", "write", "read_write"})
_READ = frozenset({"read", "read_only", "readonly", "read_access"})


def rights_rows(probe: KrakenProbe) -> Iterator[CheckRow]:
    """Yield what the venue tells of the key; an answer of another shape is only a warning: it was not told."""
    try:
        told = probe.ask("permissions")
    except NoAnswer as fault:
        yield warn(_NAME, f"not told ({fault})", "see for yourself that the key may not withdraw")
        return
    yield from judged_rights(told)


def judged_rights(told: Mapping[str, object]) -> Iterator[CheckRow]:
    """Yield the verdicts on an answer of the venue."""
    rights = dict(_rights("", told.get("permissions")))
    withdraw = {name: word for name, word in rights.items() if "withdraw" in name}
    general = {name: word for name, word in rights.items() if "general" in name or "trad" in name}
    if any(word in _ALL for word in withdraw.values()):
        yield fail("key may withdraw", _shown(withdraw), "a key without the right to withdraw")
    elif withdraw and all(word in _NOTHING for word in withdraw.values()):
        yield ok("key may withdraw", "no")
    else:
        yield warn("key may withdraw", _shown(withdraw) or "not told", "see for yourself that it may not")
    if any(word in _READ | _NOTHING for word in general.values()):
        yield fail("key may trade", _shown(general), "full access to Futures, withdrawal none")
    elif general and all(word in _ALL for word in general.values()):
        yield ok("key may trade", "yes")
    else:
        yield warn("key may trade", _shown(general) or "not told", "full access to Futures")
    if not told.get("allowedCidrBlocks"):
        yield warn(
            "key's addresses", "from anywhere, or not told", "an allow-list with this machine's address"
        )


def _rights(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield every right by its path in small letters; one in a list is had."""
    match value:
        case Mapping():
            for name, inner in value.items():
                yield from _rights(f"{prefix}.{name}".lower(), inner)
        case list():
            for inner in value:
                yield (f"{prefix}.{inner}".lower(), "true") if isinstance(inner, str) else (prefix, "?")
        case None:
            if prefix:
                yield prefix, "null"
        case _:
            yield prefix, str(value).lower().replace(" ", "_").replace("-", "_")


def _shown(rights: Mapping[str, str]) -> str:
    return ", ".join(f"{name.strip('.')} {word}" for name, word in rights.items())
