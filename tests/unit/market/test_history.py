import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from src.features.regime import RegimeState
from src.market.history import Columns, History
from src.market.kept_windows import read_kept_windows, restore
from src.market.quotes import Bar, FundingHour
from src.market.slow_features import minute_facts, quarter_facts
from src.market.symbol_state import SymbolState
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


def sums(*, buys: float = 0.0, sells: float = 0.0, large: float | None = None) -> WindowSums:
    tally = WindowTally()
    tally.buy_volume, tally.sell_volume = buys, sells
    return tally.sums(close=None, large_trade_usd=large)


def filled(count: int, *, holes: Sequence[int] = (), window_s: float = 60.0) -> History:
    """Return a history of ``count`` windows that end at START, each with one contract bought."""
    history = History(window_s)
    for back in range(count):
        ts = START - back * window_s
        history.add_window(ts, sums(buys=1.0), mid=100.0, open_interest=5.0, whole=back not in holes)
    return history


def test_sum_over_an_hour_counts_each_window_once() -> None:
    assert filled(60).sums_over(3600, until=START)[Columns.BUY] == 60
    assert filled(80).sums_over(300, until=START)[Columns.BUY] == 5


def test_sum_of_a_span_that_was_not_watched_is_unknown() -> None:
    assert filled(53).sums_over(3600, until=START)[Columns.BUY] is None
    assert filled(54).sums_over(3600, until=START)[Columns.BUY] == 54
    assert filled(60, holes=range(7)).sums_over(3600, until=START)[Columns.BUY] is None
    assert filled(60, holes=[1]).sums_over(300, until=START)[Columns.BUY] is None


def test_large_trades_without_a_threshold_are_unknown() -> None:
    assert filled(60).sums_over(3600, until=START)[Columns.LARGE_BUY] is None
    history = History(60)
    for back in range(60):
        history.add_window(START - 60 * back, sums(large=1.0), mid=None, open_interest=None, whole=True)
    assert history.sums_over(3600, until=START)[Columns.LARGE_BUY] == 0.0


def test_old_windows_leave_the_sum() -> None:
    history = filled(60)
    assert history.sums_over(3600, until=START + 360)[Columns.BUY] == 54
    assert history.sums_over(3600, until=START + 420)[Columns.BUY] is None
    assert history.value_at(START - 3540, Columns.OPEN_INTEREST) == 5.0
    assert history.value_at(START - 7200, Columns.OPEN_INTEREST) is None


def test_funding_older_than_a_month_is_forgotten() -> None:
    history = History(60)
    history.add_funding([FundingHour(START - 3600 * back, float(back)) for back in range(800)], now=START)
    rates = history.funding_rates(now=START)
    assert rates.size == 720
    assert rates[-1] == 0.0
    assert len(history._funding) == 720
    assert history.funding_rates(now=START + 86400).size == 696


def test_price_is_found_by_minute_and_by_window() -> None:
    history = History(1.0)
    history.mark_price(START, 100.0)
    history.add_window(START + 1, sums(), mid=101.0, open_interest=None, whole=True)
    assert history.price_at(START) == 100.0
    assert history.price_at(START + 1) == 101.0
    assert history.price_at(START + 2) is None


def histories(*, quarters: int = 2880) -> dict[str, History]:
    made = {symbol: History(60) for symbol in SYMBOLS}
    for number, history in enumerate(made.values()):
        history.add_bars(bars(number, count=2000, resolution_s=60), resolution_s=60)
        history.add_bars(bars(number, count=quarters, resolution_s=900), resolution_s=900)
    return made


def test_facts_of_bars_rest_on_nothing_after_their_end() -> None:
    before = histories()
    after = histories()
    for history in after.values():
        history.add_bars([Bar(START + 60 * n, 9e9, 9e9, 9e9, 9e9, 1.0) for n in range(30)], resolution_s=60)
        history.add_bars([Bar(START + 900 * n, 9e9, 9e9, 9e9, 9e9, 1.0) for n in range(30)], resolution_s=900)
    for until in (START, START + 30):
        assert minute_facts(before, LEADER, until=until) == minute_facts(after, LEADER, until=START)
        assert quarter_facts(before, LEADER, until=until) == quarter_facts(after, LEADER, until=START)


