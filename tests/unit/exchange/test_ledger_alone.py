"""The ledger and the paper exchange are each other's witness: what they share can compute nothing."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]


def imports(path: Path) -> set[str]:
    """Return the modules of ours that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("src.") and file_of(name) is not None}


def file_of(module: str) -> Path | None:
    base = ROOT / Path(*module.split("."))
    files = (base.with_suffix(".py"), base / "__init__.py")
    return next((file for file in files if file.exists()), None)


def closure(package: str) -> set[str]:
    """Return every module of ours that a package's modules import, over all steps, and themselves."""
    folder = ROOT / Path(*package.split("."))
    due = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in folder.rglob("*.py")]
    seen: set[str] = set()
    while due:
        module = due.pop()
        path = file_of(module)
        if module not in seen and path is not None:
            seen.add(module)
            due += imports(path)
    return seen


def test_ledger_and_paper_exchange_share_vocabulary_alone() -> None:
    ledger, exchange = closure("src.ledger"), closure("src.exchange.simulator")
    assert {"src.ledger.book", "src.records.ledger"} <= ledger
    assert "src.exchange.simulator.account" in exchange
    shared = {module for module in ledger & exchange if file_of(module) != file_of(module.rpartition(".")[0])}
    assert shared - {"src.records"} <= {"src.records.base", "src.records.enums"}


def test_ledger_imports_records_alone() -> None:
    assert all(module.startswith(("src.ledger", "src.records")) for module in closure("src.ledger"))
