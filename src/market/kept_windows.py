"""What a restarted feature builder reads back of its own windows."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from src.features import ofi
from src.features.regime import RegimeState
from src.market.faults import is_scored, knows_trades
from src.market.history import MINUTE_S, Flows, Series, flows_of
from src.market.symbol_history import SymbolHistory
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


def restore(histories: Mapping[str, SymbolHistory], series: Series, kept: Iterable[KeptWindow]) -> None:
    """Bring every symbol back to where it stood after the newest kept window.

    ``histories`` stand in the order of the columns of ``series``. Windows of another length give prices only.
    """
    columns = {symbol: column for column, symbol in enumerate(histories)}
    ours = [window for window in kept if window.symbol in columns]
    for window in ours:
        _restore_one(histories[window.symbol], window, same_length=window.window_s == series.window_s)
        if window.mid is not None and window.ts % MINUTE_S == 0:
            series.mark_prices(window.ts, {columns[window.symbol]: window.mid})
    for ts, windows in _newest_rows(ours, series).items():
        row = [windows.get(symbol) for symbol in histories]
        series.add_windows(
            ts,
            [None if window is None else window.mid for window in row],
            [None if window is None else window.open_interest for window in row],
            [None if window is None else _flows(window) for window in row],
        )


def _restore_one(history: SymbolHistory, window: KeptWindow, *, same_length: bool) -> None:
    history.written_ts = max(history.written_ts, window.ts)
    if window.regime is not None and (history.regime is None or history.regime.regime != window.regime):
        history.regime = RegimeState(window.regime, window.ts)
    if not same_length:
        return
    own = ofi.self_normalised(window.sums.ofi_net, window.sums.ofi_sum_squares)
    if own is not None and is_scored(window.sums, frozenset(window.incomplete)):
        history.flow.append(own)
    history.last_score = (window.ts, window.ofi)


def _newest_rows(kept: Sequence[KeptWindow], series: Series) -> dict[float, dict[str, KeptWindow]]:
    """Return the windows of the last hour by close and symbol, oldest first."""
    after = max((window.ts for window in kept), default=0.0) - series.hour_windows * series.window_s
    rows: dict[float, dict[str, KeptWindow]] = {}
    for window in kept:
        if window.window_s == series.window_s and window.ts > after:
            rows.setdefault(window.ts, {})[window.symbol] = window
    return rows


def _flows(window: KeptWindow) -> Flows:
    return flows_of(window.sums, whole=knows_trades(frozenset(window.incomplete)))
