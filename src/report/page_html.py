"""Pieces of HTML: every word from outside is escaped here, and nowhere else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from src.report.figures import Chart


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page."""

    name: str
    """Its anchor."""
    title: str
    body: str
    """HTML."""
    charts: tuple[Chart, ...] = ()


def paragraph(text: str, *, style: str = "") -> str:
    """Return a paragraph of plain words."""
    look = f' class="{escape(style)}"' if style else ""
    return f"<p{look}>{escape(text)}</p>"


def title(text: str) -> str:
    """Return the title of the page."""
    return f"<h1>{escape(text)}</h1>"


def title_of(text: str) -> str:
    """Return words that stand where the caller has made their place."""
    return escape(text)


def link(target: str, text: str) -> str:
    """Return a link to a part of the page."""
    return f'<a href="{escape(target)}">{escape(text)}</a> '


def heading(text: str) -> str:
    """Return the title of a part of a section."""
    return f"<h3>{escape(text)}</h3>"


def empty(text: str) -> str:
    """Return why there is nothing to see."""
    return paragraph(text, style="empty")


def bullets(texts: Iterable[str]) -> str:
    """Return a list."""
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, words: Sequence[int] = (), sums: bool = False
) -> str:
    """Return a table of texts; ``words`` are columns to be read, and with ``sums`` the last row is a total."""
    lines = [
        "".join(
            f'<td class="words">{escape(cell)}</td>' if place in words else f"<td>{escape(cell)}</td>"
            for place, cell in enumerate(row)
        )
        for row in rows
    ]
    marks = ["<tr>"] * len(lines)
    if sums and lines:
        marks[-1] = '<tr class="sum">'
    body = "".join(f"{mark}{line}</tr>" for mark, line in zip(marks, lines, strict=True))
    titles = "".join(
        f'<th class="words">{escape(title)}</th>' if place in words else f"<th>{escape(title)}</th>"
        for place, title in enumerate(head)
    )
    return f'<div class="scroll"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def folded(title: str, html: str) -> str:
    """Return what opens at a touch."""
    return f"<details><summary>{escape(title)}</summary>{html}</details>"


def place(chart: Chart, *, says: str) -> str:
    """Return the place of a chart, with the choice of what it shows; ``says`` is for those who cannot see it."""
    picture = (
        f'<div class="chart" id="chart-{chart.name}" role="img" aria-label="{escape(says)}"'
        f' style="height:{chart.height_px}px"></div>'
    )
    if len(chart.choices) < 2:
        return picture
    options = "".join(
        f'<option value="{number}">{escape(name)}</option>' for number, (name, _) in enumerate(chart.choices)
    )
    label = escape(chart.label)
    return f'<label>{label}<select id="choice-{chart.name}">{options}</select></label>{picture}'


def per_choice(chart: Chart, tables: Sequence[str]) -> str:
    """Return tables of which the one is shown that belongs to what the reader chose."""
    return "".join(
        f'<div data-chart="{chart.name}" data-choice="{number}"{" hidden" if number else ""}>{html}</div>'
        for number, html in enumerate(tables)
    )


def cards(facts: Iterable[tuple[str, str, str]]) -> str:
    """Return numbers to see at once: what it is, the number, and a word about it."""
    inner = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(number)}<small>{escape(word)}</small></dd></div>"
        for name, number, word in facts
    )
    return f'<dl class="cards">{inner}</dl>'
