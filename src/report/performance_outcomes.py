"""What signals would have brought, traded or not, and whether the odds that were given came true."""

from collections import Counter
from dataclasses import dataclass

from src.learning.ensemble_case import HOLDING_HORIZON, is_win
from src.records.base import Line, Record
from src.records.enums import HORIZONS_S, Disposition
from src.report.performance import BlockTally, Estimate

CELLS = 100
"""Predictions are gathered by whole percents first."""
LEAST_SHARE = 0.05
"""Of all predictions, that a shown group of neighbouring percents holds at least."""


class TradedView(Record, frozen=True, kw_only=True):
    """The part of an execution that a report reads."""

    net_bps: float


class OutcomeRow(Line, frozen=True, kw_only=True):
    """The part of an enriched decision that a report reads."""

    signal_id: str
    signal_ts: float
    disposition: Disposition
    blocked_by: tuple[str, ...]
    win_probability: float | None
    counterfactual_net_bps: dict[str, float | None]
    execution: TradedView | None
    cost_bps: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationGroup:
    """Signals that were given nearly the same odds."""

    predicted: float
    """Mean of the probabilities that were given."""
    low: float
    """Smallest whole percent of the group, as a share."""
    high: float
    realised: Estimate
    """Share that won: the direction was right before costs, at the holding horizon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationNumbers:
    """Predicted against realised odds."""

    groups: tuple[CalibrationGroup, ...]
    count: int
    base_rate: float | None
    """Share of all that won."""
    brier: float | None
    """Mean squared distance of the odds from what came."""
    brier_base: float | None
    """The same for always saying the base rate, known only afterwards: what odds worth anything stay below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeNumbers:
    """Everything that a report says about resolved signals."""

    resolved: int
    by_group: dict[str, dict[str, Estimate]]
    """By disposition and horizon: net return after the assumed costs, in bps."""
    traded: Estimate
    """What the trades among them really brought, net, in bps of notional."""
    alone: dict[str, Estimate]
    """By check: net return after an hour of the signals that it alone blocked, in bps."""
    dispositions: dict[str, int]
    mean_cost_bps: float | None
    calibration: CalibrationNumbers


class OutcomeTally:
    """Sums up resolved signals, one after the other; remembers sums only."""

    def __init__(self, *, block_s: float) -> None:
        """Take the length of a block, in seconds."""
        self._block_s = block_s
        self._groups: dict[tuple[str, str], BlockTally] = {}
        self._traded = BlockTally(block_s)
        self._alone: dict[str, BlockTally] = {}
        self._dispositions: Counter[str] = Counter()
        self._cost = BlockTally(block_s)
        self._calibration = _CalibrationTally(block_s)

    def add(self, row: OutcomeRow) -> None:
        """Count a resolved signal."""
        group = row.disposition.value
        self._dispositions[group] += 1
        for label, net in row.counterfactual_net_bps.items():
            if net is not None:
                self._tally(group, label).add(row.signal_ts, net)
        if row.execution is not None:
            self._traded.add(row.signal_ts, row.execution.net_bps)
        net = row.counterfactual_net_bps.get(HOLDING_HORIZON)
        if net is not None and row.disposition is Disposition.BLOCKED and len(row.blocked_by) == 1:
            self._alone.setdefault(row.blocked_by[0], BlockTally(self._block_s)).add(row.signal_ts, net)
        if row.cost_bps is None:
            return
        self._cost.add(row.signal_ts, row.cost_bps)
        if net is not None and row.win_probability is not None:
            won = is_win(net + row.cost_bps)
            self._calibration.add(row.signal_ts, row.win_probability, won=won)

    def numbers(self) -> OutcomeNumbers:
        """Return the sums."""
        return OutcomeNumbers(
            resolved=sum(self._dispositions.values()),
            by_group={
                group: {label: self._tally(group, label).estimate() for label in HORIZONS_S}
                for group in self._dispositions
            },
            traded=self._traded.estimate(),
            alone={check: tally.estimate() for check, tally in sorted(self._alone.items())},
            dispositions=dict(self._dispositions.most_common()),
            mean_cost_bps=self._cost.estimate().mean,
            calibration=self._calibration.numbers(),
        )

    def _tally(self, group: str, label: str) -> BlockTally:
        tally = self._groups.get((group, label))
        if tally is None:
            tally = self._groups[group, label] = BlockTally(self._block_s)
        return tally


@dataclass(slots=True)
class _Cell:
    won: BlockTally
    predicted: float = 0.0


class _CalibrationTally:
    """Gathers odds by whole percents, and merges them into groups that hold something."""

    def __init__(self, block_s: float) -> None:
        self._block_s = block_s
        self._cells: dict[int, _Cell] = {}
        self._squares = 0.0
        self._count = 0
        self._won = 0

    def add(self, ts: float, probability: float, *, won: bool) -> None:
        number = min(int(probability * CELLS), CELLS - 1)
        cell = self._cells.get(number)
        if cell is None:
            cell = self._cells[number] = _Cell(BlockTally(self._block_s))
        cell.won.add(ts, float(won))
        cell.predicted += probability
        self._squares += (probability - won) ** 2
        self._count += 1
        self._won += won

    def numbers(self) -> CalibrationNumbers:
        if not self._count:
            return CalibrationNumbers(groups=(), count=0, base_rate=None, brier=None, brier_base=None)
        rate = self._won / self._count
        return CalibrationNumbers(
            groups=tuple(self._group(numbers) for numbers in self._merged()),
            count=self._count,
            base_rate=rate,
            brier=self._squares / self._count,
            brier_base=rate * (1 - rate),
        )

    def _merged(self) -> list[list[int]]:
        groups: list[list[int]] = []
        gathered: list[int] = []
        for number in sorted(self._cells):
            gathered.append(number)
            if self._size(gathered) >= LEAST_SHARE * self._count:
                groups.append(gathered)
                gathered = []
        if gathered and groups:
            groups[-1].extend(gathered)
        elif gathered:
            groups.append(gathered)
        return groups

    def _size(self, numbers: list[int]) -> int:
        return sum(self._cells[number].won.count for number in numbers)

    def _group(self, numbers: list[int]) -> CalibrationGroup:
        cells = [self._cells[number] for number in numbers]
        won = BlockTally(self._block_s)
        for cell in cells:
            won.include(cell.won)
        return CalibrationGroup(
            predicted=sum(cell.predicted for cell in cells) / self._size(numbers),
            low=numbers[0] / CELLS,
            high=(numbers[-1] + 1) / CELLS,
            realised=won.estimate(),
        )
