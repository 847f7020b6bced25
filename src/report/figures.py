"""What every figure has in common: plain plotly dictionaries, with colours by name.

A colour is written ``$name``; the page puts in the one of the light or the dark look. The palette is that of Okabe
and Ito, told apart by people who are colour-blind; gain and loss are blue and orange, never green and red.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Figure = dict[str, Any]
"""``data`` and ``layout`` as plotly.js takes them."""

SERIES: tuple[tuple[str, str], ...] = tuple(
    (colour, dash)
    for dash in ("solid", "dot", "dash")
    for colour in ("$blue", "$orange", "$green", "$purple", "$sky")
)
"""Colour and dash of one line among several."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, or several of the same kind among which the reader chooses."""

    name: str
    """Its place in the page; letters and hyphens."""
    choices: tuple[tuple[str, Figure], ...]
    """What the reader may choose, with its figure; a single one needs no choice."""
    label: str = ""
    """What is chosen."""

    @property
    def height_px(self) -> int:
        """Return how high the first one is."""
        return int(self.choices[0][1]["layout"]["height"])


def layout(height: int, **extra: Any) -> dict[str, Any]:  # noqa: ANN401 - what plotly takes
    """Return the look of every figure, so many pixels high, with what one figure wants besides."""
    return {
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "$ink", "family": "system-ui, sans-serif", "size": 13},
        "margin": {"l": 8, "r": 24, "t": 16, "b": 8},
        "hoverlabel": {"bgcolor": "$card", "bordercolor": "$line", "font": {"color": "$ink"}},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "showlegend": False,
        "bargap": 0.35,
        **extra,
    }


def axis(title: str = "", **extra: Any) -> dict[str, Any]:  # noqa: ANN401 - what plotly takes
    """Return an axis that makes room for its own words."""
    return {
        "title": {"text": title, "standoff": 8},
        "automargin": True,
        "gridcolor": "$grid",
        "linecolor": "$line",
        "zerolinecolor": "$line",
        **extra,
    }


def time_axis(**extra: Any) -> dict[str, Any]:  # noqa: ANN401 - what plotly takes
    """Return an axis of market time, UTC; its values are milliseconds since the epoch."""
    return axis(type="date", hoverformat="%Y-%m-%d %H:%M:%S", **extra)


def ms(ts: float) -> int:
    """Return a moment as the time axis takes it."""
    return round(ts * 1000)


def rounded(values: Iterable[float | None], digits: int = 6) -> list[float | None]:
    """Return values with so many significant digits: nobody sees more, and the page stays small."""
    return [None if value is None else float(f"{value:.{digits}g}") for value in values]
