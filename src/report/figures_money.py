"""Pictures of money: equity, drawdown, and what the profit is made of."""

from src.report.figures import Chart, Figure, axis, layout, ms, rounded, time_axis
from src.report.page_numbers import usd
from src.report.performance_equity import EquityCurve
from src.report.performance_split import PARTS, Split, TradeNumbers

PART_NAMES = {
    "signal": "signal",
    "slippage": "slippage",
    "stop_gap": "stop gaps",
    "fees": "fees",
    "funding": "funding",
    "unsplit": "not told apart",
}
_PART_COLOURS = {
    "signal": "$blue",
    "slippage": "$orange",
    "stop_gap": "$purple",
    "fees": "$yellow",
    "funding": "$green",
    "unsplit": "$grey",
}
DIMENSION_NAMES = {
    "strategy": "strategy",
    "direction": "direction",
    "regime": "regime",
    "symbol": "symbol",
    "hour": "hour of entry (UTC)",
}


def equity_chart(curve: EquityCurve) -> Chart:
    """Return the equity above its drawdown."""
    high = {"color": "$blue", "width": 1.5}
    equity: Figure = {
        "type": "scatter",
        "mode": "lines",
        "name": "equity",
        "x": [ms(ts) for ts, _ in curve.points],
        "y": [round(value, 2) for _, value in curve.points],
        "line": high,
        "hovertemplate": "%{y:,.2f} USD<extra></extra>",
    }
    drawdown: Figure = {
        "type": "scatter",
        "mode": "lines",
        "name": "drawdown",
        "x": [ms(ts) for ts, _ in curve.drawdown],
        "y": rounded((value for _, value in curve.drawdown), 4),
        "yaxis": "y2",
        "fill": "tozeroy",
        "fillcolor": "$fade",
        "line": {"color": "$orange", "width": 1},
        "hovertemplate": "%{y:.2f} %<extra></extra>",
    }
    look = layout(
        420,
        xaxis=time_axis(anchor="y2"),
        yaxis=axis("equity, USD", domain=[0.36, 1], tickformat=",.0f"),
        yaxis2=axis("drawdown, %", domain=[0, 0.28], rangemode="tozero"),
        hovermode="x",
    )
    return Chart("equity", (("", {"data": [equity, drawdown], "layout": look}),))


def parts_chart(total: Split) -> Chart:
    """Return the steps from signal to net."""
    names = shown_parts([total])
    amounts = [float(total.parts[name]) for name in names] + [float(total.net_usd)]
    steps: Figure = {
        "type": "waterfall",
        "orientation": "h",
        "y": [*(PART_NAMES[name] for name in names), "net"],
        "x": [round(amount, 2) for amount in amounts],
        "measure": [*("relative" for _ in names), "total"],
        "text": [usd(amount) for amount in amounts],
        "textposition": "auto",
        "cliponaxis": False,
        "insidetextfont": {"color": "$card"},
        "increasing": {"marker": {"color": "$blue"}},
        "decreasing": {"marker": {"color": "$orange"}},
        "totals": {"marker": {"color": "$grey"}},
        "connector": {"line": {"color": "$line"}},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    look = layout(
        60 + 44 * len(amounts),
        margin={"l": 8, "r": 84, "t": 16, "b": 8},
        xaxis=axis("USD, summed over all closed trades", tickformat=",.0f"),
        yaxis=axis(autorange="reversed"),
    )
    return Chart("parts", (("", {"data": [steps], "layout": look}),))


def dimensions_chart(trades: TradeNumbers) -> Chart:
    """Return the same parts by everything that trades may be told apart by."""
    choices = tuple((DIMENSION_NAMES[name], _dimension(splits)) for name, splits in trades.by.items())
    return Chart("dimensions", choices, label="by")


def shown_parts(splits: list[Split]) -> list[str]:
    """Return the parts that are worth a mark: what is not told apart only where there is some."""
    return [name for name in PARTS if name != "unsplit" or any(split.parts[name] for split in splits)]


def _dimension(splits: dict[str, Split]) -> Figure:
    labels = list(splits)
    bars: list[Figure] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": PART_NAMES[part],
            "y": labels,
            "x": [round(float(split.parts[part]), 2) for split in splits.values()],
            "marker": {"color": _PART_COLOURS[part]},
            "hovertemplate": "%{y}, " + PART_NAMES[part] + ": %{x:+,.2f} USD<extra></extra>",
        }
        for part in shown_parts(list(splits.values()))
    ]
    net: Figure = {
        "type": "scatter",
        "mode": "markers",
        "name": "net",
        "y": labels,
        "x": [round(float(split.net_usd), 2) for split in splits.values()],
        "marker": {"symbol": "diamond", "size": 10, "color": "$ink", "line": {"color": "$card", "width": 1}},
        "hovertemplate": "%{y}, net: %{x:+,.2f} USD<extra></extra>",
    }
    look = layout(
        130 + 30 * len(labels),
        barmode="relative",
        showlegend=True,
        xaxis=axis("USD", tickformat=",.0f"),
        yaxis=axis(type="category", autorange="reversed", dtick=1),
    )
    return {"data": [*bars, net], "layout": look}
