"""``python -m src explain``: the whole story of one signal, from its records alone."""

from typing import Annotated

import msgspec
import orjson
import typer
from rich.console import Console, Group, RenderableType

from src.cli import story_market, story_trade, story_verdict
from src.cli.exit_codes import ExitCode
from src.cli.options import HomeOption, JsonOption, home_of
from src.report.lookup import find
from src.report.nearest import Last, nearest, newest
from src.report.story import Fate, HorizonState, Story
from src.report.telling import tell
from src.store.paths import Home

IdArgument = Annotated[
    str | None,
    typer.Argument(metavar="SIGNAL_ID", help="As the records name it: SYMBOL-STRATEGY-milliseconds."),
]
WIDE = 110
"""Columns from which on the checks are told in words as well."""

LastOption = Annotated[Last | None, typer.Option("--last", help="The newest signal of this kind.")]


def explain(
    signal_id: IdArgument = None,
    *,
    last: LastOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell the whole story of one signal; exit 1 where there is no such signal."""
    where = home_of(home)
    story = _story(where, _named(where, signal_id, last))
    if as_json:
        print(orjson.dumps(msgspec.to_builtins(story, str_keys=True), option=orjson.OPT_INDENT_2).decode())
    else:
        console = Console()
        console.print(Group(*_page(story, wide=console.width >= WIDE)))


def _named(home: Home, signal_id: str | None, last: Last | None) -> str:
    if (signal_id is None) == (last is None):
        typer.echo("name one signal, or ask for --last signal, blocked, executed or loss", err=True)
        raise typer.Exit(ExitCode.CONFIG)
    if last is None:
        return signal_id or ""
    found = newest(home, last)
    if found is None:
        typer.echo(f"no such signal in {home.root}: --last {last.value}", err=True)
        raise typer.Exit(ExitCode.FAULTS_FOUND)
    return found


def _story(home: Home, signal_id: str) -> Story:
    try:
        found = find(home, signal_id)
    except ValueError as error:
        _unknown(home, signal_id, str(error))
    else:
        if found.anything:
            return tell(found)
        _unknown(home, signal_id, f"no record in {home.root} names {signal_id}")
    raise typer.Exit(ExitCode.FAULTS_FOUND)


def _unknown(home: Home, signal_id: str, why: str) -> None:
    near = nearest(home, signal_id)
    typer.echo(why, err=True)
    typer.echo("nearest: " + ", ".join(near) if near else "this home has no signals", err=True)


def _page(story: Story, *, wide: bool) -> list[RenderableType]:
    """Return the story's parts in the order in which they happened."""
    parts: list[RenderableType] = [story_market.head(story)]
    if story.decision is not None and story.decision.blocked_by:
        parts.append(story_verdict.objections(story.decision))
    if story.waits:
        parts.append(story_trade.waits(story.waits, story.as_of))
    if story.gaps:
        parts.append(story_trade.gaps(story.gaps))
    parts += ["", story_market.timeline(story), ""]
    if story.market is not None:
        parts += [story_market.market(story.market), ""]
    if story.votes:
        parts += [story_verdict.votes(story), ""]
    parts += [story_verdict.prediction(story), ""]
    if story.decision is not None:
        parts += [story_verdict.checks(story.decision, story.repeated, wide=wide), ""]
    if story.decision is not None and story.size is not None:
        parts += [story_verdict.size(story.size, story.decision), ""]
    return [*parts, *_trade(story), *_outcome(story)]


def _trade(story: Story) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if story.orders:
        parts += [story_trade.orders(story), ""]
    if story.fills:
        parts += [story_trade.fills(story), ""]
    if story.orders or story.fills:
        parts += [story_trade.stop_and_money(story), ""]
    return parts


def _outcome(story: Story) -> list[RenderableType]:
    if all(horizon.state is HorizonState.WAITING for horizon in story.counterfactual.horizons):
        return []
    traded = story.fate in {Fate.OPEN, Fate.CLOSED}
    hindsight = story_trade.verdict_of_hindsight(story)
    shown: list[RenderableType] = [story_trade.outcomes(story.counterfactual, traded=traded)]
    return [*shown, hindsight] if hindsight else shown
