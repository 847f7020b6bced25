"""How a process that may take its time makes way for those that may not."""

import os


def yield_to_trading() -> None:
    """Run this process only while nobody else wants the processor: learning never makes trading wait."""
    os.nice(19)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