def test_leader_leads_nobody_but_the_others() -> None:
    facts = minute_facts(histories(), LEADER, until=START)
    assert facts[LEADER].lead is None
    assert all(facts[symbol].lead is not None for symbol in SYMBOLS if symbol != LEADER)
    assert len({fact.leader_return_bps for fact in facts.values()}) == 1


def test_volatility_is_that_of_the_last_sixty_minutes() -> None:
    closes = [bar.close for bar in bars(0, count=2000, resolution_s=60)][-61:]
    expected = 1e4 * math.sqrt(float(np.square(np.diff(np.log(closes))).sum()))
    assert minute_facts(histories(), LEADER, until=START)[LEADER].volatility_1h_bps == pytest.approx(expected)


def test_trend_is_that_of_the_last_twenty_bars() -> None:
    closes = [bar.close for bar in bars(0, count=2880, resolution_s=900)]
    expected = 1e4 * (closes[-1] / closes[-21] - 1)
    assert quarter_facts(histories(), LEADER, until=START)[LEADER].trend_bps == pytest.approx(expected)


def test_leader_correlates_with_itself() -> None:
    facts = quarter_facts(histories(), LEADER, until=START)
    assert facts[LEADER].correlation == 1.0
    assert facts[LEADER].beta == pytest.approx(1.0)
    for symbol in SYMBOLS[1:]:
        correlation = facts[symbol].correlation
        assert correlation is not None
        assert abs(correlation) < 0.3


def test_young_history_has_no_relation_and_no_median() -> None:
    facts = quarter_facts(histories(quarters=90), LEADER, until=START)
    assert facts[LEADER].correlation is facts[LEADER].volatility_median_bps is None
    assert quarter_facts(histories(quarters=220), LEADER, until=START)[LEADER].correlation == 1.0


def test_unknown_leader_leaves_the_rest_standing() -> None:
    made = histories()
    made[LEADER] = History(60)
    other = SYMBOLS[1]
    minute = minute_facts(made, LEADER, until=START)[other]
    quarter = quarter_facts(made, LEADER, until=START)[other]
    assert minute.lead is minute.leader_return_bps is quarter.correlation is None
    assert minute.volatility_1h_bps is not None
    assert quarter.hurst is not None


def written() -> list[Features]:
    collected = Collected()
    builder = make_builder(collected)
    seed_history(builder)
    for at, message in random_market(seed=8, seconds=900):
        builder.on_message(at, message)
        builder.step(at)
    return collected.lines


def states(window_s: float = 60.0) -> dict[str, SymbolState]:
    from_nothing = make_builder(Collected(), window_s=window_s)
    return from_nothing._states


def test_restored_state_is_that_of_the_last_window() -> None:
    lines = written()
    found = states()
    restore(found, kept(lines), window_s=60.0)
    last = lines[-1]
    state = found[last.symbol]
    mine = [line for line in lines if line.symbol == last.symbol]
    assert state.written_ts == last.ts
    assert state.history.last_score == (last.ts, last.ofi)
    assert state.trades.large_trade_usd == last.sums.large_trade_usd
    assert len(state.history.imbalances) == last.ofi_windows + 1
    assert state.history.price_at(last.ts) == last.mid
    regimes = [line.regime for line in mine]
    since = next(line.ts for line in mine if line.regime is regimes[-1])
    assert regimes[-1] is not None
    assert state.history.regime == RegimeState(regimes[-1], since)


def test_windows_of_another_length_give_prices_but_no_scale() -> None:
    lines = written()
    found = states(5.0)
    restore(found, kept(lines), window_s=5.0)
    history = found[LEADER].history
    assert len(history.imbalances) == 0
    assert history.last_score is None
    assert history.price_at(lines[-1].ts) is not None


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
