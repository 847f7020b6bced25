"""Every document of a home can be read."""

import msgspec

from src.audit.claims import DOCUMENT
from src.audit.findings import Findings, Spot
from src.records.catalogue import FILES
from src.store.paths import Home


def check_documents(home: Home, findings: Findings) -> None:
    """Prove or refute that the JSON documents of a home are what their records say; configs have their own check."""
    for entry in FILES:
        if not entry.path.endswith(".json") or entry.path.startswith("configs/"):
            continue
        for path in sorted(home.root.glob(entry.path.replace("<SYMBOL>", "*"))):
            name = path.relative_to(home.root).as_posix()
            try:
                msgspec.json.decode(path.read_bytes(), type=entry.records[0])
            except FileNotFoundError:
                continue
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                findings.refute(
                    DOCUMENT, Spot(name, None), expected="a document that can be read", found=error
                )
            else:
                findings.prove(DOCUMENT)
