import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from src.features.regime import RegimeState
from src.market.assemble import Assembler
from src.market.history import FLOWS, Series, flows_of
from src.market.hour_facts import HourFacts, hour_facts
from src.market.kept_windows import read_kept_windows
from src.market.quotes import Bar
from src.market.rolling_skews import RollingSkews
from src.market.slow_features import MinuteFacts, QuarterFacts, minute_facts, quarter_facts
from src.market.tally import WindowTally
from src.records.features import Features, WindowSums
from src.store.jsonl import Durability, JsonlWriter
from src.store.paths import Home
from tests.market_fakes import (
    LEADER,
    START,
    SYMBOLS,
    Collected,
    bars,
    kept,
    make_builder,
    random_market,
    seed_history,
)

BUY, LARGE_BUY = 0, 2


def sums(*, buys: float = 0.0, large: float | None = None) -> WindowSums:
    tally = WindowTally()
    tally.buy_volume = buys
    return tally.sums(close=None, large_trade_usd=large)


def filled(count: int, *, holes: Sequence[int] = (), large: float | None = None) -> Series:
    """Return the series of two symbols over ``count`` minutes that end at START, with a contract bought in each.

    The windows in ``holes`` were not watched.
    """
    series = Series(2, 60.0)
    for back in range(count - 1, -1, -1):
        row = flows_of(sums(buys=1.0, large=large), whole=back not in holes)
        series.add_windows(START - 60 * back, [100.0, None], [5.0, None], [row, row])
    return series


def bought(series: Series, span_s: float, *, until: float = START, flow: int = BUY) -> float | None:
    both = series.flows_over(span_s, until=until)
    assert len(both) == 2 * FLOWS
    assert both[flow] == both[FLOWS + flow] or math.isnan(both[flow])
    return None if math.isnan(both[flow]) else both[flow]


def test_sum_over_an_hour_counts_each_window_once() -> None:
    assert bought(filled(60), 3600) == 60
    assert bought(filled(80), 300) == 5


def test_sum_of_a_span_that_was_not_watched_is_unknown() -> None:
    assert bought(filled(53), 3600) is None
    assert bought(filled(54), 3600) == 54
    assert bought(filled(60, holes=range(7)), 3600) is None
    assert bought(filled(60, holes=range(6)), 3600) == 54
    assert bought(filled(60, holes=[1]), 300) is None


def test_large_trades_without_a_threshold_are_unknown() -> None:
    assert bought(filled(60), 3600, flow=LARGE_BUY) is None
    assert bought(filled(60, large=1.0), 3600, flow=LARGE_BUY) == 0.0


def test_old_windows_leave_the_sum() -> None:
    series = filled(60)
    assert bought(series, 3600, until=START + 360) == 54
    assert bought(series, 3600, until=START + 420) is None
    assert series.interests.row(START - 3540)[0] == 5.0
    assert math.isnan(series.interests.row(START - 3540)[1])
    assert math.isnan(series.interests.row(START - 7200)[0])


def test_sum_is_that_of_adding_up_oldest_first() -> None:
    rng = np.random.default_rng(3)
    rows = rng.lognormal(0, 3, size=(60, FLOWS)).tolist()
    series = Series(1, 60.0)
    for number, row in enumerate(rows):
        series.add_windows(START - 60 * (59 - number), [1.0], [1.0], [tuple(row)])
    expected = [0.0] * FLOWS
    for row in rows:
        expected = [total + value for total, value in zip(expected, row, strict=True)]
    assert series.flows_over(3600, until=START) == expected


def test_price_is_found_by_minute_and_by_window() -> None:
    series = Series(1, 1.0)
    series.mark_prices(START, {0: 100.0})
    series.add_windows(START + 1, [101.0], [None], [None])
    assert series.prices_at(START) == [100.0]
    assert series.prices_at(START + 1) == [101.0]
    assert math.isnan(series.prices_at(START + 2)[0])


