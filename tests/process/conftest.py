from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.process.bot import Bot


@pytest.fixture
def make_bot(tmp_path: Path) -> Iterator[Callable[..., Bot]]:
    """Return a maker of bots, each in a home of its own; none outlives the test."""
    made: list[Bot] = []

    def make(name: str = "home", **options: object) -> Bot:
        bot = Bot(tmp_path / name, **options)  # type: ignore[arg-type] - passed through as they are
        made.append(bot)
        return bot

    yield make
    for bot in made:
        bot.kill()
