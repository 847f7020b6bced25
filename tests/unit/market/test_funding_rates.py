import random

import pytest

from src.features import funding
from src.market.funding_rates import FundingRates
from src.market.quotes import FundingHour
from tests.market_fakes import START


def rate(back: int) -> float:
    return 1e-5 * (back % 13)


def some(count: int, *, until: float = START) -> FundingRates:
    rates = FundingRates()
    rates.add([FundingHour(until - 3600 * back, rate(back)) for back in range(count)], now=until)
    return rates


def test_funding_older_than_a_month_is_forgotten() -> None:
    rates = some(800)
    assert len(rates) == 720
    assert rates.at(START).tolist() == [rate(back) for back in range(719, -1, -1)]
    assert rates.at(START + 86400).size == 696


def test_hours_may_come_in_any_order_and_again() -> None:
    hours = [FundingHour(START - 3600 * back, rate(back)) for back in range(100)]
    shuffled = hours[:]
    random.Random(1).shuffle(shuffled)
    rates = FundingRates()
    rates.add(shuffled, now=START)
    rates.add([FundingHour(START - 3600, 7.0)], now=START)
    rates.add(hours, now=START)
    assert rates.at(START).tolist() == some(100).at(START).tolist()


def test_z_score_moves_with_every_hour_that_comes_and_goes() -> None:
    rates = some(720)
    seen = set()
    for passed in range(0, 30 * 3600, 900):
        now = START + passed
        if passed == 7200:
            rates.add([FundingHour(now, 9e-5)], now=now)
        usual = funding.usual(rates.at(now))
        assert usual is not None
        found = rates.z_score(3e-5, now=now)
        assert found == pytest.approx(funding.z_score(3e-5, usual), rel=0, abs=0)
        seen.add(found)
    assert len(seen) > 25


def test_z_score_of_too_few_hours_is_unknown() -> None:
    assert some(47).z_score(1e-5, now=START) is None
    assert some(48).z_score(1e-5, now=START) is not None
