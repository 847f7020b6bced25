"""Facts of real markets as numbers of a day, each with the band that it must lie in and where the band comes from.

Sources: Cont, "Empirical properties of asset returns" (2001); Gopikrishnan et al., "Inverse cubic law" (1998); Cont,
Kukanov and Stoikov, "The price impact of order book events" (2014); Bouchaud, Farmer and Lillo, "How markets slowly
digest changes in supply and demand" (2009); the venue's rule of funding; a recorded BTC and ETH perpetual. Where a
source tells a sign and an order of magnitude, so does the band; "judgement" is ours of what large perpetuals show. All
leave room for the chance of one day of two contracts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.market_watch import Floats, Seconds

MINUTE_S, HOUR_S = 60, 3600
Day = Mapping[str, Seconds]
"""By symbol; the leader first."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One number of a day, and the band in which markets have it."""

    name: str
    measure: Callable[[Day], float]
    low: float
    high: float
    source: str
    in_minutes: bool = False
    """Whether some minutes of books and trades are enough to tell it."""

    def holds(self, day: Day) -> bool:
        """Return whether a day shows it."""
        return self.low <= self.measure(day) <= self.high


def each(of_one: Callable[[Seconds], float]) -> Callable[[Day], float]:
    """Return the mean of a number over the contracts."""
    return lambda day: float(np.mean([of_one(seconds) for seconds in day.values()]))


def kurtosis(returns: Floats) -> float:
    """Return the fourth moment over the squared variance: 3 for the normal distribution."""
    away = returns - returns.mean()
    return float((away**4).mean() / (away**2).mean() ** 2)


def tail_index(returns: Floats, *, share: float = 0.05) -> float:
    """Return Hill's estimate of the exponent of the tails, from the largest moves."""
    sizes = np.sort(np.abs(returns))[::-1]
    count = max(5, int(len(sizes) * share))
    return float(1.0 / np.log(sizes[:count] / sizes[count]).mean())


def autocorrelation(values: Floats, lag: int) -> float:
    """Return the correlation of a series with itself so many places later."""
    away = values - values.mean()
    return float((away[lag:] * away[:-lag]).mean() / (away**2).mean())


def clustering(span_s: int, lags: range) -> Callable[[Seconds], float]:
    """Return the measure: mean autocorrelation of the size of returns over some lags."""
    return lambda s: float(np.mean([autocorrelation(np.abs(s.returns(span_s)), lag) for lag in lags]))


def memory(span_s: int, lags: range) -> Callable[[Seconds], float]:
    """Return the measure: mean autocorrelation of returns over some lags."""
    return lambda s: float(np.mean([autocorrelation(s.returns(span_s), lag) for lag in lags]))


def flow_and_return(span_s: int, *, later: int = 0) -> Callable[[Seconds], float]:
    """Return the measure: correlation of a span's order flow with the return of the same span, or of a later one."""

    def of(s: Seconds) -> float:
        moved, flow = s.returns(span_s), s.summed(s.flow, span_s)
        return float(np.corrcoef(flow[: len(flow) - later], moved[later:])[0, 1])

    return of


def response_bps(s: Seconds, after_s: int) -> float:
    """Return how far the mid has moved in the takers' direction, from the second before to ``after_s`` behind."""
    log, sign = np.log(s.mid), np.sign(s.bought)
    moved = (log[after_s + 1 :] - log[: len(log) - after_s - 1]) * sign[1 : len(log) - after_s]
    return float(1e4 * moved[sign[1 : len(log) - after_s] != 0].mean())


def premium(s: Seconds) -> Floats:
    """Return the mark over the index, in basis points."""
    away: Floats = 1e4 * (s.mark / s.index - 1.0)
    return away


def funding_by_hour(s: Seconds) -> tuple[Floats, Floats]:
    """Return the mean premium of each hour and the relative funding rate of the next, both as fractions."""
    hours = len(s.mid) // HOUR_S
    means = premium(s)[: hours * HOUR_S].reshape(hours, HOUR_S).mean(axis=1) * 1e-4
    starts = np.arange(1, hours) * HOUR_S + 10
    return means[:-1], s.funding_rate[starts] / s.index[starts]


def _funding_slope(day: Day) -> float:
    """Return the slope of the rate on the premium of the hour before."""
    pairs = [funding_by_hour(s) for s in day.values()]
    before, rate = (np.concatenate(column) for column in zip(*pairs, strict=True))
    return float(np.polyfit(before, rate, 1)[0])


def _forced(s: Seconds) -> tuple[Floats, Floats]:
    """Return the forced trades of each minute and the move of the five minutes up to its end."""
    minutes = len(s.mid) // MINUTE_S
    forced = s.liquidations[: minutes * MINUTE_S].reshape(minutes, MINUTE_S).sum(axis=1)
    ends = np.log(s.mid[MINUTE_S - 1 :: MINUTE_S])
    moved = np.zeros(minutes)
    moved[5:] = ends[5:] - ends[:-5]
    return forced, moved


