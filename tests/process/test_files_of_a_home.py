"""Every file that a living bot leaves in its home is one that the catalogue of records names."""

import re
from collections.abc import Callable

import pytest

from src.records.catalogue import FILES
from tests.process.bot import Bot

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

BESIDE = (
    r"(logs|feature_store)/.*\.jsonl(\.\d{6})?\.wlock",
    r".*\.json\.bak",
    r".*\.jsonl\.\d{6}(\.gz)?",
    r"run/(bot|learning)\.lock",
    r"run/heartbeats",
    r"run/positions/[a-z_]+\.[a-z_]+\.json",
    r"bot\.log",
)
"""What the page of records says stands beside the records: segments, copies, locks, places, the test's own log."""


OTHERS = frozenset({"simulate", "alerts", "conform", "preflight"})
"""Writers that a bot on its own does not start; what they write is named by their own tests."""
ASKED = "run/commands/"
"""Where files stand only between a command and its answer."""


def test_every_file_of_a_running_bot_is_named_and_every_named_file_is_there(
    make_bot: Callable[..., Bot],
) -> None:
    bot = make_bot()
    bot.configure(learning_every_s=120)
    bot.start()
    bot.until(lambda: bot.lines(bot.home.decisions), within_s=90)
    bot.until(lambda: bot.lines(bot.home.learning_audit), within_s=30)
    bot.home.freeze_flag.touch()
    bot.until(lambda: bot.home.learning_state.exists() and _market_noted(bot), within_s=30)
    assert bot.stop() == 0
    root = bot.home.root
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    patterns = {
        entry.path: re.compile(_as_pattern(entry.path))
        for entry in FILES
        if entry.writer not in OTHERS and not entry.path.startswith(ASKED)
    }
    named = {name for name in found if any(pattern.fullmatch(name) for pattern in patterns.values())}
    assert {name for name in found - named if not _beside(name)} == set()
    assert {path for path, pattern in patterns.items() if not any(map(pattern.fullmatch, named))} == set()


def _market_noted(bot: Bot) -> bool:
    return (bot.home.paper_exchange / "market.json").exists()


def _as_pattern(path: str) -> str:
    return re.escape(path).replace("<SYMBOL>", "[A-Z0-9_]+").replace("<HASH>", "[0-9a-f]{12}")


def _beside(name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in BESIDE)
