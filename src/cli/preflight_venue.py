"""The part of the pre-flight that asks the exchange; nothing is changed there."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from src.cli.key_rights import rights_rows
from src.clock import Clock
from src.exchange.base import AccountState, Instrument
from src.exchange.conformance.row import fail, judged, note, ok, warn
from src.exchange.errors import NoAnswer
from src.exchange.kraken_probe import KrakenProbe
from src.exchange.session import ExchangeSession
from src.exchange.venue import Venue
from src.records.checks import CheckRow
from src.records.policies import SignalPolicies
from src.records.settings import BotSettings

_OFFSET_OK_S = 1.0
_OFFSET_MOST_S = 10.0
_BPS = 10_000


def check_venue(
    venue: Venue,
    settings: BotSettings,
    policies: SignalPolicies,
    clock: Clock,
    *,
    equity_cap_usd: float | None,
) -> Iterator[CheckRow]:
    """Yield every answer of the venue; the first that does not come ends it.

    Raises:
        NoAnswer: the venue does not answer at all.
    """
    probe = KrakenProbe(url=venue.url, api_key=venue.api_key, api_secret=venue.api_secret)
    session = ExchangeSession(probe, clock=clock)
    try:
        instruments = session.instruments()
        yield ok("network", f"{venue.url} answers")
        yield from rights_rows(probe)
        try:
            account = session.account()
        except NoAnswer as fault:
            why = ", ".join(session.objections()) or str(fault)
            yield fail("account", why, "keys of this venue, for Futures")
            return
        yield _offset(session.server_time(clock.now()) - clock.now())
        yield from collateral_rows(account)
        yield from _holdings(session)
        yield _leverage(session, settings)
        yield _fees(probe, settings)
        equity = float(account.margin_equity)
        staked = equity if equity_cap_usd is None else min(equity, equity_cap_usd)
        yield from _sizes(session, instruments, settings, policies, staked)
    finally:
        session.close()


def _offset(seconds: float) -> CheckRow:
    found = f"{seconds:+.2f} s"
    if abs(seconds) > _OFFSET_MOST_S:
        return fail("clock", found, "a machine whose clock is kept by NTP")
    return (
        ok("clock", found) if abs(seconds) <= _OFFSET_OK_S else warn("clock", found, "within a second: NTP")
    )


def collateral_rows(account: AccountState) -> Iterator[CheckRow]:
    """Yield whether the account holds what the ledger counts in, and anything at all."""
    foreign = [holding.asset for holding in account.holdings if holding.asset != "USD" and holding.quantity]
    found = ", ".join(foreign) or "USD alone"
    yield judged("collateral", found, fits=not foreign, wanted="USD alone: the ledger counts nothing else")
    equity = account.margin_equity
    yield judged("equity", f"{equity:,.2f} USD", fits=equity > 0, wanted="more than nothing")


def _holdings(session: ExchangeSession) -> Iterator[CheckRow]:
    positions, orders = session.positions(), session.open_orders()
    held = ", ".join(sorted(position.symbol for position in positions))
    yield note("open positions", held or "none")
    yield note("open orders", str(len(orders)))


def _leverage(session: ExchangeSession, settings: BotSettings) -> CheckRow:
    wanted = {symbol: Decimal(str(most)) for symbol, most in settings.margin.max_leverage.items()}
    limits = session.leverage_limits()
    differing = sorted(name for name in limits.keys() | wanted.keys() if limits.get(name) != wanted.get(name))
    if not differing:
        return ok("leverage preferences", "as in margin.max_leverage")
    return warn("leverage preferences", ", ".join(differing), "the start sets them where nothing is open")


def _fees(probe: KrakenProbe, settings: BotSettings) -> CheckRow:
    try:
        highest = _highest_taker_bps(probe.ask("feeschedules").get("feeSchedules"))
    except NoAnswer as fault:
        return warn("fees", str(fault), "compare costs of configs/bot.json by hand")
    assumed = settings.costs.taker_fee_bps
    if highest is None:
        return warn("fees", "not told", "compare costs of configs/bot.json by hand")
    found = f"taker {highest:g} bps without volume; costs.taker_fee_bps is {assumed:g}"
    return (
        ok("fees", found) if highest <= assumed else warn("fees", found, f"costs.taker_fee_bps: {highest:g}")
    )


def _highest_taker_bps(schedules: object) -> float | None:
    """Return the highest taker fee of any schedule's first tier; None where none is told."""
    found: list[float] = []
    for schedule in schedules if isinstance(schedules, list) else []:
        tiers = schedule.get("tiers") if isinstance(schedule, Mapping) else None
        rates = [tier.get("takerFee") for tier in tiers or [] if isinstance(tier, Mapping)]
        found += [float(rate) * 100 for rate in rates if isinstance(rate, int | float)]
    return max(found, default=None)


def _sizes(
    session: ExchangeSession,
    instruments: Mapping[str, Instrument],
    settings: BotSettings,
    policies: SignalPolicies,
    staked_usd: float,
) -> Iterator[CheckRow]:
    """Yield what is too large at its smallest for the account and the policies, and what is not traded there."""
    most = min(
        policies.max_position_usd,
        staked_usd * policies.risk_per_trade_share * _BPS / policies.minimum_stop_bps,
    )
    smallest: dict[str, float] = {}
    for symbol in settings.symbols:
        listed = instruments.get(symbol)
        if listed is None or not listed.tradeable:
            yield fail(
                f"symbol {symbol}", "not listed" if listed is None else "not tradeable", "another symbol"
            )
            continue
        mark = session.quote(symbol).mark
        if mark is None:
            yield warn(f"symbol {symbol}", "no price", "look at the venue's page")
            continue
        smallest[symbol] = float(listed.size_step * mark)
    for symbol, usd in smallest.items():
        if usd > most:
            yield warn(
                f"size of {symbol}", f"smallest is {usd:,.2f} USD", f"the risk per trade allows {most:,.2f}"
            )
    fitting = sum(usd <= most for usd in smallest.values())
    found = f"{fitting} of {len(settings.symbols)} symbols can be traded within {most:,.0f} USD a position"
    yield judged("smallest sizes", found, fits=fitting > 0, wanted="at least one")
