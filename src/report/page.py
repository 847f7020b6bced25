"""One page of HTML that needs nothing else: numbers, words, pictures, and the library that draws them."""

from pathlib import Path

import orjson
from plotly.offline import get_plotlyjs

from src.report.figures import Chart
from src.report.page_gate import calibration_section, checks_section, funnel_section, outcomes_section
from src.report.page_head import head
from src.report.page_html import Section, link, title_of
from src.report.page_learning import learning_section, sources_section
from src.report.page_money import equity_section, split_section, trades_section
from src.report.run_report import RunReport

_SECTIONS = (
    equity_section,
    split_section,
    trades_section,
    funnel_section,
    checks_section,
    outcomes_section,
    calibration_section,
    learning_section,
    sources_section,
)
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:;"
    " font-src data:"
)
"""What the browser lets the page do: nothing over the network."""


def page(report: RunReport) -> bytes:
    """Return a report as a page; the same numbers make the same bytes."""
    sections = [make(report) for make in _SECTIONS]
    charts = [chart for section in sections for chart in section.charts]
    links = "".join(link(f"#{section.name}", section.title) for section in sections)
    body = f"{head(report)}<nav>{links}</nav>{''.join(_section(section) for section in sections)}"
    parts = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{title_of(f'Run report: {report.facts.home}')}</title>",
        f"<style>{_asset('page.css')}</style></head>\n<body><main>{body}</main>\n",
        f'<script type="application/json" id="charts">{_json(charts)}</script>\n',
        f"<script>{get_plotlyjs()}</script>\n<script>{_asset('page.js')}</script>\n</body></html>\n",
    )
    return "".join(parts).encode()


def _section(section: Section) -> str:
    return f'<section id="{section.name}"><h2>{title_of(section.title)}</h2>{section.body}</section>\n'


def _json(charts: list[Chart]) -> str:
    """Return the figures as JSON in which no text can end the script that holds it."""
    plain = [{"name": chart.name, "figures": [figure for _, figure in chart.choices]} for chart in charts]
    return orjson.dumps(plain).decode().replace("<", "\\u003c")


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
