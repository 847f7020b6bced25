"""What every test runs under."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # how long it takes says what else the machine does
)
settings.load_profile("unhurried")

FIRST = (
    "process/test_kills",
    "replay/test_known_markets",
    "unit/exchange/simulator/markets/test_windows_statistics",
    "process/test_life",
    "replay/test_stepped_runs_repeat",
    "unit/exchange/simulator/markets/test_synthetic_stream",
    "replay/test_parity_decisions",
    "replay/test_parity_orders",
    "process/test_desk_killed",
    "unit/exchange/simulator/markets/test_synthetic_edge",
    "replay/test_tape_daemon",
    "replay/test_hand_edits",
    "process/test_report_in_a_browser",
    "replay/test_simulate_command",
    "process/test_supervisor",
    "replay/test_tape_books",
    "process/test_audit",
    "unit/exchange/simulator/markets/test_windows",
    "process/test_start",
    "unit/exchange/simulator/markets/test_synthetic_facts",
    "process/test_signals_killed",
    "unit/audit/test_planted",
    "process/test_paper_exchange",
    "contract/test_exchanges",
    "process/test_paper_exchange_kills",
)
"""The longest files, so that no worker is alone with one at the end; those that wait between those that compute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, then with real processes; else leave the order as it is."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    name = item.nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")
    if name in FIRST:
        return FIRST.index(name)
    return len(FIRST) + (item.get_closest_marker("process") is None)
