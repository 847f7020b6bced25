"""The report in a real browser, without any network: it draws, and nothing complains."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from src.report.page import page
from src.report.run_report import read_run
from src.report.run_report_reading import Span
from tests.report_fakes import MadeUpRun, a_run

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PICTURES = (
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
SETTLED_MS = 5000
"""Virtual time that the page is given, and the longest it may take."""

pytestmark = pytest.mark.process


def browser() -> str | None:
    """Return a browser that can be started without a screen, or None."""
    named = os.environ.get("TRADING_BOT_BROWSER")
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


@dataclass(frozen=True)
class Seen:
    """What the browser made of a page."""

    dom: str
    complaints: list[str]


def opened(path: Path, folder: Path, *flags: str) -> Seen:
    """Open a page without network; return what it became, and what was said on the console."""
    program = browser()
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed, TRADING_BOT_BROWSER names none")
    done = subprocess.run(
        [
            program,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={folder / 'browser'}",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--proxy-server=127.0.0.1:1",
            "--enable-logging=stderr",
            f"--virtual-time-budget={SETTLED_MS}",
            "--timeout=60000",
            *flags,
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return Seen(done.stdout, re.findall(r"CONSOLE.*", done.stderr))


def report_page(root: Path, run: MadeUpRun) -> Path:
    """Write the page of a made-up run."""
    home = a_run(root / "home", run)
    path = root / "page.html"
    path.write_bytes(page(read_run(home, span=Span(), progress=lambda *_: None)))
    return path


@pytest.fixture(scope="module")
def a_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if browser() is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed, TRADING_BOT_BROWSER names none")
    return report_page(tmp_path_factory.mktemp("report"), MadeUpRun(days=1.5))


@pytest.mark.parametrize(
    "flags",
    [
        ("--window-size=1280,900",),
        ("--window-size=400,800",),
        ("--window-size=1280,900", "--blink-settings=preferredColorScheme=0"),
    ],
    ids=["laptop", "phone", "dark"],
)
def test_every_picture_is_drawn_and_nothing_complains(
    a_page: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    seen = opened(a_page, tmp_path, *flags)
    assert seen.complaints == []
    for name in PICTURES:
        mark = f'class="chart js-plotly-plot" id="chart-{name}"'
        assert mark in seen.dom
        drawn = re.split(r'id="chart-|</section>', seen.dom.partition(mark)[2])[0]
        assert 'class="main-svg"' in drawn
        assert re.search(r'<path class="(js-line|point|fills)|<g class="(trace|point)', drawn)
    assert "$ink" not in seen.dom[: seen.dom.index('<script type="application/json"')]


def test_page_without_a_trade_draws_what_there_is(tmp_path: Path) -> None:
    path = report_page(tmp_path, MadeUpRun(days=0.5, passed_share=0.0, learning=False))
    seen = opened(path, tmp_path)
    assert seen.complaints == []
    assert seen.dom.count("js-plotly-plot") >= 5
    assert 'class="empty"' in seen.dom


def test_a_page_that_complains_would_be_noticed(tmp_path: Path) -> None:
    path = tmp_path / "broken.html"
    path.write_text("<script>Nothing.here()</script>", encoding="utf-8")
    assert any("Nothing is not defined" in said for said in opened(path, tmp_path).complaints)
