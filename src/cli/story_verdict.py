"""The middle of a signal's story on the terminal: votes, prediction, checks and size."""

from rich.table import Table
from rich.text import Text

from src.cli.amounts import bps, signed_bps, usd
from src.cli.check_words import RULINGS, measured_words, required_words, verdict_words
from src.cli.story_parts import facts, table
from src.cli.vote_words import vote_words
from src.records.decisions import Decision, SizeFactor, Verdict
from src.records.enums import Direction, Ruling, Vote
from src.records.predictions import Prediction
from src.report.story import SizeStory, Story, VoteStory

BLOCKING = frozenset({Ruling.BLOCK, Ruling.ERROR})
CAPS = {
    "max_position_usd": "largest position",
    "exposure_room_usd": "room for exposure",
    "kelly_usd": "what the evidence is worth",
    "smallest_order_usd": "smallest order, for want of evidence",
}


def votes(story: Story) -> Table:
    """Return each component's vote, what it counted, and what it measured."""
    decision = story.decision
    title = "Votes"
    if decision is not None:
        title = f"Votes: score {decision.score:+.3f} for {decision.direction.value}, {decision.conviction}"
    if story.signal is not None:
        title += f"; {story.signal.coverage} of {len(story.votes)} components had data"
    if story.votes and story.votes[0].weight is None:
        title += "; the weights of that time are gone"
    rows = table(title, ("component", "vote", "sure", "weight", "counts", "measured"), right=(2, 3, 4))
    for vote in story.votes:
        rows.add_row(*_vote_row(vote, story.direction))
    return rows


def prediction(story: Story) -> Table | Text:
    """Return the ensemble's answer and what each member said."""
    told = story.prediction
    if told is None:
        late = story.prediction_in_time is False
        return Text("Prediction: none came in time" if late else "Prediction: not known")
    rows = [("ensemble", _ensemble(told, in_time=story.prediction_in_time))]
    for member in told.members:
        said = "has nothing to go by" if member.win_probability is None else f"{member.win_probability:.3f}"
        rows.append(
            (
                member.name,
                f"{said}, say {member.weight:.2f}, sure {member.confidence:.2f}, {member.evidence:,} outcomes",
            )
        )
    return facts("Prediction: the chance that the direction is right after its holding time", rows)


def checks(decision: Decision, repeated: str, *, wide: bool) -> Table:
    """Return every check with measured and required, those that block first; a narrow one without words."""
    blocking = [verdict for verdict in decision.verdicts if verdict.ruling in BLOCKING]
    others = [verdict for verdict in decision.verdicts if verdict.ruling not in BLOCKING]
    title = (
        f"Checks: {len(blocking)} of {len(decision.verdicts)} block"
        if blocking
        else f"Checks: all {len(decision.verdicts)} pass"
    )
    title += f"; made again from the records: {repeated}"
    columns = ("check", "ruling", "measured", "required", "in words")
    rows = table(title, columns if wide else columns[:-1], right=(2,))
    for verdict in (*blocking, *others):
        cells = _check_row(verdict)
        rows.add_row(*(cells if wide else cells[:-1]))
    return rows


def objections(decision: Decision) -> Text:
    """Return in a sentence each why the checks that block do."""
    blocking = [verdict for verdict in decision.verdicts if verdict.ruling in BLOCKING]
    lines = [
        f"{v.check}: {verdict_words(v)} ({measured_words(v)}, asked for {required_words(v) or 'an answer'})"
        for v in blocking
    ]
    return Text("\n".join(lines), style="bold red")


def edge(decision: Decision) -> str:
    """Return what the gate expected to gain, and what that costs."""
    gain = "not known" if decision.expected_edge_bps is None else signed_bps(decision.expected_edge_bps)
    cost = "not known" if decision.cost_bps is None else bps(decision.cost_bps)
    return f"expected gain {gain} before costs, cost of the round trip {cost}"


def size(story: SizeStory, decision: Decision) -> Table:
    """Return the size with its factors multiplied out."""
    return facts(
        "Size",
        (
            ("edge", edge(decision)),
            ("risk", _risk(story)),
            ("factors", _factors(story)),
            ("caps", _caps(story)),
            ("size", _size(story)),
        ),
    )


def _vote_row(story: VoteStory, direction: Direction | None) -> tuple[str | Text, ...]:
    vote = story.vote
    if vote.vote is Vote.ABSTAIN:
        return (vote.name, Text("abstains", style="dim"), "", "", "", Text(vote_words(vote), style="dim"))
    agrees = 0 if direction is None else vote.vote.sign * direction.sign
    style = {1: "green", -1: "red", 0: ""}[agrees]
    return (
        vote.name,
        Text(vote.vote.value.lower().replace("_", " "), style=style),
        f"{vote.confidence:.2f}",
        "" if story.weight is None else f"{story.weight:.3f}",
        "" if story.contribution is None else f"{story.contribution:+.3f}",
        Text(vote_words(vote)),
    )


def _ensemble(told: Prediction, *, in_time: bool | None) -> str:
    late = "; it came too late for the gate" if in_time is False else ""
    basis = f"{told.evidence:,} resolved outcomes" if told.evidence else "a prior, no outcome yet"
    return (
        f"{told.win_probability:.3f} for {told.direction.value}, sure {told.confidence:.2f}, "
        f"rests on {basis}; would size by {told.size_multiplier:.2f}{late}"
    )


def _check_row(verdict: Verdict) -> tuple[str | Text, ...]:
    style = {Ruling.PASS: "green", Ruling.RESIZE: "yellow"}.get(verdict.ruling, "bold red")
    return (
        verdict.check,
        Text(RULINGS[verdict.ruling], style=style),
        measured_words(verdict),
        required_words(verdict),
        Text(verdict_words(verdict), style="" if verdict.ruling is Ruling.PASS else style),
    )


def _risk(story: SizeStory) -> str:
    if story.risk_usd is None or story.base_usd is None or story.stop_bps is None:
        return "not known: volatility, regime or equity was missing"
    return (
        f"{usd(story.risk_usd)} may be lost at a stop {bps(story.stop_bps)} away: "
        f"a position of {usd(story.base_usd)}"
    )


def _factors(story: SizeStory) -> str:
    if story.wanted_usd is None:
        return "none"
    product = " x ".join(_factor(factor) for factor in story.factors)
    return f"{product} = {usd(story.wanted_usd)}"


def _caps(story: SizeStory) -> str:
    if not story.caps:
        return "none"
    told = ", ".join(f"{CAPS.get(cap.name, cap.name)} {usd(cap.value)}" for cap in story.caps)
    bound = (
        "neither binds"
        if story.bound_by is None
        else f"bound by the {CAPS.get(story.bound_by, story.bound_by)}"
    )
    resized = "".join(f", {factor.name} x {factor.value:.3f}" for factor in story.resizes)
    return f"{told}: {bound}{resized}"


def _size(story: SizeStory) -> str:
    offered = "not known" if story.offered_usd is None else f"{usd(story.offered_usd)} in whole contracts"
    if story.size_usd > 0:
        return f"{usd(story.size_usd)} was allowed"
    return f"nothing was allowed; without the checks that block: {offered}"


def _factor(factor: SizeFactor) -> str:
    return f"{factor.name} {factor.value:.2f}"
