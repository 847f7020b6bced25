"""How a venue says that enough was asked."""

from src.exchange import kraken_verdicts as verdicts
from src.exchange.conformance.bench import Bench
from src.exchange.conformance.row import judged, warn
from src.exchange.errors import NoAnswer
from src.exchange.kraken_answers import wire_time
from src.exchange.patience import RATE_LIMITED, turned_away
from src.records.checks import CheckRow

_MOST = 40
"""Each costs 25 of 500 units in ten seconds."""
_RECOVERED_WITHIN_S = 60.0
"""Real seconds, as budgets are."""


def rate_limit(bench: Bench) -> list[CheckRow]:
    """Ask until the venue refuses, then until it answers again."""
    question = "1 a request too many"
    since = {"lastFillTime": wire_time(bench.session.server_time(bench.clock.now()))}
    for asked in range(1, _MOST + 1):
        try:
            bench.probe.ask("older_fills", since)
        except NoAnswer:
            word, status = verdicts.error_word(bench.probe.refusal()), bench.probe.status()
            found = f"HTTP {status}, {word}, after {asked} requests of 25 units"
            known = turned_away(word, status) == RATE_LIMITED
            within_s = _RECOVERED_WITHIN_S * bench.clock.speed
            back = bench.until(lambda: _answers(bench), within_s=within_s, every_s=1.0)
            recovered = "not within a minute" if back is None else f"after {back:.0f} s"
            return [
                judged(question, found, fits=known, wanted="apiLimitExceeded, or HTTP 429"),
                judged("1 it answers again", recovered, fits=back is not None, wanted="within a minute"),
            ]
    return [warn(question, f"{_MOST} requests of 25 units were answered", "a refusal after 20")]


def _answers(bench: Bench) -> bool:
    try:
        bench.session.account()
    except NoAnswer:
        return False
    return True