def test_price_of_some_symbols_leaves_the_others_alone() -> None:
    series = Series(2, 60.0)
    series.add_bars([Bar(START - 60, 7.0, 7.0, 7.0, 7.0, 1.0)], 1, resolution_s=60)
    series.mark_prices(START, {0: 100.0})
    assert series.prices_at(START) == [100.0, 7.0]
    series.mark_prices(START, {0: 101.0, 1: 8.0})
    assert series.prices_at(START) == [101.0, 8.0]
    assert series.quarters.row(START) == [101.0, 8.0]


def made_series(*, quarters: int = 2880, without: Sequence[int] = ()) -> Series:
    made = Series(len(SYMBOLS), 60)
    for number in range(len(SYMBOLS)):
        if number not in without:
            made.add_bars(bars(number, count=2000, resolution_s=60), number, resolution_s=60)
            made.add_bars(bars(number, count=quarters, resolution_s=900), number, resolution_s=900)
    return made


def minute(series: Series, until: float = START) -> list[MinuteFacts]:
    return minute_facts(series, 0, until=until)


def quarter(series: Series, until: float = START) -> list[QuarterFacts]:
    return quarter_facts(series, hour_facts(series, SYMBOLS, 0, until=until), RollingSkews(), until=until)


def test_facts_of_bars_rest_on_nothing_after_their_end() -> None:
    before, after = made_series(), made_series()
    for number in range(len(SYMBOLS)):
        late = [Bar(START + 60 * n, 9e9, 9e9, 9e9, 9e9, 1.0) for n in range(30)]
        after.add_bars(late, number, resolution_s=60)
        late = [Bar(START + 900 * n, 9e9, 9e9, 9e9, 9e9, 1.0) for n in range(30)]
        after.add_bars(late, number, resolution_s=900)
    for until in (START, START + 30):
        assert minute(before, until) == minute(after)
        assert quarter(before, until) == quarter(after)


def test_leader_leads_nobody_but_the_others() -> None:
    leader, *others = minute(made_series())
    assert leader.lead is None
    assert all(other.lead is not None for other in others)
    assert {other.leader_return_bps for other in others} == {leader.leader_return_bps}


def test_volatility_is_that_of_the_last_sixty_minutes() -> None:
    closes = [bar.close for bar in bars(0, count=2000, resolution_s=60)][-61:]
    expected = 1e4 * math.sqrt(float(np.square(np.diff(np.log(closes))).sum()))
    assert minute(made_series())[0].volatility_1h_bps == pytest.approx(expected)


def test_trend_is_that_of_the_last_twenty_bars() -> None:
    closes = [bar.close for bar in bars(0, count=2880, resolution_s=900)]
    expected = 1e4 * (closes[-1] / closes[-21] - 1)
    assert quarter(made_series())[0].trend_bps == pytest.approx(expected)


def test_facts_of_a_symbol_do_not_depend_on_who_else_is_there() -> None:
    alone = Series(1, 60)
    alone.add_bars(bars(0, count=2000, resolution_s=60), 0, resolution_s=60)
    alone.add_bars(bars(0, count=2880, resolution_s=900), 0, resolution_s=900)
    assert minute(alone)[0] == minute(made_series())[0]
    one, other = quarter(alone)[0], quarter(made_series())[0]
    assert one._replace(hour=other.hour) == other
    assert one.hour.volatility_median_bps == other.hour.volatility_median_bps


def test_leader_correlates_with_itself() -> None:
    leader, *others = hour_facts(made_series(), SYMBOLS, 0, until=START)
    assert leader.correlation == 1.0
    assert leader.beta == pytest.approx(1.0)
    for other in others:
        assert other.correlation is not None
        assert abs(other.correlation) < 0.3


def test_young_history_has_no_relation_and_no_median() -> None:
    assert hour_facts(made_series(quarters=90), SYMBOLS, 0, until=START)[0] == HourFacts(None, None, None, {})
    assert hour_facts(made_series(quarters=220), SYMBOLS, 0, until=START)[0].correlation == 1.0


