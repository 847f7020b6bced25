"""``python -m src records-page``: docs/records.md, written from the records themselves."""

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Annotated, get_type_hints

import typer

from src.cli.exit_codes import ExitCode
from src.cli.options import project_root
from src.cli.type_words import parts, words
from src.records.base import Record
from src.records.catalogue import FILES, FileEntry

HEAD = """# Records: what stands in each file

Made from `src/records/` by `make records`; do not edit.

A line of a `.jsonl` file begins with an envelope that its writer adds: `v` (version of the format), `seq` (one
more than the line before; a gap means loss), `time` (`ts` in ISO 8601, UTC), `w` (the writer), `boot` (which start of
the writer) and, in money files, `crc`. The first line of each of its segments is about the segment itself
(`control`). A document carries `v`, `time` and `w`. All `ts` are seconds since the epoch, UTC, on the market's clock,
unless a field says otherwise. What a power cut may take is named by durability: `money` loses nothing that was
acknowledged, `knowledge` at most a second, `telemetry` is rebuilt.

Beside these stand, and are not listed: older segments (`<file>.000001` and on; of the tape compressed, `.gz`), a
document as it was before its last change (`<file>.bak`), locks (`<file>.wlock`, `run/*.lock`), saved read positions
(`run/positions/<reader>.<file>.json`), the page of heartbeats (`run/heartbeats`), and `quarantine/`.
"""


def records_page(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the page is up to date.")] = False,
) -> None:
    """Write docs/records.md from the records, or check that it is up to date (exit 1 if not)."""
    path = project_root() / "docs" / "records.md"
    text = page()
    if not check:
        path.write_text(text, encoding="utf-8")
        return
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        typer.echo(f"{path} is out of date: run make records", err=True)
        raise typer.Exit(ExitCode.FAULTS_FOUND)


def page() -> str:
    """Return the whole page as Markdown."""
    shown: dict[str, type[Record]] = {}
    lines = [HEAD, "## Files\n", "| file | written by | durability | records |", "| --- | --- | --- | --- |"]
    for entry in FILES:
        for record in entry.records:
            shown[record.__name__] = record
        lines.append(_file_row(entry))
    lines.append("\n## Records\n")
    lines.extend(_record(record) for record in _with_parts(shown).values())
    return "\n".join(lines)


def _file_row(entry: FileEntry) -> str:
    links = ", ".join(f"[{record.__name__}](#{record.__name__.lower()})" for record in entry.records)
    return f"| `{entry.path}` | {entry.writer} | {entry.durability} | {links} |"


def _with_parts(shown: dict[str, type[Record]]) -> dict[str, type[Record]]:
    """Return the records and every record that stands inside one of them."""
    found = dict(shown)
    waiting = list(shown.values())
    while waiting:
        for hint in get_type_hints(waiting.pop(0), include_extras=True).values():
            for part in parts(hint):
                if part.__name__ not in found:
                    found[part.__name__] = part
                    waiting.append(part)
    return found


def _record(record: type[Record]) -> str:
    rows = [f"### {record.__name__}\n", f"{inspect.getdoc(record)}{_told_apart_by(record)}\n"]
    rows += ["| field | type | meaning |", "| --- | --- | --- |"]
    hints = get_type_hints(record, include_extras=True)
    for name, shown in zip(record.__struct_fields__, record.__struct_encode_fields__, strict=True):
        rows.append(f"| `{shown}` | {_in_cell(words(hints[name]))} | {_in_cell(_meaning(record, name))} |")
    return "\n".join(rows) + "\n"


def _told_apart_by(record: type[Record]) -> str:
    config = record.__struct_config__
    return "" if config.tag is None else f'\n\nIts lines say `"{config.tag_field}": "{config.tag}"`.'


def _in_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _meaning(record: type[Record], field: str) -> str:
    """Return what the source says under a field, in the class that declares it."""
    owner = next(base for base in record.__mro__ if field in vars(base).get("__annotations__", {}))
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    declared = tree.body[0]
    if not isinstance(declared, ast.ClassDef):
        raise TypeError(f"{owner.__name__} is no class")
    for node, after in pairwise([*declared.body, ast.Pass()]):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == field:
            return _docstring(after)
    raise LookupError(f"{owner.__name__}.{field}")


def _docstring(node: ast.stmt) -> str:
    value = node.value if isinstance(node, ast.Expr) else None
    text = value.value if isinstance(value, ast.Constant) else None
    return text if isinstance(text, str) else ""
