"""The page and its figures."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from plotly.graph_objects import Figure

from src.report.figures import Chart
from src.report.page import page
from src.report.page_html import table
from src.report.page_numbers import bps, duration, interval, percent, share, usd, when
from src.report.run_report import RunReport, read_run
from src.report.run_report_reading import Span
from src.store.home import prepare_home
from tests.record_fakes import ROOT
from tests.report_fakes import MadeUpRun, a_home, a_run

SECTIONS = (
    "equity",
    "profit",
    "trades",
    "funnel",
    "checks",
    "outcomes",
    "calibration",
    "learning",
    "sources",
)


def report_of(root: Path, run: MadeUpRun | None = None) -> RunReport:
    home = a_home(root) if run is None else a_run(root, run)
    return read_run(home, span=Span(), progress=lambda *_: None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(report_of(tmp_path_factory.mktemp("page"), MadeUpRun(days=2.0))).decode()


def charts_of(content: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/json" id="charts">(.*?)</script>', content, re.DOTALL)
    assert found is not None
    return json.loads(found[1])  # type: ignore[no-any-return] # a list of charts


def text_of(content: str) -> str:
    body = content[content.index("<main>") : content.index("</main>")]
    return re.sub(r"<[^>]+>", " ", body)


def painted(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: painted(part) for key, part in value.items()}
    if isinstance(value, list):
        return [painted(part) for part in value]
    return "black" if isinstance(value, str) and re.fullmatch(r"\$[a-z]+", value) else value


def test_page_has_every_section_and_a_place_for_every_chart(whole: str) -> None:
    for name in SECTIONS:
        assert f'<section id="{name}">' in whole
    charts = charts_of(whole)
    assert {chart["name"] for chart in charts} == {
        *(
            "equity",
            "parts",
            "dimensions",
            "trades",
            "funnel",
            "checks",
            "outcomes",
            "calibration",
            "learning",
        )
    }
    for chart in charts:
        assert f'id="chart-{chart["name"]}"' in whole
        assert (f'id="choice-{chart["name"]}"' in whole) == (len(chart["figures"]) > 1)


def test_every_figure_is_one_that_plotly_takes(whole: str) -> None:
    for chart in charts_of(whole):
        for figure in chart["figures"]:
            assert figure["layout"]["height"] > 100
            Figure(painted(figure))
            assert all(trace.get("x") for trace in figure["data"])


def test_colours_are_those_that_the_style_defines_in_both_looks(whole: str) -> None:
    used = set(re.findall(r"'\$([a-z]+)'", str(charts_of(whole))))
    assert "ink" in used
    light, dark = re.findall(r":root \{(.*?)\}", whole, re.DOTALL)
    for look in (light, dark):
        assert used <= set(re.findall(r"--([a-z]+):", look))


def test_page_needs_nothing_from_anywhere(whole: str) -> None:
    ours = whole.replace(whole[whole.index("<script>") : whole.rindex("<script>")], "")
    assert "http" not in ours.replace("http-equiv", "")
    assert "src=" not in ours
    assert "default-src 'none'" in ours
    assert len(whole) < 6_000_000


def test_same_records_make_the_same_bytes(tmp_path: Path) -> None:
    first, second = (page(report_of(tmp_path / name / "home", MadeUpRun(days=0.5))) for name in ("a", "b"))
    assert first == second


def test_numbers_of_the_head_stand_in_the_page(tmp_path: Path) -> None:
    report = report_of(tmp_path, MadeUpRun(days=2.0))
    text = text_of(page(report).decode())
    mean = report.trades.mean_bps
    for wanted in (
        "synthetic",
        "2 symbols",
        usd(report.trades.total.net_usd),
        bps(mean.mean),
        interval(mean.low, mean.high),
        f"{report.funnel.signals:,}",
        "5 bps taker fee and 2 bps slippage, each way: 14 bps a round trip",
        "What is not in this number",
        "A real market",
    ):
        assert wanted in text


def test_nothing_to_show_is_told_in_words_and_never_drawn(tmp_path: Path) -> None:
    content = page(report_of(tmp_path)).decode()
    assert charts_of(content) == []
    assert content.count('class="empty"') == len(SECTIONS) - 1
    assert "No window of the market is recorded here." in text_of(content)


def test_run_without_a_trade_says_which_check_blocked_most(tmp_path: Path) -> None:
    content = page(report_of(tmp_path, MadeUpRun(days=0.5, passed_share=0.0, learning=False))).decode()
    names = {chart["name"] for chart in charts_of(content)}
    assert names == {"equity", "funnel", "checks", "outcomes", "calibration"}
    text = text_of(content)
    assert text.count("Most were blocked by “fees”") >= 3
    assert "No learning cycle has run" in text


def test_words_from_outside_cannot_become_code(tmp_path: Path) -> None:
    root = tmp_path / "<script>alert(1)</script>"
    home = prepare_home(root, ROOT / "configs")
    content = page(read_run(home, span=Span(), progress=lambda *_: None)).decode()
    assert "<script>alert" not in content
    assert "&lt;script&gt;" not in table((), ())
    assert "&lt;b&gt;" in table(("<b>",), [("<b>",)])


def test_chart_of_one_choice_needs_no_menu() -> None:
    assert Chart("x", (("", {"data": [], "layout": {"height": 5}}),)).height_px == 5


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (usd(-1234.5), "~1,234.50 USD"),
        (usd(1234.5, signed=False), "1,234.50 USD"),
        (usd(-0.001), "0.00 USD"),
        (usd(None), "_"),
        (bps(3.14159), "+3.1 bps"),
        (percent(0.1234), "12.3 %"),
        (share(1, 0), "_"),
        (share(1, 8), "12.5 %"),
        (interval(-1.0, 2.0), "~1.0 to +2.0 bps"),
        (interval(None, 2.0), "_"),
        (when(None), "_"),
        (when(0.0), "1970-01-01 00:00 UTC"),
        (duration(90061.0), "1 d 1 h"),
        (duration(86460.0), "1 d 1 min"),
        (duration(0.0), "0 s"),
        (duration(None), "_"),
    ],
)
def test_numbers_are_written_with_sign_and_unit(text: str, wanted: str) -> None:
    assert text == wanted.replace("_", "\N{EN DASH}").replace("~", "\N{MINUS SIGN}")
