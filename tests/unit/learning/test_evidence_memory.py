"""What is remembered of resolved signals gives the evidence that their rows would give."""

import dataclasses
import math
import random
from pathlib import Path

import msgspec
import numpy as np
import pytest

from src.continuous_learning_controller import run_learning_cycle
from src.data_enrichment_layer import resolved_rows
from src.learning import evidence_memory
from src.learning.evidence import DISPOSITIONS, REGIMES, STRATEGIES, Evidence, LearningRow, Lookback
from src.learning.evidence_memory import EvidenceMemory, collect
from src.records.enums import COMPONENTS, HORIZONS_S, Direction, Disposition, Regime, Strategy
from src.records.outcomes import EnrichedDecision, EnrichmentState
from src.store.disk_files import cycle_files
from src.store.document import DocumentFile
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.evidence_fakes import made_up_market, make_row
from tests.learning_fakes import T0, make_home, make_settings, open_writer
from tests.unit.learning.test_policy_plan import short_loses

DAY_S = 86400.0
WEEK = Lookback(since_ts=T0, until_ts=T0 + 7 * DAY_S, horizon="15m", block_s=14400.0)


def some_rows(count: int, *, seed: int = 1, days: float = 9.0) -> list[EnrichedDecision]:
    """Return rows as they are written: nearly in the order of time, some late, some twice, much unknown."""
    rng = random.Random(seed)

    def perhaps(value: float) -> float | None:
        return None if rng.random() < 0.1 else value

    rows = []
    for number in range(count):
        row = make_row(
            ts=T0 - DAY_S + 60.0 * round(number * days * 1440 / count),
            symbol=rng.choice(("PF_XBTUSD", "PF_ETHUSD", "PF_ADAUSD")),
            strategy=rng.choice(tuple(Strategy)),
            direction=rng.choice(tuple(Direction)),
            votes={name: rng.choice((-1, 0, 1)) for name in COMPONENTS if rng.random() < 0.8},
            regime=rng.choice((*Regime, None)),
            disposition=rng.choice(tuple(Disposition)),
            executed=rng.gauss(0, 20) if rng.random() < 0.2 else None,
        )
        rows.append(
            msgspec.structs.replace(
                row,
                ofi=perhaps(rng.uniform(-1, 1)),
                score=perhaps(rng.uniform(-1, 1)),
                cost_bps=perhaps(14.0),
                blocked_by=rng.choice(((), ("ofi", "pre_entry.age"), ("pre_entry.age",), ("fees",))),
                counterfactual_net_bps={label: perhaps(rng.gauss(0, 30)) for label in HORIZONS_S},
                market_return_bps={label: perhaps(rng.gauss(0, 30)) for label in HORIZONS_S},
            )
        )
    for _ in range(count // 20):
        place = rng.randrange(count)
        rows.insert(place + rng.randrange(40), rows[place])
    return rows


def columns_of(rows: list[EnrichedDecision], lookback: Lookback) -> dict[str, list[object]]:
    """Return the columns by the plainest formula: sort, take each signal's first row, read it off."""
    first: dict[tuple[float, str, int], EnrichedDecision] = {}
    for row in rows:
        if lookback.since_ts < row.signal_ts <= lookback.until_ts:
            first.setdefault((row.signal_ts, row.symbol, STRATEGIES.index(row.strategy)), row)
    names = sorted({symbol for _, symbol, _ in first})
    chosen = [first[key] for key in sorted(first)]
    return {
        "ts": [row.signal_ts for row in chosen],
        "block": [math.floor(row.signal_ts / lookback.block_s) for row in chosen],
        "symbol": [names.index(row.symbol) for row in chosen],
        "strategy": [STRATEGIES.index(row.strategy) for row in chosen],
        "direction": [row.direction.sign for row in chosen],
        "regime": [-1 if row.regime is None else REGIMES.index(row.regime) for row in chosen],
        "disposition": [DISPOSITIONS.index(row.disposition) for row in chosen],
        "worthy": [
            row.disposition is not Disposition.EXPIRED and not {"ofi", "fees"} & {*row.blocked_by}
            for row in chosen
        ],
        "ofi": [row.ofi for row in chosen],
        "score": [row.score for row in chosen],
        "net": [row.counterfactual_net_bps.get(lookback.horizon) for row in chosen],
        "cost": [row.cost_bps for row in chosen],
        "market": [row.market_return_bps.get(lookback.horizon) for row in chosen],
        "executed": [None if row.execution is None else row.execution.net_bps for row in chosen],
        "votes": [[row.votes.get(name, 0) for name in COMPONENTS] for row in chosen],
    }


def same(evidence: Evidence, columns: dict[str, list[object]]) -> bool:
    return all(
        np.array_equal(
            getattr(evidence, field.name),
            np.array(columns[field.name], dtype=getattr(evidence, field.name).dtype).reshape(
                getattr(evidence, field.name).shape
            ),
            equal_nan=field.name not in {"block", "symbol", "worthy"},
        )
        for field in dataclasses.fields(evidence)
    )


@pytest.mark.parametrize("horizon", ["1m", "1h", "never measured"])
def test_the_columns_are_those_of_the_plainest_formula(horizon: str) -> None:
    rows, lookback = some_rows(600), WEEK._replace(horizon=horizon)
    assert same(collect(rows, lookback), columns_of(rows, lookback))


def test_rows_fed_as_they_are_written_give_what_reading_them_all_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evidence_memory, "_CHUNK_BYTES", 50 * 136)
    rows = some_rows(1000)
    memory = EvidenceMemory(kept_s=3 * DAY_S)
    for number, row in enumerate(rows):
        memory.add(row)
        if number % 100 == 99:
            now = max(each.signal_ts for each in rows[: number + 1]) + 3600
            lookback = WEEK._replace(since_ts=now - 3 * DAY_S, until_ts=now - 3900)
            told = memory.evidence(lookback)
            assert same(told, columns_of(rows[: number + 1], lookback))
            assert told.data_hash() == collect(rows[: number + 1], lookback).data_hash()
    assert len(memory) < len(rows) / 2


