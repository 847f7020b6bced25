"""The desk where faults are ordered: the plan in force, whose turn it is, and what is counted."""

from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import partial

import msgspec

from src.exchange.simulator.errors import UnknownMarket
from src.exchange.simulator.fault_plan import CallFault, FaultPlan, Happening
from src.exchange.simulator.happenings import cancel_all, liquidate
from src.exchange.simulator.rules import Rules
from src.exchange.simulator.service import Service
from src.exchange.simulator.stream_faults import StreamFaults
from src.exchange.simulator.turns import Schedule

HEALTHY = FaultPlan()


class FaultDesk:
    """Everything that goes wrong with one exchange on demand."""

    def __init__(self, service: Service, plan: FaultPlan = HEALTHY) -> None:
        self._service = service
        self.plan = plan
        self.stream = StreamFaults(service.clock.real)
        self._calls: Schedule[CallFault] = Schedule((), seed="")
        self.take(plan)

    def take(self, plan: FaultPlan) -> None:
        """Follow another plan from now on; UnknownMarket, and the old plan stands, where it names one.

        All counts begin anew. Raises whatever the engine raises.
        """
        engine = self._service.engine
        if missing := sorted(set(plan.markets) - set(engine.core.contracts)):
            raise UnknownMarket(f"{', '.join(missing)}: no such market here")
        self.plan = plan
        self._calls = Schedule(plan.calls, seed=f"{plan.seed} calls")
        self.stream.take(plan)
        engine.core.rules = Rules(
            client_ids_stay_taken=plan.client_ids_stay_taken,
            refusals_with_events=plan.refusals_with_events,
            history_lag_s=plan.history_lag_s,
            clock_skew_s=plan.clock_skew_s,
            fee_factor=Decimal(str(plan.fee_factor)).normalize(),
        )
        self._service.disturb(plan.markets)
        for happening in plan.now:
            self._happen(happening)

    def server_time(self) -> float:
        """Return the exchange's time as it tells it, in seconds since the epoch."""
        return self._service.clock.now() + self.plan.clock_skew_s

    def of_call(self, method: str, path: str) -> CallFault | None:
        """Return what is to go wrong with a request; None: nothing."""
        if not self._calls:
            return None
        return self._calls.strikes(partial(_matches, method, path))

    def told(self) -> Mapping[str, object]:
        """Return the plan in force, and what each of its faults has seen and struck."""
        return {
            "plan": msgspec.to_builtins(self.plan),
            "calls": self._calls.counts(),
            "stream": self.stream.schedule.counts(),
        }

    def _happen(self, happening: Happening) -> None:
        happen = liquidate if happening == "liquidate" else cancel_all
        self._service.let_happen(happen)


def _matches(method: str, path: str, fault: CallFault) -> bool:
    if fault.method not in {None, method}:
        return False
    return fnmatchcase(path, fault.path) or fnmatchcase(path, f"*/{fault.path}")
