"""A daemon's records beside those of one process that hears again what its builder recorded.

Only what tells the time of writing may differ: ``recorded_at``, and a decision's ``ts`` with the two ages that are
measured from it, and the number of its line of facts (how many signals the gate found together). A gate that is asked
so late that the next window is already there may see that one; such decisions are told apart by the ages that they
measured. So are those that were asked for before the daemon's desk had its first answer from the exchange. Both must
be few.
"""

import math

from src.records.features import Features
from src.store.jsonl import read_tail
from tests.parity_fakes import Written, is_late, is_unready, timeless, without_market
from tests.process.bot import Bot

EXCUSED_SHARE = 0.2


def newest_close(bot: Bot) -> float:
    """Return the close of the newest window, -inf before the first."""
    if not bot.home.windows.exists():
        return -math.inf
    newest: list[Features] = read_tail(bot.home.windows, Features, 1)
    return newest[0].ts if newest else -math.inf


def assert_same_records(daemon: Written, stepped: Written) -> None:
    """Compare all that both wrote; a decision in another situation is compared without what it rested on there."""
    assert stepped.features == daemon.features
    assert stepped.signals == daemon.signals
    assert stepped.predictions == daemon.predictions
    assert stepped.decisions.keys() == daemon.decisions.keys() == daemon.signal_ids()
    excused = 0
    for signal_id, decision in daemon.decisions.items():
        elsewhere = is_late(decision) or is_unready(decision)
        told = without_market if elsewhere else timeless
        assert told(stepped.decisions[signal_id]) == told(decision), signal_id
        excused += elsewhere
    assert excused <= EXCUSED_SHARE * len(daemon.decisions)