def _cascading(day: Day) -> float:
    """Return how many times likelier a minute with forced trades is after another one than at any time."""
    hits = [_forced(s)[0] != 0 for s in day.values()]
    after = np.concatenate([hit[1:][hit[:-1]] for hit in hits])
    return float(after.mean() / np.concatenate(hits).mean()) if len(after) else 0.0


def _against_the_forced(day: Day) -> float:
    """Return the share of forced minutes in which those were sold out whom the move had hurt."""
    pairs = [_forced(s) for s in day.values()]
    agree = np.concatenate([(np.sign(moved) == np.sign(f))[f != 0] for f, moved in pairs])
    return float(agree.mean()) if len(agree) else 0.0


def _together(span_s: int) -> Callable[[Day], float]:
    def of(day: Day) -> float:
        leader, *others = (s.returns(span_s) for s in day.values())
        return float(np.mean([np.corrcoef(leader, other)[0, 1] for other in others]))

    return of


def _largest_share(day: Day) -> float:
    """Return how much of a contract's open interest a day's largest swing is."""
    return float(np.mean([s.open_interest.max() / s.open_interest.min() - 1.0 for s in day.values()]))


_CONT, _CKS, _BFL = "Cont 2001", "Cont, Kukanov, Stoikov 2014", "Bouchaud, Farmer, Lillo 2009"
_RULE = "the venue's rule: premium / 8"
FACTS = (
    Fact("kurtosis of minute returns", each(lambda s: kurtosis(s.returns(60))), 4.5, 60.0, _CONT),
    Fact(
        "tail index of minute returns",
        each(lambda s: tail_index(s.returns(60))),
        2.0,
        5.0,
        "Gopikrishnan 1998",
    ),
    Fact("kurtosis of 10 s returns", each(lambda s: kurtosis(s.returns(10))), 4.0, 60.0, _CONT),
    Fact("autocorrelation of |return|, 1 to 5 minutes", each(clustering(60, range(1, 6))), 0.05, 0.40, _CONT),
    Fact("the same, 20 to 40 minutes", each(clustering(60, range(20, 41))), 0.02, 0.30, _CONT),
    Fact("the same, 50 to 70 minutes", each(clustering(60, range(50, 71))), 0.01, 0.30, _CONT),
    Fact("autocorrelation of return, 1 to 10 minutes", each(memory(60, range(1, 11))), -0.03, 0.03, _CONT),
    Fact(
        "the same, 1 to 5 seconds: bounce", each(memory(1, range(1, 6))), -0.15, 0.02, _CONT, in_minutes=True
    ),
    Fact("order flow with the same 10 s", each(flow_and_return(10)), 0.30, 0.85, _CKS, in_minutes=True),
    Fact("order flow with the same minute", each(flow_and_return(60)), 0.25, 0.85, _CKS),
    Fact("order flow with the next minute", each(flow_and_return(60, later=1)), -0.10, 0.10, _CKS),
    Fact("order flow with the 5th minute after", each(flow_and_return(60, later=5)), -0.08, 0.08, _CKS),
    Fact(
        "move with a trade within its second, bps",
        each(lambda s: response_bps(s, 0)),
        0.2,
        2.0,
        _BFL,
        in_minutes=True,
    ),
    Fact(
        "share of it left after a minute",
        each(lambda s: response_bps(s, 60) / response_bps(s, 0)),
        0.1,
        1.5,
        _BFL,
    ),
    Fact("10 s returns of leader and follower", _together(10), 0.30, 0.90, "recording", in_minutes=True),
    Fact("minute returns of leader and follower", _together(60), 0.45, 0.90, _CONT),
    Fact(
        "median spread, bps",
        each(lambda s: float(np.median(s.spread_bps))),
        0.3,
        4.0,
        "judgement",
        in_minutes=True,
    ),
    Fact(
        "best level, thousand USD",
        each(lambda s: float(np.median(s.best_usd)) / 1e3),
        10,
        200,
        "recording",
        in_minutes=True,
    ),
    Fact(
        "within 10 bps, million USD",
        each(lambda s: float(np.median(s.near_usd)) / 1e6),
        0.15,
        3.0,
        "recording",
        in_minutes=True,
    ),
    Fact("deviation of the premium, bps", each(lambda s: float(premium(s).std())), 0.5, 10.0, _RULE),
    Fact("slope of funding on the premium before", _funding_slope, 0.110, 0.135, _RULE),
    Fact("day's swing of open interest", _largest_share, 0.005, 0.30, "judgement"),
    Fact(
        "forced trades a contract",
        each(lambda s: float(np.abs(s.liquidations).sum())),
        5,
        500,
        "judgement",
    ),
    Fact("forced trades against the move's losers", _against_the_forced, 0.85, 1.0, "judgement"),
    Fact("forced minutes after forced ones, times as likely", _cascading, 5.0, 200.0, "judgement"),
)
