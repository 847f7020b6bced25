"""Which version of the bot this is: what was proven with other code has to be proven again."""

import hashlib
import tomllib
from pathlib import Path


def code_version(root: Path) -> str:
    """Return the release and a hash of all code and of the locked packages, e.g. ``0.1.0+3f9c0a12b7de``."""
    release = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    digest = hashlib.sha256((root / "requirements.lock").read_bytes())
    for path in sorted((root / "src").rglob("*.py")):
        digest.update(f"\n{path.relative_to(root).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return f"{release}+{digest.hexdigest()[:12]}"
