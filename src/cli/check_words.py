"""What each check of the gate measured, what it required, and what it ruled, in words."""

from collections.abc import Callable

from src.cli.amounts import bps, price, share, span
from src.records.decisions import Verdict
from src.records.enums import Ruling

ASKED = {
    "prediction": "a prediction came in time",
    "score": "the votes were weighed",
    "ofi": "order flow is strong enough",
    "fees": "the expected edge is worth its cost",
    "kelly": "such trades have earned their keep",
    "correlation": "not too much of the same bet",
    "intelligence": "the wider market does not object",
    "risk.stops": "all stops together lose little enough",
    "risk.gap": "a gap past all stops would be survived",
    "risk.liquidation": "liquidation is far enough away",
    "pre_entry.freeze": "trading is not frozen",
    "pre_entry.workers": "every process is well",
    "pre_entry.equity": "the account is worth something",
    "pre_entry.age": "the signal is fresh",
    "pre_entry.features_age": "the market's picture is fresh",
    "pre_entry.coverage": "enough components had data",
    "pre_entry.spread": "the spread is narrow enough",
    "pre_entry.depth": "the book is deep enough",
    "pre_entry.hours": "it is within trading hours",
    "pre_entry.cooldown": "the symbol has cooled down",
    "pre_entry.positions": "one more position is allowed",
    "pre_entry.exposure": "there is room for more exposure",
    "pre_entry.symbol": "the symbol is free",
    "size": "the size is worth an order",
}
"""What each check asks for, as a sentence that is true where it passes."""

REASONS = {
    "below_policy_minimum": "smaller than policy finds worth its while",
    "below_requirement": "too weak",
    "below_venue_minimum": "smaller than the venue's smallest order",
    "cluster_no_room": "no room left beside what moves alike",
    "cluster_resized_to_room": "cut to the room beside what moves alike",
    "cluster_full": "too many positions that move alike",
    "conflict": "the wider market points the other way",
    "cooling_down": "traded too recently",
    "edge_below_cost": "too small for its cost",
    "exploration_budget_spent": "finding out has cost enough",
    "from_the_future": "the signal is from the future",
    "liquidation_too_near": "liquidation is nearer than twice the stop",
    "never_traded": "never traded before",
    "no_edge_in_evidence": "such trades have not gained for certain",
    "no_equity": "the account is worth nothing",
    "no_evidence_yet": "nothing is known yet, so the smallest order",
    "no_room": "no room left",
    "outside_hours": "outside the trading hours",
    "position_open": "a position is open",
    "resized_to_room": "cut to the room that is left",
    "shadow_without_evidence": "nothing is known yet, and nothing is traded to find out",
    "stale": "too old",
    "stale_features": "too old",
    "switched_off": "switched off by policy",
    "too_few_components": "too few",
    "too_few_inputs": "too few live inputs",
    "too_many_positions": "too many",
    "too_thin": "too thin",
    "too_wide": "too wide",
    "unresolved_order": "an order's fate is open",
}
UPPER = frozenset(
    {
        "correlation",
        "pre_entry.age",
        "pre_entry.exposure",
        "pre_entry.features_age",
        "pre_entry.freeze",
        "pre_entry.positions",
        "pre_entry.spread",
        "pre_entry.symbol",
        "pre_entry.workers",
        "risk.gap",
        "risk.stops",
    }
)
"""Checks whose requirement is an upper bound."""
RULINGS = {
    Ruling.PASS: "passes",
    Ruling.RESIZE: "resizes",
    Ruling.BLOCK: "BLOCKS",
    Ruling.ERROR: "FAILED",
}


def measured_words(verdict: Verdict) -> str:
    """Return what was measured, with its unit."""
    if verdict.measured is None:
        return "never" if verdict.reason == "never_traded" else "not known"
    return in_unit(verdict.measured, verdict.unit)


def required_words(verdict: Verdict) -> str:
    """Return what was required, with its bound and its unit; empty where nothing was."""
    if verdict.required is None:
        return ""
    if verdict.unit == "hour_utc":
        return f"until {in_unit(verdict.required, verdict.unit)}"
    spent = verdict.check == "kelly" and verdict.unit == "usd"
    upper = spent or (verdict.check in UPPER and verdict.reason != "from_the_future")
    return f"at {'most' if upper else 'least'} {in_unit(verdict.required, verdict.unit)}"


def verdict_words(verdict: Verdict) -> str:
    """Return what a check ruled and why, as a sentence."""
    asked = ASKED.get(verdict.check, verdict.check.replace("_", " "))
    why = reason_words(verdict.reason)
    match verdict.ruling:
        case Ruling.PASS:
            return f"{asked} ({why})" if why else asked
        case Ruling.RESIZE:
            return f"{why}: the size times {verdict.size_factor:.3f}"
        case Ruling.BLOCK:
            return why or "refused"
        case Ruling.ERROR:
            return f"the check itself failed: {verdict.reason}"


def reason_words(reason: str) -> str:
    """Return a check's short word as words."""
    word, _, detail = reason.partition(":")
    if word in {"frozen", "unhealthy"} and detail:
        return f"{word}: {detail}"
    if word == "without" and detail:
        return f"without {detail.replace('_', ' ').replace(',', ', ')}"
    if word.startswith("missing_"):
        return f"{word.removeprefix('missing_').replace('_', ' ')} not known"
    return REASONS.get(reason, reason.replace("_", " "))


def in_unit(value: float, unit: str) -> str:
    """Return a check's number with its unit."""
    told = _UNITS.get(unit)
    return f"{price(value)} {unit}".strip() if told is None else told(value)


_UNITS: dict[str, Callable[[float], str]] = {
    "bps": bps,
    "usd": lambda value: f"{value:,.2f} USD",
    "s": span,
    "score": lambda value: f"{value:.3f}",
    "probability": lambda value: f"{value:.3f}",
    "share_of_equity": lambda value: f"{share(value)} of equity",
    "hour_utc": lambda value: f"{int(value):02d}:{int(value * 60 + 1e-6) % 60:02d} UTC",
}
