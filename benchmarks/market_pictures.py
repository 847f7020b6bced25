"""``python -m benchmarks.market_pictures [FOLDER]``: draw a day of the synthetic market.

Writes the pictures ``market_prices`` and ``market_flow``; pages instead of them where no Chromium is installed.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from benchmarks.facts import START, SYMBOLS, recorded_minutes, synthetic_day
from benchmarks.market_facts import Day, autocorrelation, premium, response_bps
from benchmarks.market_watch import Floats, Seconds
from src.exchange.simulator.markets.windows import SyntheticWindows
from tests.simulator_market_fakes import TEN
from tests.window_market_fakes import Lines, builder

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1120, 760
INK, BLUE, ORANGE, GREY, RED = "#1f2430", "#2f6fde", "#e07b39", "#9aa3b2", "#c43c3c"
HORIZONS = (1, 5, 15, 30, 60)
EDGE_DAYS = 14
LAGS = np.arange(3.0, 123.0, 5.0)
HOURS = np.arange(0, 86_400, 60) / 3600


def draw(folder: Path) -> None:
    """Write both pages and their pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    day, recorded = synthetic_day(1), recorded_minutes()
    _save(folder, "market_prices", _prices(day, recorded))
    _save(folder, "market_flow", _flow(day))


def _prices(day: Day, recorded: Day | None) -> go.Figure:
    figure = make_subplots(
        rows=2,
        cols=2,
        vertical_spacing=0.17,
        subplot_titles=(
            "A day's prices, log return since midnight in %",
            "Minute returns, against the normal distribution of the same width",
            "Autocorrelation of minute returns and of their size, means of five lags",
            "Mid after a trade, in the taker's direction, bps",
        ),
    )
    for (symbol, seconds), colour in zip(day.items(), (BLUE, ORANGE), strict=True):
        path = 100 * np.log(seconds.mid[::60] / seconds.mid[0])
        _line(figure, HOURS, path, name=symbol, colour=colour, place=(1, 1))
        _line(figure, *_density(seconds.returns(60)), name=symbol, colour=colour, place=(1, 2), shown=False)
    away = np.linspace(-8, 8, 81)
    normal = np.exp(-(away**2) / 2) / np.sqrt(2 * np.pi)
    _line(figure, away, normal, name="normal", colour=GREY, place=(1, 2), dash="dot")
    for name, sizes, colour in (("of the size", True, BLUE), ("of the return", False, GREY)):
        series = [np.abs(s.returns(60)) if sizes else s.returns(60) for s in day.values()]
        _line(figure, LAGS, _correlogram(series), name=name, colour=colour, place=(2, 1))
    after = np.array([0.0, 1, 2, 5, 10, 20, 30, 45, 60])
    _line(figure, after, _responses(day, after), name="synthetic", colour=BLUE, place=(2, 2))
    if recorded is not None:
        _line(
            figure,
            after,
            _responses(recorded, after),
            name="recording",
            colour=INK,
            place=(2, 2),
            dash="dash",
        )
    figure.update_yaxes(type="log", range=[-4.2, 0], dtick=1, row=1, col=2)
    figure.update_yaxes(rangemode="tozero", row=2, col=2)
    for place, title in (
        ((1, 1), "hours"),
        ((1, 2), "standard deviations"),
        ((2, 1), "minutes"),
        ((2, 2), "s"),
    ):
        figure.update_xaxes(title_text=title, row=place[0], col=place[1])
    return figure


def _flow(day: Day) -> go.Figure:
    figure = make_subplots(
        rows=2,
        cols=2,
        vertical_spacing=0.17,
        subplot_titles=(
            "Correlation of a minute's order flow with returns before and after",
            "After strong order flow (|z| > 1.5), bps in its direction",
            "Premium of the mark (line) and eight times the funding rate (steps), bps",
            "Open interest since midnight in %, and forced trades a minute",
        ),
        specs=[[{}, {}], [{}, {"secondary_y": True}]],
    )
    leader = day[SYMBOLS[0]]
    lags = np.arange(-5, 11)
    correlations = np.mean([[_flow_lagged(s, int(lag)) for lag in lags] for s in day.values()], axis=0)
    figure.add_trace(go.Bar(x=lags, y=correlations, marker_color=BLUE, showlegend=False), row=1, col=1)
    for edge, colour in ((True, BLUE), (False, GREY)):
        name = "edge planted" if edge else "no edge"
        means, errors = _gains(edge=edge)
        bars = {"type": "data", "array": errors}
        trace = go.Scatter(x=HORIZONS, y=means, error_y=bars, name=name, line={"color": colour})
        figure.add_trace(trace, row=1, col=2)
    _line(figure, HOURS, premium(leader)[::60], name="premium", colour=GREY, place=(2, 1))
    rate = 8e4 * leader.funding_rate[::60] / leader.index[::60]
    _line(figure, HOURS, rate, name="8 x funding", colour=RED, place=(2, 1))
    grown = 100 * (leader.open_interest[::60] / leader.open_interest[0] - 1)
    _line(figure, HOURS, grown, name="open interest", colour=BLUE, place=(2, 2))
    forced = leader.liquidations.reshape(-1, 60).sum(axis=1)
    figure.update_yaxes(showgrid=False, tickformat="d", row=2, col=2, secondary_y=True)
    bars_forced = go.Bar(x=HOURS, y=forced, name="forced trades", marker_color=RED, width=0.08)
    figure.add_trace(bars_forced, row=2, col=2, secondary_y=True)
    for place, title in (
        ((1, 1), "minutes later"),
        ((1, 2), "minutes held"),
        ((2, 1), "hours"),
        ((2, 2), "hours"),
    ):
        figure.update_xaxes(title_text=title, row=place[0], col=place[1])
    return figure


