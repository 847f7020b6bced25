"""How much memory a process really takes."""

from pathlib import Path


def proportional_mib(pid: int) -> float | None:
    """Return a process's proportional set size in MiB; None where it is gone or not ours to see."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return None
