"""``flatten`` from another shell, while a real bot runs with a position that an earlier life left it."""

from pathlib import Path

from src.records.ledger import LedgerEntry, PositionClosed
from src.records.risk import ConfirmedLimits
from src.store.document import DocumentFile
from src.store.freeze import Freeze
from src.store.jsonl import read_all
from tests.cli_fakes import asked
from tests.dead_bot_fakes import leave_a_position
from tests.paper_exchange_server import SYMBOLS
from tests.process.bot import Bot


def test_a_running_bot_flattens_what_an_earlier_life_left(tmp_path: Path) -> None:
    home = leave_a_position(tmp_path)
    bot = Bot(tmp_path, speed=1.0, symbols=SYMBOLS)
    try:
        bot.start()
        bot.until(lambda: (health := bot.health()) is not None and health.main_pid == bot.process.pid)
        result = asked("flatten", "--reason", "enough", "--home", tmp_path)
        assert result.exit_code == 0, result.output + bot.log.read_text()
        entries: list[LedgerEntry] = list(read_all(home.fills, LedgerEntry))
        assert [e.exit_reason for e in entries if isinstance(e, PositionClosed)] == ["flatten"]
        assert Freeze(home).reasons() == ("flattened: enough",)
        assert DocumentFile(home.limits, ConfirmedLimits, writer="test").read() is not None
        assert bot.stop() == 0
    finally:
        bot.kill()
