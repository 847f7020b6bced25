"""The predictive engine: what it takes to form a signal, and that each is formed exactly once."""

import math
import random
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from src.predictive_flow_engine import PredictiveEngine, build_predictive_engine, signals_of
from src.records.enums import COMPONENTS, Direction, Regime, Strategy, Vote
from src.records.features import Features
from src.records.learning import SignalWeights
from src.records.policies import Components
from src.records.signals import Signal
from src.store.document import DocumentFile
from src.store.errors import ConfigError
from src.store.jsonl import Durability, JsonlWriter, read_all
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.signals_fakes import BULLISH, T0, made_home, project_components, window

CONFIG = project_components()
SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")


# what is a signal
def test_order_flow_above_the_floor_makes_an_ofi_signal_on_its_side() -> None:
    for ofi, direction in ((0.1, Direction.LONG), (-0.4, Direction.SHORT)):
        (signal,) = formed(window(ofi=ofi, ofi_previous=ofi))
        assert (signal.strategy, signal.direction, signal.ofi) == (Strategy.OFI, direction, ofi)


@pytest.mark.parametrize("ofi", [None, 0.0, 0.09, -0.09])
def test_weak_or_unknown_order_flow_makes_none(ofi: float | None) -> None:
    assert formed(window(ofi=ofi)) == []


def test_a_gap_in_the_book_makes_the_order_flow_unknown() -> None:
    (signal,) = formed(window(**BULLISH, incomplete=("book_gap",)))
    assert (signal.strategy, signal.ofi) == (Strategy.SENTIMENT, None)
    assert vote_of(signal, "ofi_momentum") is Vote.ABSTAIN
    assert signal.coverage == 9


@pytest.mark.parametrize("mid", [None, 0.0, -1.0])
def test_without_a_price_there_is_no_signal(mid: float | None) -> None:
    assert formed(window(**BULLISH, mid=mid)) == []


def test_sentiment_needs_as_many_confident_votes_on_its_side_as_the_rules_say() -> None:
    settings = project_components()
    strict = msgspec.structs.replace(
        settings, signals=msgspec.structs.replace(settings.signals, sentiment_votes=2)
    )
    one: dict[str, object] = {"large_net_usd_1h": -5e4, "large_total_usd_1h": 1e5}
    assert len(formed(window(**one))) == 1
    assert formed(window(**one), settings=strict) == []
    (signal,) = formed(window(**one, funding_rate=0.0002), settings=strict)
    assert (signal.strategy, signal.direction) == (Strategy.SENTIMENT, Direction.SHORT)


def test_confidence_is_split_by_side() -> None:
    features = window(**BULLISH, skew=2.0, skew_quantile=0.99)
    signals = formed(features)
    assert [signal.strategy for signal in signals] == [Strategy.OFI, Strategy.SENTIMENT]
    for signal in signals:
        assert signal.direction is Direction.LONG
        assert signal.opposing_confidence == pytest.approx(0.05)
        assert signal.confidence > 0.3


def test_a_signal_carries_its_decision_point_and_its_market() -> None:
    (signal,) = formed(
        window(ofi=0.2, ofi_previous=0.2, regime=Regime.WILD_DOWN, fear_greed=None), now=T0 + 2
    )
    assert signal.signal_id == f"PF_XBTUSD-OFI-{round(T0 * 1000)}"
    assert (signal.ts, signal.recorded_at, signal.price) == (T0, T0 + 2, 100.0)
    assert (signal.regime, signal.coverage) == (Regime.WILD_DOWN, 9)
    assert tuple(vote.name for vote in signal.votes) == COMPONENTS


# the stage on files
def test_a_step_without_input_writes_nothing(tmp_path: Path) -> None:
    engine = started(made_home(tmp_path))
    assert (engine.step(T0), engine.outputs, engine.backlog()) == (0, 0, False)
    engine.close()


def test_the_same_market_gives_the_same_signals(tmp_path: Path) -> None:
    windows = market(seed=1, minutes=40)
    first, second = (run(made_home(tmp_path / name), windows) for name in "ab")
    assert first == second
    assert {signal.strategy for signal in first} == set(Strategy)


def test_what_follows_never_changes_a_signal(tmp_path: Path) -> None:
    windows = market(seed=2, minutes=30)
    poisoned = [msgspec.structs.replace(each, ofi=-1.0, mid=1e6, skew=9.0) for each in windows[30:]]
    whole = run(made_home(tmp_path / "whole"), windows)
    early = run(made_home(tmp_path / "early"), windows[:30])
    other = run(made_home(tmp_path / "other"), [*windows[:30], *poisoned])
    assert early
    assert whole[: len(early)] == early
    assert other[: len(early)] == early


def test_a_crash_after_any_line_loses_and_doubles_no_signal(tmp_path: Path) -> None:
    windows = market(seed=3, minutes=6)
    wanted = [signal.signal_id for signal in run(made_home(tmp_path / "wanted"), windows)]
    for crash_after in range(len(wanted)):
        home = made_home(tmp_path / f"crash{crash_after}")
        append(home, windows[:4])
        settle(started(home))
        append(home, windows[4:])
        crash(started(home), after=crash_after)
        settle(started(home))
        assert ids(home) == wanted


def test_repeated_windows_are_answered_once(tmp_path: Path) -> None:
    windows = market(seed=4, minutes=5)
    once = run(made_home(tmp_path / "once"), windows)
    again = run(made_home(tmp_path / "again"), [*windows, *windows[-3:], *windows])
    assert again == once


