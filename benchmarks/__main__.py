"""``python -m benchmarks [NAME ...]``: run the named benchmarks, or all, one after the other."""

import importlib
import pkgutil
import sys
import time
from pathlib import Path
from types import ModuleType

from rich.console import Console


def main(wanted: list[str]) -> int:
    """Run benchmarks and show how far it is; exit 2 for a name that is none."""
    console = Console()
    modules = _benchmarks()
    unknown = sorted(set(wanted) - modules.keys())
    if unknown:
        console.print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(modules)}")
        return 2
    names = wanted or list(modules)
    for number, name in enumerate(names, start=1):
        console.print(f"[dim]{number} of {len(names)}: {name} ...[/dim]")
        began = time.perf_counter()
        modules[name].main()
        console.print(f"[dim]{name} took {time.perf_counter() - began:.0f} s[/dim]\n")
    return 0


def _benchmarks() -> dict[str, ModuleType]:
    """Return every module of this folder that measures something: the short ones first, the daemon last."""
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    found = {
        name: importlib.import_module(f"benchmarks.{name}")
        for name in sorted(names, key=lambda name: (name == "daemon", name))
        if not name.startswith("_")
    }
    return {name: module for name, module in found.items() if hasattr(module, "main")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
