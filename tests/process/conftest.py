from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.process.bot import SYMBOLS, Bot


class MakeBot(Protocol):
    def __call__(
        self, name: str = "home", *, speed: float = 60.0, symbols: tuple[str, ...] = SYMBOLS
    ) -> Bot: ...


@pytest.fixture
def make_bot(tmp_path: Path) -> Iterator[MakeBot]:
    """Return a maker of bots, each in a home of its own; none outlives the test."""
    made: list[Bot] = []

    def make(name: str = "home", *, speed: float = 60.0, symbols: tuple[str, ...] = SYMBOLS) -> Bot:
        made.append(Bot(tmp_path / name, speed=speed, symbols=symbols))
        return made[-1]

    yield make
    for bot in made:
        bot.kill()
