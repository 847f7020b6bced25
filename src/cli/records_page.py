"""``python -m src records-page``: docs/records.md, written from the records themselves."""

import ast
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from src.cli.exit_codes import ExitCode
from src.cli.options import project_root
from src.records.base import Document, Line, Record
from src.records.catalogue import FILES, FileEntry

HEAD = """# Records: what stands in each file

Made from `src/records/` by `make records`; do not edit.

A line of a `.jsonl` file begins with an envelope that its writer adds: `v` (version of the format), `seq` (one
more than the line before; a gap means loss), `time` (`ts` in ISO 8601, UTC), `w` (the writer), `boot` (which start of
the writer) and, in money files, `crc`. A document carries `v`, `time` and `w`. All `ts` are seconds since the epoch,
UTC, on the market's clock. What a power cut may take is named by durability: `money` loses nothing that was
acknowledged, `knowledge` at most a second, `telemetry` is rebuilt.
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
    parts = [HEAD, "## Files\n", "| file | written by | durability | records |", "| --- | --- | --- | --- |"]
    for entry in FILES:
        for record in entry.records:
            shown[record.__name__] = record
        parts.append(_file_row(entry))
    parts.append("\n## Records\n")
    parts.extend(_record(record) for record in _with_parts(shown).values())
    return "\n".join(parts)


def _file_row(entry: FileEntry) -> str:
    links = ", ".join(f"[{record.__name__}](#{record.__name__.lower()})" for record in entry.records)
    return f"| `{entry.path}` | {entry.writer} | {entry.durability} | {links} |"


def _with_parts(shown: dict[str, type[Record]]) -> dict[str, type[Record]]:
    """Return the records and every record that stands inside one of them."""
    found = dict(shown)
    waiting = list(shown.values())
    while waiting:
        module = sys.modules[waiting[0].__module__]
        words = {word for _, annotation, _ in _fields(waiting.pop(0)) for word in _words(annotation)}
        for word in sorted(words - set(found)):
            part = getattr(module, word, None)
            if inspect.isclass(part) and issubclass(part, Record):
                found[word] = part
                waiting.append(part)
    return found


def _record(record: type[Record]) -> str:
    config = record.__struct_config__
    tag = f" (`{config.tag_field}`: `{config.tag}`)" if config.tag is not None else ""
    rows = [
        f"### {record.__name__}\n",
        f"{inspect.getdoc(record)}{tag}\n",
        "| field | type | meaning |",
        "| --- | --- | --- |",
    ]
    for name, annotation, meaning in _fields(record):
        rows.append(
            f"| `{name}` | `{annotation.replace('|', chr(92) + '|')}` | {' '.join(meaning.split())} |"
        )
    return "\n".join(rows) + "\n"


def _fields(record: type[Record]) -> list[tuple[str, str, str]]:
    """Return (name, type, meaning) of each field, those of the bases first, read from the source."""
    found: dict[str, tuple[str, str, str]] = {}
    for owner in reversed(record.__mro__):
        if owner in {Line, Document} or (inspect.isclass(owner) and issubclass(owner, Record)):
            found.update(_own_fields(sys.modules[owner.__module__], owner.__name__))
    names = dict(zip(record.__struct_fields__, record.__struct_encode_fields__, strict=True))
    return [(names[name], annotation, meaning) for name, annotation, meaning in found.values()]


def _own_fields(module: ModuleType, name: str) -> dict[str, tuple[str, str, str]]:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    fields: dict[str, tuple[str, str, str]] = {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            fields[node.target.id] = (node.target.id, ast.unparse(node.annotation), _meaning(after))
    return fields


def _meaning(node: ast.stmt | None) -> str:
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return node.value.value
    return ""


def _words(annotation: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(annotation)) if isinstance(node, ast.Name)}
