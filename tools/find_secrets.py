"""Looks through the files under version control for what looks like a secret; exit 1 names each place.

A few patterns of our own: the scanners on PyPI bring plugins that ask the network, or a database to keep.
"""

import re
import subprocess
import sys
from pathlib import Path

PATTERNS = {
    "private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "Kraken secret": re.compile(rb"[A-Za-z0-9+/]{86}=="),
    "assigned secret": re.compile(
        rb"(?i)(?:api_?key|api_?secret|password|token)[\"']?\s*[:=]\s*[\"'][A-Za-z0-9+/_\-]{24,}[\"']"
    ),
    "AWS key": re.compile(rb"AKIA[0-9A-Z]{16}"),
}
KNOWN = {
    "tests/data/kraken_auth_vectors.json": "made-up secrets that the signature vectors need",
    "tests/unit/exchange/simulator/test_auth.py": "the secret of Kraken's own documented example",
}


def main() -> int:
    """Return 1 where a file under version control holds something like a secret."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True).stdout
    places = []
    for name in filter(None, listed.decode().split("\0")):
        if name in KNOWN or name.endswith(".lock") or not Path(name).is_file():
            continue
        for number, line in enumerate(Path(name).read_bytes().splitlines(), 1):
            places.extend(f"{name}:{number}: {kind}" for kind, rule in PATTERNS.items() if rule.search(line))
    print("\n".join(places) or "no secrets found")
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main())
