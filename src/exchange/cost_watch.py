"""What trading is charged beside what was expected: fees by the configured rates, funding by the market's."""

from collections import deque
from decimal import Decimal

from src.exchange.fill_origins import expected_fee
from src.records.ledger import FillBooked, FillSettled, FundingBooked, LedgerEntry
from src.records.settings import Costs

_NEWEST = 20
"""Executions that count, and payments of funding."""
_REMEMBERED = 1000
_TOLERATED = Decimal("0.2")
_CENT = Decimal("0.01")
_HOUR_S = 3600.0
_LONGEST_STEP_S = 900.0
"""Between two looks at a rate; over a longer gap nobody knows what it was."""
_SHORTEST_S = 1800.0
"""Payments for less time are not compared: looks are too coarse for them."""
_KINDS = frozenset({"maker", "taker"})
"""Executions that the configured rates are about; a liquidation costs more."""
_ZERO = Decimal(0)


class _Pairs:
    """The newest amounts that were expected, each with what it was."""

    def __init__(self) -> None:
        self._pairs: deque[tuple[Decimal, Decimal]] = deque(maxlen=_NEWEST)

    def add(self, expected: Decimal, charged: Decimal) -> None:
        self._pairs.append((expected, charged))

    def off(self, name: str, model: str) -> str | None:
        """Return the words for a difference of more than a fifth and a cent, or None."""
        expected = sum((pair[0] for pair in self._pairs), _ZERO)
        charged = sum((pair[1] for pair in self._pairs), _ZERO)
        difference = charged - expected
        if abs(difference) <= max(abs(expected) * _TOLERATED, _CENT):
            return None
        word = "above" if difference > 0 else "below"
        return f"{name}_{word}_{model}: {charged:.4f} USD over {len(self._pairs)}, expected {expected:.4f}"


class _Accrual:
    """What one position's funding should come to, since it was paid last."""

    def __init__(self, ts: float, *, whole: bool) -> None:
        """Begin at a look; ``whole`` says that nothing had accrued before."""
        self._since = self._ts = ts
        self._whole = whole
        self._steps: deque[tuple[float, Decimal]] = deque()

    def step(self, ts: float, per_hour: Decimal) -> None:
        """Take what an hour costs, for the time since the last look."""
        self._whole = self._whole and ts - self._ts <= _LONGEST_STEP_S
        self._steps.append((ts, per_hour * Decimal(str((ts - self._ts) / _HOUR_S))))
        self._ts = max(ts, self._ts)

    def pay(self, ts: float) -> Decimal | None:
        """Return what had accrued by a payment, None where that is not known well; go on from there."""
        due = _ZERO
        while self._steps and self._steps[0][0] <= ts:
            due += self._steps.popleft()[1]
        known = self._whole and ts - self._since >= _SHORTEST_S
        self._since, self._whole = ts, True
        return due if known else None


class CostWatch:
    """Compares the newest fees and payments with what they were expected to be."""

    def __init__(self, costs: Costs) -> None:
        """Take the configured rates."""
        self._costs = costs
        self._fees, self._funding = _Pairs(), _Pairs()
        self._estimated: dict[str, FillBooked] = {}
        self._accruals: dict[str, _Accrual] = {}
        self._flat: set[str] = set()
        """Symbols that were seen without a position."""
        self._words: tuple[str, ...] | None = ()

    def warnings(self) -> tuple[str, ...]:
        """Return what differs by more than a fifth, e.g. ``fees_above_configured: ...``; it freezes nothing."""
        if self._words is None:
            off = (self._fees.off("fees", "configured"), self._funding.off("funding", "market"))
            self._words = tuple(words for words in off if words is not None)
        return self._words

    def take(self, entry: LedgerEntry) -> None:
        """Take a line of the ledger."""
        if isinstance(entry, FillBooked):
            self._take_fill(entry)
        elif isinstance(entry, FillSettled):
            fill = self._estimated.pop(entry.fill_id, None)
            if fill is not None:
                self._compare(fill, entry.fee_usd)
        elif isinstance(entry, FundingBooked):
            self._take_funding(entry)

    def accrue(self, symbol: str, *, value_usd: Decimal, rate: float, ts: float) -> None:
        """Take what is held of a symbol, signed, and the share of it that longs pay in an hour now."""
        if not value_usd:
            self._accruals.pop(symbol, None)
            self._flat.add(symbol)
        elif symbol not in self._accruals:
            self._accruals[symbol] = _Accrual(ts, whole=symbol in self._flat)
        else:
            self._accruals[symbol].step(ts, value_usd * Decimal(str(rate)))

    def _take_fill(self, fill: FillBooked) -> None:
        if fill.fill_type not in _KINDS:
            return
        if not fill.fee_estimated:
            self._compare(fill, fill.fee_usd)
            return
        self._estimated[fill.fill_id] = fill
        if len(self._estimated) > _REMEMBERED:
            del self._estimated[next(iter(self._estimated))]

    def _compare(self, fill: FillBooked, fee_usd: Decimal) -> None:
        self._fees.add(expected_fee(self._costs, fill), fee_usd)
        self._words = None

    def _take_funding(self, paid: FundingBooked) -> None:
        accrual = self._accruals.get(paid.symbol)
        due = None if accrual is None else accrual.pay(paid.ts)
        if due is not None:
            self._funding.add(due, -paid.amount_usd)
            self._words = None
