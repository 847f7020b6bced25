"""Whether a bot lives in a home, without touching its lock."""

import os
from pathlib import Path

from src.store.paths import Home


def home_is_held(home: Home) -> bool:
    """Return whether some process holds the home's lock: the kernel's own list tells."""
    try:
        status = home.lock.stat()
    except FileNotFoundError:
        return False
    wanted = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
        fields = line.split()
        if "FLOCK" in fields and wanted in fields and "->" not in fields:
            return True
    return False
