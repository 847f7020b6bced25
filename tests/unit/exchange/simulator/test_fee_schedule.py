"""The tier that is told is the tier that is charged."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.exchange.simulator.fee_schedule import DAY_S, DAYS, TIERS, Volume, tier
from tests.paper_exchange_fakes import START, Exchange, trading

D = Decimal


def told(exchange: Exchange) -> tuple[float, float, float]:
    """Return (volume, maker and taker fraction) as the two endpoints together tell them."""
    schedules = exchange.ask("feeschedules")["feeSchedules"]
    assert isinstance(schedules, list)
    schedule = schedules[0]
    volumes = exchange.ask("feeschedules/volumes")["volumesByFeeSchedule"]
    assert isinstance(volumes, dict)
    volume = volumes[schedule["uid"]]
    reached = [row for row in schedule["tiers"] if row["usdVolume"] <= volume][-1]
    return volume, reached["makerFee"] / 100, reached["takerFee"] / 100


@pytest.mark.parametrize("volume", ["0", "2499000", "2500000", "60000000", "1000000000"])
def test_what_is_told_is_charged(volume: str) -> None:
    exchange = trading()
    exchange.state.volume.add(D(volume), ts=exchange.now)
    counted, maker, taker = told(exchange)
    assert counted == float(volume)
    exchange.send("mkt", "buy", "1")
    exchange.send("lmt", "sell", "1", limitPrice="100")
    exchange.trade("buy", 100.0, 5.0)
    assert [fill.fill_type for fill in exchange.state.fills] == ["taker", "maker"]
    paid = [float(fill.fee_usd / (fill.price * fill.size)) for fill in exchange.state.fills]
    assert paid == pytest.approx([taker, maker])
    assert told(exchange)[0] == pytest.approx(float(volume) + 201)


def test_rates_fall_with_volume_and_begin_at_its_threshold() -> None:
    for lower, higher in pairwise(TIERS):
        assert lower.volume_usd < higher.volume_usd
        assert lower.maker > higher.maker >= 0
        assert lower.taker > higher.taker > 0
        assert tier(higher.volume_usd) == higher
        assert tier(higher.volume_usd - 1) == lower


def test_a_trade_counts_for_thirty_days() -> None:
    volume = Volume()
    volume.add(D(100), ts=START)
    midnight = (START // DAY_S + DAYS) * DAY_S
    assert volume.in_usd(midnight - 1) == 100
    assert volume.in_usd(midnight) == 0
    volume.add(D(1), ts=midnight)
    assert volume.by_day() == ((int(midnight // DAY_S), D(1)),)


@given(st.lists(st.tuples(st.integers(0, 20 * DAY_S), st.integers(1, 9)), max_size=20), st.integers(0, 40))
def test_a_restart_counts_what_was_counted(trades: list[tuple[int, int]], later: int) -> None:
    volume, now, done = Volume(), START, []
    for wait, usd in trades:
        now += wait
        done.append((now, usd))
        volume.add(D(usd), ts=now)
        again = Volume()
        again.restore(volume.by_day())
        then = now + later * DAY_S
        first = int(then // DAY_S) - DAYS + 1
        assert volume.in_usd(then) == again.in_usd(then)
        assert volume.in_usd(then) == sum(usd for ts, usd in done if ts // DAY_S >= first)
