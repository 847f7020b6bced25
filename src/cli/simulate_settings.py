"""What the command line of ``simulate`` asks for, and the settings of a home that this makes."""

import math
from dataclasses import dataclass

import orjson

from src.records.settings import BotSettings
from src.records.simulation import Resolution, SimulationRun
from src.store.config_check import TextFaults, check_text


class WrongOption(Exception):
    """An option asks for settings that are none: the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options say; None where they say nothing."""

    days: float | None
    market: str | None
    seed: int | None
    symbols: tuple[str, ...] | None
    learn_every_s: float | None
    start_ts: float | None
    window_s: float | None
    edge: bool | None
    resolution: Resolution | None


def refuse_another_run(known: SimulationRun, settings: BotSettings, asked: Asked) -> None:
    """Raise WrongOption where the options of ``--resume`` ask for another run than the one that is known."""
    begun = None if asked.start_ts is None else math.ceil(asked.start_ts / known.window_s) * known.window_s
    pairs = {
        "--market": (asked.market, known.market.spec),
        "--seed": (asked.seed, known.market.seed),
        "--symbols": (asked.symbols, known.symbols),
        "--learn-every": (asked.learn_every_s, settings.learning_every_s),
        "--start": (begun, known.start_ts),
        "--window": (asked.window_s, known.window_s),
        "--edge": (asked.edge, settings.paper.edge),
        "--resolution": (asked.resolution, known.market.resolution),
    }
    other = [name for name, (wanted, has) in pairs.items() if wanted is not None and wanted != has]
    if other:
        raise WrongOption(
            f"{', '.join(other)}: this run began otherwise, and --resume goes on with it as it is"
        )


def asked_settings(
    text: bytes, asked: Asked, *, symbols: tuple[str, ...] | None
) -> tuple[BotSettings, bytes | None]:
    """Return the settings that a good ``bot.json`` and the options make, and its new text where it must change.

    Raises WrongOption.
    """
    settings = orjson.loads(text.removeprefix(b"\xef\xbb\xbf"))
    wanted = dict(settings)
    if symbols is not None:
        if len(set(symbols)) < len(symbols):
            raise WrongOption(f"--symbols names one twice: {', '.join(symbols)}")
        wanted |= {"symbols": list(symbols)}
        wanted |= {} if settings["leader"] in symbols else {"leader": symbols[0]}
    if asked.learn_every_s is not None:
        wanted["learning_every_s"] = asked.learn_every_s
    if asked.window_s is not None:
        wanted["window_s"] = asked.window_s
    if asked.edge is not None:
        wanted["paper"] = {**settings["paper"], "edge": asked.edge}
    if wanted == settings:
        return check_text(text, BotSettings), None
    fresh = orjson.dumps(wanted, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    try:
        return check_text(fresh, BotSettings), fresh
    except TextFaults as error:
        rules = dict.fromkeys(f"{fault.key}: {fault.rule}" for fault in error.faults)
        raise WrongOption("the options ask for what cannot be: " + "; ".join(rules)) from error
