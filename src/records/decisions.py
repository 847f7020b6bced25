"""What the conviction gate ruled, with every number that it compared."""

from src.records.base import Line, Record
from src.records.enums import Direction, Ruling, Strategy


class Verdict(Record, frozen=True, kw_only=True):
    """One check's ruling; its numbers are the explanation."""

    check: str
    ruling: Ruling
    measured: float | None
    """None where the input was missing."""
    required: float | None
    unit: str
    """Of measured and required, e.g. ``score``, ``bps`` or ``usd``."""
    reason: str
    """A short word, e.g. ``below_requirement`` or ``stale_features``; empty for a plain pass."""
    size_factor: float = 1.0
    """What the check multiplies the size by, 0..1; below 1 only with RESIZE."""

    def __post_init__(self) -> None:
        """Refuse a check that raises a size."""
        if not 0 <= self.size_factor <= 1:
            raise ValueError(f"size_factor must lie in 0..1, not {self.size_factor}")


class SizeFactor(Record, frozen=True, kw_only=True):
    """One factor of the size formula."""

    name: str
    value: float


class Decision(Line, frozen=True, kw_only=True):
    """The gate's answer to one signal; ``ts`` is when it was decided."""

    signal_id: str
    signal_ts: float
    symbol: str
    strategy: Strategy
    direction: Direction
    should_trade: bool
    score: float
    """Weighted agreement of the components with the direction, -1..1."""
    conviction: str
    """ULTRA, HIGH, MEDIUM, BASELINE, LOW or MINIMUM, by the score."""
    win_probability: float | None
    """None where no prediction came in time."""
    expected_edge_bps: float | None
    """Expected gain before costs over the expected hold, in bps of notional."""
    cost_bps: float | None
    """Taker fees both ways and slippage, in bps of notional."""
    price: float
    """Mid price at the decision point, in USD."""
    size_usd: float
    """What may be traded; 0 where blocked."""
    size_factors: tuple[SizeFactor, ...]
    blocked_by: tuple[str, ...]
    """Names of the checks that block, in the order they were asked."""
    verdicts: tuple[Verdict, ...]
    weights_version: str
    """Hash of the learned weights in force."""
    policies_version: str
    """Hash of the policies in force."""
    coverage: int
    evidence_version: str = ""
    """Hash of the evidence that sizes rest on."""
    facts_seq: int | None = None
    """Number of the line of ``logs/gate_facts.jsonl`` that tells what else the gate knew."""

    def __post_init__(self) -> None:
        """Refuse a decision that contradicts its own verdicts."""
        if not self.should_trade:
            return
        if self.size_usd <= 0 or any(v.ruling in {Ruling.BLOCK, Ruling.ERROR} for v in self.verdicts):
            raise ValueError("a decision to trade needs every check's consent and a size")