def test_a_lost_place_repeats_no_signal(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    signals = run(home, market(seed=5, minutes=5))
    for place in home.positions.iterdir():
        place.unlink()
    assert run(home, []) == signals


def test_learned_weights_take_over_as_soon_as_they_are_written(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    engine = started(home)
    opposed: dict[str, object] = {**BULLISH, "skew": 2.0, "return_1h_bps": 200.0}
    append(home, [window(**opposed)])
    engine.step(T0)
    learn(home, volatility_skew=0.5, oi_divergence=0.5)
    append(home, [window(**opposed, ts=T0 + 60)])
    engine.step(T0 + 60)
    engine.close()
    sentiments = [
        each for each in read_all(home.predictive_signals, Signal) if each.strategy is Strategy.SENTIMENT
    ]
    assert [signal.direction for signal in sentiments] == [Direction.LONG, Direction.SHORT]


def test_a_broken_config_stops_the_start(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    text = home.components.read_text().replace('"net_share"', '"net_shear"')
    home.components.write_text(text)
    with pytest.raises(ConfigError, match="whale_flow"):
        started(home)


def test_its_counters_tell_what_it_did(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    windows = market(seed=6, minutes=3)
    append(home, windows)
    engine = started(home)
    assert engine.backlog()
    engine.step(T0)
    engine.save()
    assert not engine.backlog()
    assert (engine.handled, engine.last_event_ts) == (len(windows), windows[-1].ts)
    assert engine.outputs == len(ids(home))
    assert engine.inputs() == (home.windows,)
    engine.close()


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("components", "hurst", "thresholds"), {}, "hurst.thresholds"),
        (("components", "hurst", "weight"), 0.5, "sum to 1"),
        (("components", "hurst", "thresholds", "full_trend_bps"), 0, "> 0.0"),
        (("components", "gut_feeling"), {"weight": 0, "thresholds": {}}, "components must name"),
        (("ensemble", "weights"), {"votes": 1}, "weights must name"),
    ],
)
def test_a_config_that_no_component_could_use_is_refused(
    path: Sequence[str], value: object, complaint: str
) -> None:
    config = msgspec.to_builtins(CONFIG)
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(msgspec.ValidationError, match=complaint):
        msgspec.convert(config, Components)


def formed(features: Features, *, now: float = T0 + 0.1, settings: Components = CONFIG) -> list[Signal]:
    return list(signals_of(features, settings=settings, weights=settings.weights(), now=now))


def vote_of(signal: Signal, name: str) -> Vote:
    return next(vote.vote for vote in signal.votes if vote.name == name)


def market(*, seed: int, minutes: int) -> list[Features]:
    """Return a made-up market of two symbols in which both strategies find signals."""
    rng = random.Random(seed)
    return [some_window(rng, symbol, T0 + 60 * minute) for minute in range(minutes) for symbol in SYMBOLS]


def some_window(rng: random.Random, symbol: str, ts: float) -> Features:
    return window(
        symbol=symbol,
        ts=ts,
        mid=100 * math.exp(rng.gauss(0, 0.01)),
        ofi=rng.uniform(-1, 1),
        ofi_previous=rng.uniform(-1, 1),
        return_window_bps=rng.gauss(0, 10),
        large_net_usd_1h=rng.uniform(-1e5, 1e5),
        large_total_usd_1h=1e5,
        funding_rate=rng.gauss(0, 1e-4),
        skew=rng.gauss(0, 1.0),
        fear_greed=rng.choice([None, 10.0, 50.0, 90.0]),
    )


def run(home: Home, windows: Sequence[Features]) -> list[Signal]:
    """Return all signals of a home after an engine has lived through these windows, one step each."""
    engine = started(home)
    with windows_writer(home) as writer:
        for each in windows:
            writer.append(each)
            engine.step(each.ts + 0.1)
    engine.step(T0 + 1e6)
    engine.save()
    engine.close()
    return list(read_all(home.predictive_signals, Signal))


def append(home: Home, windows: Sequence[Features]) -> None:
    with windows_writer(home) as writer:
        for each in windows:
            writer.append(each)


def started(home: Home) -> PredictiveEngine:
    return build_predictive_engine(home, disk_files(home))


def windows_writer(home: Home) -> JsonlWriter[Features]:
    return JsonlWriter[Features](
        home.windows, writer="test", durability=Durability.TELEMETRY, quarantine=home.quarantine
    )


def settle(engine: PredictiveEngine) -> None:
    while engine.step(T0):
        pass
    engine.save()
    engine.close()


class _Crash(Exception):
    pass


def crash(engine: PredictiveEngine, *, after: int) -> None:
    """Step the engine until it has written so many lines, then let it die without saving its place."""
    append_line, left = engine._signals.append, iter(range(after))

    def append_or_die(record: Signal) -> int:
        if next(left, None) is None:
            raise _Crash
        return append_line(record)

    engine._signals.append = append_or_die  # type: ignore[method-assign] # stands for a kill at this line
    try:
        engine.step(T0)
    except _Crash:
        pass
    finally:
        engine.close()


def ids(home: Home) -> list[str]:
    return [signal.signal_id for signal in read_all(home.predictive_signals, Signal)]


def learn(home: Home, **weights: float) -> None:
    document = SignalWeights(
        ts=T0,
        cycle_id="test",
        weights=dict.fromkeys(COMPONENTS, 0.0) | weights,
        reasons={},
        outcomes=0,
        blocks=0,
    )
    DocumentFile(home.weights, SignalWeights, writer="test").write(document)
