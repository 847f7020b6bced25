"""The whole answer sheet, in an order that never leaves anything behind."""

from collections.abc import Callable, Iterator, Sequence

from src.exchange.conformance.bench import Bench
from src.exchange.conformance.life import funding_of_a_short, life_of_a_position
from src.exchange.conformance.limits import rate_limit
from src.exchange.conformance.orders import cut_short, dead_mans_switch, one_name_twice, refusals
from src.exchange.conformance.row import fail, judged, skipped
from src.exchange.errors import NoAnswer
from src.records.checks import CheckRow, Standing

_PARTS: tuple[tuple[str, Callable[[Bench], CheckRow | Sequence[CheckRow]]], ...] = (
    ("life of a position", life_of_a_position),
    ("one name twice", one_name_twice),
    ("refusals", refusals),
    ("partial ioc", cut_short),
    ("dead man's switch", dead_mans_switch),
    ("funding of a short", funding_of_a_short),
    ("rate limit", rate_limit),
)


def answer_sheet(bench: Bench) -> Iterator[CheckRow]:
    """Yield every answer as it is found; the account is clean before, between and after.

    Raises:
        NotClean: the account holds something; nothing was tried.
        NoAnswer: the venue does not even tell that.
    """
    bench.require_clean()
    for name, part in _PARTS:
        try:
            rows = part(bench)
        except NoAnswer as fault:
            rows = fail(name, f"no answer: {fault}", "an answer")
        yield from (rows,) if isinstance(rows, CheckRow) else rows
        if not bench.tidy():
            yield fail("the account is clean again", "orders or positions are left", "close them by hand")
            return
    yield skipped(
        "11 a stop without a limit in a fast market", "small orders cannot provoke it; see docs/live.md"
    )
    yield judged("the account is clean again", "no position, no order", fits=True, wanted="")


def passes(rows: Sequence[CheckRow]) -> bool:
    """Return whether the bot can live with every answer."""
    return bool(rows) and all(row.standing is not Standing.FAIL for row in rows)
