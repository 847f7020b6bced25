"""Pictures of trades on the price of their symbol."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from src.records.enums import Direction
from src.report.figures import Chart, Figure, axis, layout, ms, rounded, time_axis
from src.report.page_numbers import bps, duration, usd
from src.report.performance_split import ShownTrade
from src.report.performance_thin import Point

_ENTRY_MARKS = {Direction.LONG: "triangle-up", Direction.SHORT: "triangle-down"}


def trades_chart(prices: dict[str, tuple[Point, ...]], trades: dict[str, tuple[ShownTrade, ...]]) -> Chart:
    """Return a figure a symbol, those with most trades first; symbols without a trade show their price."""
    symbols = sorted({*prices, *trades}, key=lambda symbol: (-len(trades.get(symbol, ())), symbol))
    choices = tuple(
        (_choice(symbol, trades.get(symbol, ())), _symbol(prices.get(symbol, ()), trades.get(symbol, ())))
        for symbol in symbols
    )
    return Chart("trades", choices, label="symbol")


def _choice(symbol: str, trades: Sequence[ShownTrade]) -> str:
    return f"{symbol}: {len(trades)} trade{'' if len(trades) == 1 else 's'}"


def _symbol(price: Sequence[Point], trades: Sequence[ShownTrade]) -> Figure:
    line: Figure = {
        "type": "scatter",
        "mode": "lines",
        "name": "mid price",
        "x": [ms(ts) for ts, _ in price],
        "y": rounded((value for _, value in price), 7),
        "line": {"color": "$grey", "width": 1},
        "hovertemplate": "%{y:,} USD<extra>mid price</extra>",
    }
    gains = [trade for trade in trades if trade.net_usd > 0]
    losses = [trade for trade in trades if trade.net_usd <= 0]
    data = [
        line,
        _stops(trades),
        *(_entries(trades, direction) for direction in Direction),
        _held(gains, name="gain", colour="$blue", mark="circle"),
        _held(losses, name="loss", colour="$orange", mark="x"),
    ]
    look = layout(460, xaxis=time_axis(), yaxis=axis("USD"), showlegend=True, hovermode="closest")
    return {"data": [part for part in data if part["x"]], "layout": look}


def _entries(trades: Sequence[ShownTrade], direction: Direction) -> Figure:
    ours = [trade for trade in trades if trade.direction is direction]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"entry {direction.value}",
        "x": [ms(trade.opened_ts) for trade in ours],
        "y": [trade.entry_price for trade in ours],
        "text": [_words(trade) for trade in ours],
        "marker": {
            "symbol": _ENTRY_MARKS[direction],
            "size": 8,
            "color": "$ink",
            "line": {"color": "$card", "width": 1},
        },
        "hovertemplate": "%{text}<extra>entry</extra>",
    }


def _held(trades: Sequence[ShownTrade], *, name: str, colour: str, mark: str) -> Figure:
    """Return a line from entry to exit for each trade, with a mark at the exit."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"{name}, exit",
        "x": _broken((ms(trade.opened_ts), ms(trade.closed_ts)) for trade in trades),
        "y": _broken((trade.entry_price, trade.exit_price) for trade in trades),
        "text": _broken(("", _words(trade)) for trade in trades),
        "line": {"color": colour, "width": 2},
        "marker": {"symbol": mark, "color": colour, "size": [size for _ in trades for size in (0, 7, 0)]},
        "hovertemplate": "%{text}<extra>exit</extra>",
    }


def _stops(trades: Sequence[ShownTrade]) -> Figure:
    stopped = [trade for trade in trades if trade.stop_price is not None]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "stop",
        "x": _broken((ms(trade.opened_ts), ms(trade.closed_ts)) for trade in stopped),
        "y": _broken((trade.stop_price, trade.stop_price) for trade in stopped),
        "line": {"color": "$purple", "width": 1.5, "dash": "dot"},
        "hovertemplate": "%{y:,} USD<extra>stop</extra>",
    }


def _broken(pairs: Iterable[tuple[object, object]]) -> list[object]:
    """Return pairs as one list with a gap after each."""
    return [value for pair in pairs for value in (*pair, None)]


def _words(trade: ShownTrade) -> str:
    opened = datetime.fromtimestamp(trade.opened_ts, UTC)
    return (
        f"{trade.direction.value} {opened:%Y-%m-%d %H:%M:%S}<br>"
        f"{trade.entry_price:,g} to {trade.exit_price:,g} USD in {duration(trade.closed_ts - trade.opened_ts)}<br>"
        f"net {usd(trade.net_usd)}, {bps(trade.net_bps)}<br>left for: {trade.exit_reason.replace('_', ' ')}"
    )