def test_open_rows_count_but_are_not_remembered() -> None:
    written, waiting = some_rows(100), some_rows(30, seed=2)
    memory = EvidenceMemory()
    for row in written:
        memory.add(row)
    assert same(memory.evidence(WEEK, also=waiting), columns_of([*written, *waiting], WEEK))
    assert same(memory.evidence(WEEK), columns_of(written, WEEK))


def test_nothing_remembered_is_no_evidence() -> None:
    assert len(EvidenceMemory().evidence(WEEK)) == 0


def test_what_is_forgotten_is_never_passed_over_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_memory, "_CHUNK_BYTES", 137)
    memory = EvidenceMemory(kept_s=DAY_S)
    for row in some_rows(200):
        memory.add(row)
    with pytest.raises(LookupError):
        memory.evidence(WEEK)


def test_a_signal_takes_less_than_two_hundred_bytes() -> None:
    memory = EvidenceMemory()
    for row in some_rows(1000):
        memory.add(row)
    assert sum(len(chunk.rows) for chunk in memory._chunks) / len(memory) < 200


def test_a_cycle_from_memory_writes_the_bytes_of_one_that_reads_the_disk(tmp_path: Path) -> None:
    now = T0 + 42 * 14400 + 4000
    rows = made_up_market(seed=1, end=now - 4000, edge=short_loses, skilled="hurst")
    written, waiting = rows[:-20], rows[-20:]
    homes = [home_with(tmp_path / name, written, waiting) for name in ("disk", "memory")]
    memory = EvidenceMemory(kept_s=7 * DAY_S)
    for row in read_all(homes[1].enriched_decisions, LearningRow):
        memory.add(row)
    settings = make_settings(homes[0])
    from_disk = run_learning_cycle(homes[0], settings, now, 1, files=cycle_files(homes[0], settings, now, 1))
    from_memory = run_learning_cycle(
        homes[1],
        settings,
        now,
        1,
        files=cycle_files(homes[1], settings, now, 1),
        evidence=lambda lookback: memory.evidence(lookback, also=waiting),
    )
    assert from_memory == from_disk
    assert from_disk.adjustments_applied > 0
    for name in ("weights", "daily_rules", "learning_state", "learning_audit", "policies"):
        assert getattr(homes[0], name).read_bytes() == getattr(homes[1], name).read_bytes()


def home_with(root: Path, written: list[EnrichedDecision], waiting: list[EnrichedDecision]) -> Home:
    home = make_home(root)
    with open_writer(home, home.enriched_decisions) as writer:
        for row in written:
            writer.append(row)
    DocumentFile(
        home.positions / "data_enrichment.json", EnrichmentState, writer="enrichment", durable=False
    ).write(EnrichmentState(ts=T0, since_ts=None, open_rows=tuple(waiting), entries=()))
    assert sum(1 for _ in resolved_rows(home)) == len(written) + len(waiting)
    return home