def _correlogram(series: list[Floats]) -> Floats:
    """Return mean autocorrelations around each of ``LAGS``."""
    near = [[autocorrelation(one, int(lag) + by) for one in series for by in range(-2, 3)] for lag in LAGS]
    means: Floats = np.array(near).mean(axis=1)
    return means


def _density(returns: Floats) -> tuple[Floats, Floats]:
    """Return the density of returns in standard deviations, at the middles of its bins."""
    heights, edges = np.histogram(returns / returns.std(), bins=np.linspace(-8, 8, 41), density=True)
    seen = heights > 0
    middles: Floats = (edges[1:] + edges[:-1])[seen] / 2
    return middles, heights[seen]


def _responses(day: Day, after: Floats) -> Floats:
    return np.array([np.mean([response_bps(s, int(a)) for s in day.values()]) for a in after])


def _flow_lagged(seconds: Seconds, lag: int) -> float:
    moved, flow = seconds.returns(60), seconds.summed(seconds.flow, 60)
    first, second = (flow[: len(flow) - lag], moved[lag:]) if lag >= 0 else (flow[-lag:], moved[:lag])
    return float(np.corrcoef(first, second)[0, 1])


def _gains(*, edge: bool) -> tuple[list[float], list[float]]:
    """Return the mean move after strong flow by horizon, and its standard error by blocks of four hours."""
    market = SyntheticWindows(TEN, seed=1, start=START, window_s=60.0, edge=edge)
    lines = Lines()
    made = builder(TEN, lines)
    market.begin(START)
    for minute in range(1, EDGE_DAYS * 1440 + 1):
        made.on_windows(START + 60.0 * minute, market.close(START + 60.0 * minute))
    shape = (-1, len(TEN))
    mids = np.log(np.array([line.mid or np.nan for line in lines.records]).reshape(shape))
    flow = np.array([np.nan if line.ofi_z is None else line.ofi_z for line in lines.records]).reshape(shape)
    means, errors = [], []
    for horizon in HORIZONS:
        moved = 1e4 * (mids[horizon:] - mids[:-horizon]) * np.sign(flow[:-horizon])
        moved[~(np.abs(flow[:-horizon]) > 1.5)] = np.nan
        whole = moved[: len(moved) // 240 * 240].reshape(-1, 240 * len(TEN))
        away = np.nansum(whole - np.nanmean(moved), axis=1)
        means.append(float(np.nanmean(moved)))
        errors.append(float(np.sqrt((away**2).sum()) / np.isfinite(whole).sum()))
    return means, errors


def _line(
    figure: go.Figure,
    x: Floats,
    y: Floats,
    *,
    name: str,
    colour: str,
    place: tuple[int, int],
    shown: bool = True,
    dash: str = "solid",
) -> None:
    line = {"color": colour, "width": 1.6, "dash": dash}
    trace = go.Scatter(x=x, y=y, name=name, line=line, mode="lines", showlegend=shown)
    figure.add_trace(trace, row=place[0], col=place[1])


def _save(folder: Path, name: str, figure: go.Figure) -> None:
    figure.update_layout(
        template="plotly_white",
        width=WIDTH,
        height=HEIGHT,
        margin={"l": 50, "r": 50, "t": 40, "b": 70},
        font={"color": INK, "size": 12},
        legend={"orientation": "h", "y": -0.1},
    )
    figure.update_annotations(font_size=13)
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / f"{name}.html"
        figure.write_html(page, include_plotlyjs=True, config={"staticPlot": True})
        browser = next((found for each in BROWSERS if (found := shutil.which(each))), None)
        if browser is None:
            shutil.copy(page, folder / page.name)
            print(f"{folder / page.name}: no Chromium is installed to make a picture of it")
            return
        picture = (folder / f"{name}.png").resolve()
        flags = (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--virtual-time-budget=5000",
        )
        window = (f"--window-size={WIDTH + 16},{HEIGHT + 16}", f"--user-data-dir={scratch}/browser")
        subprocess.run(
            [browser, *flags, *window, f"--screenshot={picture}", page.as_uri()],
            check=True,
            capture_output=True,
            timeout=120,
        )
        print(f"{picture}: {picture.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    draw(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))
