"""What every test runs under."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # how long it takes says what else the machine does
)
settings.load_profile("unhurried")

SECONDS = {
    "process/test_kills": 70,
    "process/test_life": 60,
    "replay/test_parity_decisions": 45,
    "replay/test_known_markets": 40,
    "process/test_desk_killed": 25,
    "replay/test_tape_daemon": 20,
    "unit/exchange/simulator/markets/test_windows_statistics": 20,
    "replay/test_stepped_runs_repeat": 20,
    "unit/exchange/simulator/markets/test_synthetic_stream": 12,
    "process/test_report_in_a_browser": 12,
    "process/test_audit": 12,
    "process/test_start": 12,
    "process/test_supervisor": 12,
    "process/test_paper_exchange": 12,
    "process/test_signals_killed": 10,
    "replay/test_parity_orders": 10,
    "unit/exchange/simulator/markets/test_synthetic_edge": 10,
    "process/test_paper_exchange_kills": 9,
    "replay/test_hand_edits": 8,
    "replay/test_simulate_command": 8,
    "replay/test_tape_books": 7,
}
"""What the longest files take on a quiet machine, roughly: they only tell what to begin with."""
OF_A_REAL_PROCESS_S = 5


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that no worker is left alone with one at the end; else leave the order."""
    items.sort(key=_seconds, reverse=True)


def _seconds(item: pytest.Item) -> float:
    path = item.nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")
    return SECONDS.get(path, OF_A_REAL_PROCESS_S if item.get_closest_marker("process") else 0)
