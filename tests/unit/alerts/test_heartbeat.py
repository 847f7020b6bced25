import pytest

from src.alerts.heartbeat import WorkMeter
from src.records.operations import Health, WorkerState
from tests.cli_fakes import a, a_worker

WALL = 1_795_330_000.0


def health(
    main: int, builder: int, *, state: WorkerState = WorkerState.READY, real_ts: float = WALL
) -> Health:
    workers = (a_worker("main", handled=main), a_worker("feature_builder", handled=builder, state=state))
    return a(Health, real_ts=real_ts, workers=workers)


def beats(meter: WorkMeter, told: Health, now_s: float) -> bool:
    return meter.due(told, now_s=now_s, wall=WALL)


def test_work_at_both_ends_is_a_heartbeat_and_time_alone_is_none() -> None:
    meter = WorkMeter(60.0)

    assert beats(meter, health(1, 10), 0.0)
    assert not beats(meter, health(1, 10), 600.0)
    assert not beats(meter, health(1, 99), 660.0)
    assert not beats(meter, health(2, 10), 720.0)
    assert beats(meter, health(2, 99), 780.0)


def test_no_heartbeat_before_the_first_work() -> None:
    assert not beats(WorkMeter(60.0), health(0, 10), 0.0)


def test_heartbeats_keep_their_distance() -> None:
    meter = WorkMeter(60.0)

    assert [beats(meter, health(second, second), float(second)) for second in range(1, 62)].count(True) == 2


def test_a_process_that_was_replaced_counts_from_zero_and_has_worked() -> None:
    meter = WorkMeter(60.0)
    beats(meter, health(50, 500), 0.0)

    assert beats(meter, health(51, 3), 60.0)


@pytest.mark.parametrize("state", [WorkerState.FAILED, WorkerState.HUNG])
def test_no_heartbeat_while_a_process_is_down(state: WorkerState) -> None:
    assert not beats(WorkMeter(60.0), health(1, 10, state=state), 0.0)


def test_no_heartbeat_for_a_monitor_that_stands_still() -> None:
    assert not beats(WorkMeter(60.0), health(1, 10, real_ts=WALL - 20), 0.0)
