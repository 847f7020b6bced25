"""What a restarted feature builder reads back of its own windows."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from src.features import ofi
from src.features.regime import RegimeState
from src.market.assemble import UNWATCHED, is_scored
from src.market.history import MINUTE_S
from src.market.symbol_state import SymbolState
from src.records.base import Line
from src.records.enums import Regime
from src.records.features import WindowSums
from src.store.jsonl import read_tail


class KeptWindow(Line, frozen=True, kw_only=True):
    """The part of a features line that later windows rest on."""

    symbol: str
    window_s: float
    sums: WindowSums
    mid: float | None
    ofi: float | None
    open_interest: float | None
    regime: Regime | None
    incomplete: tuple[str, ...]


def read_kept_windows(path: Path, *, symbols: int) -> list[KeptWindow]:
    """Return the newest windows on disk, oldest first: enough for exact scales; empty without a file."""
    if not path.exists():
        return []
    return read_tail(path, KeptWindow, symbols * (ofi.EXACT_WINDOWS + 1))


def restore(states: Mapping[str, SymbolState], kept: Iterable[KeptWindow], *, window_s: float) -> None:
    """Bring every symbol back to where it stood after the newest kept window."""
    for window in kept:
        state = states.get(window.symbol)
        if state is not None:
            _restore_one(state, window, window_s=window_s)


def _restore_one(state: SymbolState, window: KeptWindow, *, window_s: float) -> None:
    history = state.history
    state.written_ts = max(state.written_ts, window.ts)
    state.trades.large_trade_usd = window.sums.large_trade_usd or state.trades.large_trade_usd
    if window.mid is not None and window.ts % MINUTE_S == 0:
        history.mark_price(window.ts, window.mid)
    if window.regime is not None and (history.regime is None or history.regime.regime != window.regime):
        history.regime = RegimeState(window.regime, window.ts)
    if window.window_s != window_s:
        return
    faults = frozenset(window.incomplete)
    history.add_window(
        window.ts,
        window.sums,
        mid=window.mid,
        open_interest=window.open_interest,
        whole=not UNWATCHED & faults,
    )
    own = ofi.self_normalised(window.sums.ofi_net, window.sums.ofi_sum_squares)
    if own is not None and is_scored(window.sums, faults):
        history.imbalances.append(own)
    history.last_score = (window.ts, window.ofi)
