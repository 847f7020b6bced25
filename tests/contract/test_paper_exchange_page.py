"""``docs/paper_exchange.md`` names every fault, and its examples are plans that can be followed."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from src.exchange.simulator.fault_plan import (
    CallAct,
    CallFault,
    FaultPlan,
    Happening,
    MarketFault,
    RateLimitStyle,
    StreamAct,
    StreamFault,
)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "paper_exchange.md").read_text("utf-8")
PLANS = [*re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL), *re.findall(r"`(\{\"[^`]*\})`", PAGE)]
WORDS = [
    *(word for kind in (CallAct, StreamAct, Happening, RateLimitStyle) for word in get_args(kind)),
    *(name for kind in (FaultPlan, CallFault, StreamFault, MarketFault) for name in kind.__struct_fields__),
]


@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_every_word_of_a_plan_is_on_the_page(word: str) -> None:
    assert f"`{word}`" in PAGE or f'"{word}":' in PAGE


@pytest.mark.parametrize("plan", [plan for plan in PLANS if "result" not in plan])
def test_every_example_is_a_plan(plan: str) -> None:
    assert msgspec.json.decode(plan, type=FaultPlan) != FaultPlan()


def test_there_are_examples() -> None:
    assert len(PLANS) > 5
