"""Hard limits loosen only by hand: those of a start are compared with the last one's."""

import msgspec

from src.records.risk import ConfirmedLimits
from src.records.settings import RiskLimits
from src.store.document import DocumentFile
from src.store.errors import StoreError
from src.store.paths import Home


class LimitsLoosened(StoreError):
    """A hard limit is looser than at the last start, and nobody has confirmed it."""


def confirm_limits(home: Home, limits: RiskLimits, *, confirmed: bool, ts: float) -> None:
    """Write down the limits of this start; tighter ones count at once.

    Raises:
        LimitsLoosened: some are looser than at the last start; the text names them, with both values.
        CorruptDocument: the last start's cannot be read; ``confirmed`` replaces them.
    """
    file = DocumentFile(home.limits, ConfirmedLimits, writer="main", quarantine=home.quarantine)
    if not confirmed:
        known = file.read()
        looser = [] if known is None else loosened(known.limits, limits)
        if looser:
            raise LimitsLoosened(
                f"configs/bot.json loosens hard limits: {'; '.join(looser)}. "
                "If that is meant, start once with --confirm-limits"
            )
        if known is not None and known.limits == limits:
            return
    file.write(ConfirmedLimits(ts=ts, limits=limits))


def loosened(old: RiskLimits, new: RiskLimits) -> list[str]:
    """Return what the new limits allow and the old ones did not, a phrase each."""
    was, now = msgspec.to_builtins(old), msgspec.to_builtins(new)
    return [
        f"{name} {_text(was[name])} -> {_text(now[name])}" for name in was if _looser(was[name], now[name])
    ]


def _looser(old: float | None, new: float | None) -> bool:
    """Return whether a limit has grown; no limit is the loosest."""
    if old is None:
        return False
    return new is None or new > old


def _text(value: float | None) -> str:
    return "no limit" if value is None else f"{value:g}"
