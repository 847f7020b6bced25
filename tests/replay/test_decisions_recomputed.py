"""Every decision follows from the records alone, bit for bit."""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from src.recomputation import Asked, NotOnRecord, RulesOnRecord, decided_again, recomputed
from src.records.decisions import Decision
from src.records.features import Features
from src.records.gate_facts import GateFacts
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.simulation.plan import Resolution
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.simulation_fakes import change, fresh_home, live, plan_of

SYMBOLS = ["PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home that lived through trades, learning cycles and several starts."""
    home = fresh_home(tmp_path_factory.mktemp("run"), symbols=SYMBOLS, window_s=300, learning_every_s=14_400)
    change(home.policies, fee_gate="off", long_ofi_requirement=0.3, short_ofi_requirement=0.3)
    live(plan_of(home, days=1.5, leg_windows=100))
    return home


def again(home: Home) -> Iterator[tuple[Decision, Decision]]:
    """Yield each decision with what the records make of it once more."""
    facts = dict(enumerate(read_all(home.gate_facts, GateFacts), start=1))
    windows = {(w.symbol, w.ts): w for w in read_all(home.windows, Features)}
    signals = {s.signal_id: s for s in read_all(home.predictive_signals, Signal)}
    predictions = {p.signal_id: p for p in read_all(home.ensemble_predictions, Prediction)}
    rules = RulesOnRecord(home)
    for seq, group in groupby(read_all(home.decisions, Decision), key=lambda decision: decision.facts_seq):
        assert seq is not None
        decisions, situation = list(group), facts[seq]
        market = {symbol: windows[symbol, ts] for symbol, ts in situation.windows.items()}
        asked = [
            Asked(
                signals[each.signal_id],
                None if each.win_probability is None else predictions[each.signal_id],
            )
            for each in decisions
        ]
        yield from zip(
            decisions,
            decided_again(situation, rules.of(situation), market, asked, facts_seq=seq),
            strict=True,
        )


def test_every_decision_of_a_run_is_made_again_from_its_records(run: Home) -> None:
    pairs = list(again(run))
    assert [before for before, _ in pairs] == [after for _, after in pairs]
    assert sum(before.should_trade for before, _ in pairs) > 3, "a run without trades proves little"
    assert len({before.evidence_version for before, _ in pairs}) > 1


def test_one_decision_is_found_and_made_again(run: Home) -> None:
    decisions = list(read_all(run.decisions, Decision))
    chosen = [d for d in decisions if d.should_trade][:3] + decisions[-3:]
    for decision in chosen:
        assert recomputed(run, decision) == decision


def test_a_changed_number_is_seen(run: Home) -> None:
    decision = next(d for d in read_all(run.decisions, Decision) if d.should_trade)
    text = run.gate_facts.read_bytes()
    line = next(
        line for line in text.splitlines(keepends=True) if f'"seq":{decision.facts_seq},'.encode() in line
    )
    other = re.sub(rb'"equity_usd":[0-9.]+', b'"equity_usd":10.0', line)
    assert other != line
    try:
        run.gate_facts.write_bytes(text.replace(line, other))
        assert recomputed(run, decision) != decision
    finally:
        run.gate_facts.write_bytes(text)


def test_what_is_no_longer_on_record_is_named(run: Home, tmp_path: Path) -> None:
    decision = next(d for d in read_all(run.decisions, Decision) if d.should_trade)
    kept = run.versions.rename(tmp_path / "versions")
    try:
        with pytest.raises(NotOnRecord, match=r"policies [0-9a-f]+ are not kept"):
            recomputed(run, decision)
    finally:
        kept.rename(run.versions)


def test_decisions_at_message_resolution_are_made_again_too(tmp_path: Path) -> None:
    home = fresh_home(tmp_path, symbols=SYMBOLS[:2], window_s=60)
    change(home.policies, fee_gate="off", long_ofi_requirement=0.2, short_ofi_requirement=0.2)
    live(plan_of(home, days=0.02, resolution=Resolution.MESSAGES))
    pairs = list(again(home))
    assert len(pairs) > 20
    assert [before for before, _ in pairs] == [after for _, after in pairs]