def test_unknown_leader_leaves_the_rest_standing() -> None:
    made = made_series(without=[0])
    facts, bars_facts = minute(made), quarter(made)
    assert facts[0].missing == ("candles_1m",)
    assert bars_facts[0].missing == ("candles_15m",)
    assert facts[1].lead is None
    assert facts[1].leader_return_bps is bars_facts[1].hour.correlation is None
    assert facts[1].volatility_1h_bps is not None
    assert bars_facts[1].hurst is not None


def test_nothing_known_of_anybody_is_nothing_and_no_error() -> None:
    nothing = made_series(without=range(len(SYMBOLS)))
    assert {facts.volatility_1h_bps for facts in minute(nothing)} == {None}
    assert {(facts.hurst, facts.skew, facts.trend_bps) for facts in quarter(nothing)} == {(None, None, None)}


@pytest.mark.parametrize("moves", [1, 2, 4, 7])
def test_skews_that_are_kept_equal_those_of_a_new_start(moves: int) -> None:
    series = Series(len(SYMBOLS), 900)
    rng = np.random.default_rng(1)
    kept_skews = RollingSkews()
    hours = [HourFacts(None, None, None, {})] * len(SYMBOLS)
    for number in range(140):
        mids = dict(enumerate((100 * np.exp(rng.normal(0, 0.01, len(SYMBOLS)))).tolist()))
        series.mark_prices(START + 900 * number, mids)
        if number % moves == 0:
            ends = START + 900 * number
            found = quarter_facts(series, hours, kept_skews, until=ends)
            assert found == quarter_facts(series, hours, RollingSkews(), until=ends)
    assert found[0].skew_quantile is not None


def written() -> list[Features]:
    collected = Collected()
    builder = make_builder(collected)
    seed_history(builder)
    for at, message in random_market(seed=8, seconds=900):
        builder.on_message(at, message)
        builder.step(at)
    return collected.lines


def restored(lines: Sequence[Features], window_s: float = 60.0) -> Assembler:
    assembler = Assembler(SYMBOLS, LEADER, window_s)
    assembler.restore(kept(lines))
    return assembler


def test_restored_state_is_that_of_the_last_window() -> None:
    lines = written()
    last = lines[-1]
    assembler = restored(lines)
    history = assembler.histories[last.symbol]
    mine = [line for line in lines if line.symbol == last.symbol]
    assert history.written_ts == last.ts
    assert history.last_score == (last.ts, last.ofi)
    assert history.flow.count == last.ofi_windows + 1
    assert assembler.series.prices_at(last.ts)[SYMBOLS.index(last.symbol)] == last.mid
    regimes = [line.regime for line in mine]
    since = next(line.ts for line in mine if line.regime is regimes[-1])
    assert regimes[-1] is not None
    assert history.regime == RegimeState(regimes[-1], since)


def test_restored_builder_knows_what_a_large_trade_is() -> None:
    lines = written()
    builder = make_builder(Collected())
    builder.restore(kept(lines))
    last = lines[-1]
    assert last.sums.large_trade_usd is not None
    assert builder._states[last.symbol].trades.large_trade_usd == last.sums.large_trade_usd


def test_windows_of_another_length_give_prices_but_no_scale() -> None:
    lines = written()
    assembler = restored(lines, 5.0)
    history = assembler.histories[LEADER]
    assert history.flow.count == 0
    assert history.last_score is None
    assert not math.isnan(assembler.series.prices_at(lines[-1].ts)[0])


def test_symbol_that_is_no_longer_ours_is_left_out() -> None:
    builder = make_builder(Collected(), symbols=[LEADER])
    builder.restore(kept(written()))
    assert set(builder._states) == {LEADER}


def test_kept_windows_are_read_back_from_the_file(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert read_kept_windows(home.windows, symbols=3) == []
    lines = written()
    with JsonlWriter[Features](
        home.windows, writer="test", durability=Durability.TELEMETRY, quarantine=home.quarantine
    ) as writer:
        for line in lines:
            writer.append(line)
    found = read_kept_windows(home.windows, symbols=3)
    assert found == kept(lines)
