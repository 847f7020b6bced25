"""Pictures of what learning changed, on the axis of time."""

from collections.abc import Iterable
from itertools import cycle

from src.records.learning import LearningAudit
from src.report.figures import SERIES, Chart, Figure, axis, layout, ms, time_axis
from src.report.run_report_reading import Span

WEIGHTS = "weights"
"""The target of the lines that tell of all components' weights at once."""

Steps = list[tuple[float, float]]
"""Moments and the values from then on."""


def learning_chart(changes: Iterable[LearningAudit], span: Span) -> Chart:
    """Return policies and weights as steps from change to change, over the whole span."""
    lines = list(changes)
    series = {"policies": policy_steps(lines, span), "weights of the components": weight_steps(lines, span)}
    choices = tuple((name, _steps(steps, span)) for name, steps in series.items() if steps)
    return Chart("learning", choices, label="show")


def policy_steps(changes: Iterable[LearningAudit], span: Span) -> dict[str, Steps]:
    """Return the values of each policy that was changed, from the first old one on."""
    steps: dict[str, Steps] = {}
    for change in changes:
        if change.target == WEIGHTS or not isinstance(change.new, int | float):
            continue
        known = steps.setdefault(change.target, [])
        if not known and isinstance(change.old, int | float):
            known.append((span.since_ts, float(change.old)))
        known.append((change.ts, float(change.new)))
    return dict(sorted(steps.items()))


def weight_steps(changes: Iterable[LearningAudit], span: Span) -> dict[str, Steps]:
    """Return the weight of each component, from the first old one on."""
    steps: dict[str, Steps] = {}
    for change in changes:
        if change.target != WEIGHTS or not isinstance(change.new, dict):
            continue
        if not steps and isinstance(change.old, dict):
            _append(steps, span.since_ts, change.old)
        _append(steps, change.ts, change.new)
    return steps


def _append(steps: dict[str, Steps], ts: float, weights: dict[object, object]) -> None:
    for name, weight in weights.items():
        if isinstance(weight, int | float):
            steps.setdefault(str(name), []).append((ts, float(weight)))


def _steps(steps: dict[str, Steps], span: Span) -> Figure:
    data: list[Figure] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": [*(ms(ts) for ts, _ in known), ms(max(span.until_ts, known[-1][0]))],
            "y": [round(value, 5) for value in (*(value for _, value in known), known[-1][1])],
            "line": {"shape": "hv", "color": colour, "dash": dash, "width": 2},
            "marker": {"size": 5},
            "hovertemplate": "%{y:.4g}<extra>" + name + "</extra>",
        }
        for (name, known), (colour, dash) in zip(steps.items(), cycle(SERIES), strict=False)
    ]
    return {"data": data, "layout": layout(440, xaxis=time_axis(), yaxis=axis("value"), showlegend=True)}
