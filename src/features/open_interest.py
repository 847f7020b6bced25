"""How fast positions are opened or closed."""


def change(newest: float | None, earlier: float | None) -> float | None:
    """Return the change as a fraction of the earlier open interest; None where either is missing or 0."""
    if newest is None or earlier is None or earlier <= 0:
        return None
    return newest / earlier - 1
