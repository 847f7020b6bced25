"""Pictures of the gate: the funnel, what each check blocked, and what blocking was worth."""

import math
from itertools import pairwise

from src.records.enums import HORIZONS_S
from src.report.figures import SERIES, Chart, Figure, axis, layout, rounded
from src.report.funnel import CheckCount, FunnelNumbers
from src.report.page_numbers import count, share
from src.report.performance import Estimate
from src.report.performance_outcomes import CalibrationNumbers, OutcomeNumbers

GROUP_NAMES = {
    "EXECUTED": "traded",
    "BLOCKED": "blocked",
    "NOT_FILLED": "passed, not filled",
    "EXPIRED": "not decided in time",
}
_MARKS = ("circle", "square", "diamond", "triangle-up")


def funnel_steps(funnel: FunnelNumbers) -> list[tuple[str, int]]:
    """Return how many came through each step, from market to money."""
    return [
        ("windows of the market", funnel.windows),
        ("windows with a price", funnel.priced),
        ("signals", funnel.signals),
        ("signals with a prediction", funnel.predictions),
        ("decisions of the gate", funnel.decisions),
        ("decisions to trade", funnel.passed),
        ("entry orders", funnel.orders.sent),
        ("entry orders that traded", funnel.orders.filled),
        ("trades closed", funnel.closed),
    ]


def funnel_shares(funnel: FunnelNumbers) -> list[str]:
    """Return what each step but the first is of the one before, in words; nothing of nothing."""
    steps = funnel_steps(funnel)
    words = [share(number, before) for (_, before), (_, number) in pairwise(steps)]
    if funnel.priced:
        words[1] = f"{funnel.signals / funnel.priced:.2f} a window"
    return words


def funnel_chart(funnel: FunnelNumbers) -> Chart:
    """Return the steps as bars on a logarithmic scale, each with its number and its share of the step before."""
    steps = funnel_steps(funnel)
    befores = ["", *funnel_shares(funnel)]
    bars: Figure = {
        "type": "bar",
        "orientation": "h",
        "y": [name for name, _ in steps],
        "x": [max(number, 0.5) for _, number in steps],
        "text": [
            f"{count(number)} ({kept})" if kept else count(number)
            for (_, number), kept in zip(steps, befores, strict=True)
        ],
        "textposition": "auto",
        "cliponaxis": False,
        "insidetextfont": {"color": "$card"},
        "marker": {"color": "$blue"},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    most = max(number for _, number in steps)
    look = layout(
        400,
        margin={"l": 8, "r": 100, "t": 16, "b": 8},
        xaxis=axis(
            "number, logarithmic scale",
            type="log",
            dtick=1,
            tickformat=",d",
            range=[-0.3, math.log10(max(most, 1)) + 0.1],
        ),
        yaxis=axis(autorange="reversed"),
    )
    return Chart("funnel", (("", {"data": [bars], "layout": look}),))


def checks_chart(checks: dict[str, CheckCount], decisions: int) -> Chart:
    """Return the share of decisions that each check blocked, at all and alone."""
    names = list(checks)
    data: list[Figure] = [
        _check_bars(names, [checks[name].blocked for name in names], decisions, "blocked", "$orange"),
        _check_bars(names, [checks[name].alone for name in names], decisions, "it alone blocked", "$blue"),
    ]
    look = layout(
        110 + 34 * len(names),
        barmode="group",
        showlegend=True,
        xaxis=axis("% of decisions", range=[0, 100]),
        yaxis=axis(autorange="reversed", dtick=1),
    )
    return Chart("checks", (("", {"data": data, "layout": look}),))


def outcomes_chart(outcomes: OutcomeNumbers) -> Chart:
    """Return what signals would have brought by horizon, traded and blocked apart, with intervals."""
    data: list[Figure] = []
    for place, (group, name) in enumerate(GROUP_NAMES.items()):
        estimates = outcomes.by_group.get(group)
        if estimates is not None:
            known = {label: estimates[label] for label in HORIZONS_S if estimates[label].mean is not None}
            data.append(_points(name, list(known), list(known.values()), place))
    if outcomes.traded.mean is not None:
        data.append(_points("what the trades brought", ["until the exit"], [outcomes.traded], 4))
    look = layout(
        400,
        scattermode="group",
        showlegend=True,
        xaxis=axis("after the signal", type="category", categoryarray=[*HORIZONS_S, "until the exit"]),
        yaxis=axis("mean net return, bps"),
    )
    return Chart("outcomes", (("", {"data": data, "layout": look}),))


def calibration_chart(calibration: CalibrationNumbers) -> Chart:
    """Return predicted against realised odds; honest odds lie on the diagonal."""
    groups = calibration.groups
    points = _points("groups", [group.predicted for group in groups], [group.realised for group in groups], 0)
    points |= {
        "text": [f"{count(group.realised.count)} signals" for group in groups],
        "hovertemplate": "predicted %{x:.1%}, won %{y:.1%}<br>%{text}<extra></extra>",
    }
    seen = [group.predicted for group in groups]
    ends = [min(seen, default=0.4) - 0.02, max(seen, default=0.6) + 0.02]
    diagonal: Figure = {
        "type": "scatter",
        "mode": "lines",
        "name": "what was promised",
        "x": ends,
        "y": ends,
        "line": {"color": "$grey", "dash": "dash", "width": 1.5},
        "hoverinfo": "skip",
    }
    look = layout(
        380, xaxis=axis("predicted to win", tickformat=".0%", range=ends), yaxis=axis("won", tickformat=".0%")
    )
    return Chart("calibration", (("", {"data": [diagonal, points], "layout": look}),))


def _check_bars(names: list[str], counts: list[int], decisions: int, name: str, colour: str) -> Figure:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": names,
        "x": rounded((100 * number / decisions for number in counts), 5),
        "text": [f"{count(number)} decisions" for number in counts],
        "textposition": "none",
        "marker": {"color": colour},
        "hovertemplate": "%{y}: " + name + " %{x:.2f} %, %{text}<extra></extra>",
    }


def _points(name: str, places: list[str] | list[float], estimates: list[Estimate], series: int) -> Figure:
    means = [estimate.mean or 0.0 for estimate in estimates]
    pairs = list(zip(estimates, means, strict=True))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": places,
        "y": rounded(means),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": rounded(None if e.high is None else e.high - mean for e, mean in pairs),
            "arrayminus": rounded(None if e.low is None else mean - e.low for e, mean in pairs),
            "color": SERIES[series][0],
        },
        "text": [f"{count(e.count)} signals in {count(e.blocks)} blocks" for e in estimates],
        "marker": {"color": SERIES[series][0], "size": 9, "symbol": _MARKS[series % len(_MARKS)]},
        "hovertemplate": "%{y:+.2f} bps after %{x}<br>%{text}<extra>" + name + "</extra>",
    }
