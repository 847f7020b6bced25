"""Does each ruling follow from the two numbers beside it?

Read from the record alone: what a check measured, what was required, and which of the two had to be larger.
"""

from src.records.decisions import Verdict
from src.records.enums import Ruling

AT_LEAST = frozenset(
    {
        "prediction",
        "score",
        "ofi",
        "fees",
        "intelligence",
        "pre_entry.equity",
        "pre_entry.coverage",
        "pre_entry.depth",
        "pre_entry.cooldown",
        "risk.liquidation",
        "size",
    }
)
"""Checks that pass where the measured value reaches the required one."""
AT_MOST = frozenset(
    {
        "correlation",
        "pre_entry.freeze",
        "pre_entry.workers",
        "pre_entry.age",
        "pre_entry.features_age",
        "pre_entry.spread",
        "pre_entry.positions",
        "pre_entry.exposure",
        "pre_entry.symbol",
        "risk.stops",
        "risk.gap",
    }
)
"""Checks that pass where the measured value stays within the required one."""
KELLY = "kelly"
"""Passes on evidence above zero, in bps; without evidence while what was lost stays within a budget, in USD."""
BY_POLICY = frozenset({"pre_entry.hours"})
"""Checks whose two numbers do not decide them: they are worked out again from the policies."""
FROM_THE_FUTURE = "from_the_future"
EXCUSED = frozenset({"switched_off", "never_traded"})
"""Reasons that pass without a comparison."""
SHADOW = "shadow_without_evidence"
"""Blocks whatever the numbers: they tell the size that it would have had."""
BLOCKING = frozenset({Ruling.BLOCK, Ruling.ERROR})


def contradiction(verdict: Verdict) -> tuple[str, str] | None:
    """Return what the numbers of a verdict demand and what it rules, where the two differ."""
    ruling, measured, required = verdict.ruling, verdict.measured, verdict.required
    if ruling is Ruling.RESIZE:
        return _resize_contradiction(verdict)
    if verdict.size_factor != 1.0:
        return "a size factor of 1 without RESIZE", f"{verdict.size_factor}"
    if ruling in BLOCKING or verdict.reason in EXCUSED:
        return _block_contradiction(verdict)
    if measured is None or required is None:
        return "BLOCK: a number is missing", "PASS"
    return None if _holds(verdict) is not False else (f"BLOCK: {_numbers(verdict)}", "PASS")


def decides(verdict: Verdict) -> bool:
    """Return whether the numbers of a verdict decide it: the check is known, and both are there."""
    return _holds(verdict) is not None


def _block_contradiction(verdict: Verdict) -> tuple[str, str] | None:
    if verdict.ruling is not Ruling.BLOCK or verdict.reason == SHADOW:
        return None
    return (f"PASS: {_numbers(verdict)}", "BLOCK") if _holds(verdict) else None


def _resize_contradiction(verdict: Verdict) -> tuple[str, str] | None:
    if verdict.size_factor >= 1.0:
        return "RESIZE to less than the whole", f"a size factor of {verdict.size_factor}"
    return ("PASS: " + _numbers(verdict), "RESIZE") if _holds(verdict) else None


def _holds(verdict: Verdict) -> bool | None:
    measured, required = verdict.measured, verdict.required
    if measured is None or required is None:
        return None
    if verdict.check == KELLY:
        return measured > required if verdict.unit == "bps" else measured <= required
    if verdict.check in AT_LEAST or verdict.reason == FROM_THE_FUTURE:
        return measured >= required
    return measured <= required if verdict.check in AT_MOST else None


def _numbers(verdict: Verdict) -> str:
    return f"measured {verdict.measured}, required {verdict.required} {verdict.unit}"
