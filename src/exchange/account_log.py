"""The account log beside the fills: fees as charged, funding, and everything else that moves collateral.

Nothing of it may be lost: each row's old balance is the new one of the row before, each row of an execution
has its fill, and when both sides have told everything the ledger's collateral is the newest row's balance.
"""

import math
from collections.abc import Iterable
from decimal import Decimal

from src.exchange.base import AccountLogEntry, AccountState, Exchange, Fill
from src.exchange.errors import NoAnswer
from src.exchange.log_news import LogNews, alarm_of, executions_in, number_of, of_execution
from src.exchange.missing_fills import MissingFills
from src.ledger.accounts import USD
from src.ledger.book import Ledger
from src.ledger.log_words import kind_of
from src.records.ledger import CashBooked, FillSettled, FundingBooked, LedgerOpened

LOG_EVERY_S = 60.0
_SOON_S = 5.0
_AGAIN_S = 10.0
_LATE_ROWS_S = 10.0
_EARLIER_S = 3600.0
_SETTLES_WITHIN_S = 3600.0
_OPENS_WITHIN_S = 30.0
_LOOKS_FOR_A_GAP = 3
_CAUGHT_UP_WITHIN_S = 600.0
_CENT = Decimal("0.01")
_SAME = Decimal("0.0001")
_ZERO = Decimal(0)


class AccountLog:
    """The follower of the account log, for one ledger."""

    def __init__(self, *, exchange: Exchange, ledger: Ledger, real_second: float) -> None:
        """Take where to ask, and the ledger that knows what is booked; ``real_second`` is one in market seconds."""
        self.rates: dict[str, Decimal] = {}
        """Prices of collateral other than USD, in USD, as the venue values it."""
        self.last_prices = dict(ledger.accounts.prices)
        """The same as earlier lives knew them: for what is no longer held when this one first asks."""
        self._exchange = exchange
        self._ledger = ledger
        self._second = real_second
        self._due = 0.0
        self._seen: float | None = None
        self._newest: dict[str, AccountLogEntry] = {}
        self._missing = MissingFills(ledger=ledger, real_second=real_second)
        self._gaps = 0
        self._first_try: float | None = None

    def opening(self, now: float) -> LedgerOpened:
        """Return what the account holds, and the newest row of the log that is in it already.

        Raises:
            NoAnswer: the balance moves, or the log lags behind it; half a minute later it is opened without the log.
        """
        ts = math.floor(self._exchange.server_time(now) * 1000) / 1000  # fills are told to the millisecond
        account = self._exchange.account()
        rows = self._rows_within(account, now)
        newest = rows[-1] if rows else None
        self._value(account)
        others = [held for held in account.holdings if held.asset != USD and held.quantity]
        return LedgerOpened(
            ts=ts,
            balance_usd=account.balance,
            log_id=None if newest is None else newest.entry_id,
            log_ts=None if newest is None else newest.ts,
            log_fills=tuple(row.fill_id for row in rows if row.fill_id and newest and row.ts >= newest.ts),
            holdings={held.asset: held.quantity for held in others},
            holdings_usd=sum((held.value for held in others), _ZERO),
            holding_values={held.asset: held.value for held in others},
        )

    def fills_from(self) -> float | None:
        """Return the time of the oldest execution that has a row but no fill yet; None where there is none."""
        return self._missing.oldest_ts()

    def look(self, fills: Iterable[Fill], now: float) -> LogNews:
        """Return the news of the log where it is due; nothing where it does not answer: it is asked again soon.

        ``fills`` are about to be booked, and want their fees.
        """
        new = {fill.fill_id: fill.ts for fill in fills}
        opened = self._ledger.opened
        if opened is None or not (new or self._due <= now):
            return LogNews()
        since = self._since(new.values(), now)
        try:
            rows = sorted(self._exchange.account_log(since), key=number_of)
            rows = [row for row in rows if self._counts(row)]
            self._learn_rates(rows)
        except NoAnswer:
            self._due = now + _SOON_S * self._second
            return LogNews()
        self._seen = max((row.ts for row in rows), default=self._seen)
        for row in rows:
            known = self._newest.setdefault(row.asset, row)
            self._newest[row.asset] = max(
                known, row, key=number_of
            )  # the log may lag behind what it told before
        alarms = [*self._gap(rows, since), *self._missing.note(rows, new, now)]
        waiting = self._missing or self._gaps or self._young(now)
        self._due = now + (_AGAIN_S if waiting else LOG_EVERY_S) * self._second
        entries = [entry for row in rows for entry in self._entries(row)]
        alarms += [alarm for entry in entries if (alarm := alarm_of(entry)) is not None]
        entries += self._missing.given_up(now)
        return LogNews(executions_in(rows), tuple(entries), tuple(alarms), looked=True)

    def settled(self, news: LogNews) -> list[FillSettled]:
        """Return the lines for booked fills whose estimated fee the log has now shown."""
        return [
            FillSettled(
                ts=news.executions[fill_id].ts,
                fill_id=fill_id,
                symbol=news.executions[fill_id].symbol or "",
                fee_usd=news.executions[fill_id].fee,
                rounding_usd=news.executions[fill_id].gain - known.gain,
            )
            for fill_id, known in self._ledger.unsettled.items()
            if fill_id in news.executions
        ]

    def mismatches(self, now: float) -> list[str]:
        """Return an alarm for each currency whose booked collateral is not what the log shows, to the cent.

        Nothing is compared while either side has not told everything yet.
        """
        if self._missing or self._gaps or self._young(now) or self._lags(now):
            return []
        held = self._ledger.accounts.collateral
        return [
            f"balance_mismatch:{asset}"
            for asset, row in self._newest.items()
            if abs(held.get(asset, _ZERO) - row.new_balance)
            * (1 if asset == USD else self.rates.get(asset, _ZERO))
            > _CENT
        ]

    def _lags(self, now: float) -> bool:
        """Return whether the log may not show yet what an earlier life has booked of it."""
        booked = max(self._ledger.last_fill_ts or 0.0, self._ledger.last_row_ts or 0.0)
        told = max((row.ts for row in self._newest.values()), default=booked)
        return told < booked and now <= booked + _CAUGHT_UP_WITHIN_S * self._second

    def _rows_within(self, account: AccountState, now: float) -> tuple[AccountLogEntry, ...]:
        """Return the newest rows up to the account's balance, oldest first; none where the log does not tell."""
        if self._first_try is None:
            self._first_try = now
        try:
            rows = sorted(self._exchange.account_log(now - _EARLIER_S * self._second), key=number_of)
        except NoAnswer:
            return ()
        known = _rows_in(account, rows)
        if rows and not known and now < self._first_try + _OPENS_WITHIN_S * self._second:
            raise NoAnswer("the account log does not show the balance yet")
        return tuple(rows[:known])

    def _value(self, account: AccountState) -> None:
        """Learn the prices of collateral from an account."""
        for held in account.holdings:
            if held.asset != USD and held.quantity:
                self.rates[held.asset] = held.value / held.quantity

    def _counts(self, row: AccountLogEntry) -> bool:
        """Return whether a row is not in the opening balance already."""
        opened = self._ledger.opened
        if opened is None:
            return False
        return row.ts > opened.since_ts if opened.log_id is None else int(row.entry_id) > int(opened.log_id)

    def _since(self, fills: Iterable[float], now: float) -> float:
        ledger = self._ledger
        opened_ts = ledger.opened.since_ts if ledger.opened is not None else now
        seen = self._seen if self._seen is not None else ledger.last_row_ts
        known = opened_ts if seen is None else seen - _LATE_ROWS_S * self._second
        wanted = min([known, *fills, *self._young(now)])
        return max(opened_ts - _LATE_ROWS_S * self._second, wanted)

    def _young(self, now: float) -> list[float]:
        """Return the times of fills that still wait for their rows; the log is not asked for ever."""
        limit = now - _SETTLES_WITHIN_S * self._second
        return [fill.ts for fill in self._ledger.unsettled.values() if fill.ts > limit]

    def _gap(self, rows: list[AccountLogEntry], since: float) -> list[str]:
        """Look for rows that are missing between others; earlier ones are asked for before it is an alarm."""
        last: dict[str, Decimal] = {}
        broken = []
        for row in rows:
            if last.get(row.asset, row.old_balance) != row.old_balance:
                broken.append(row.asset)
            last[row.asset] = row.new_balance
        if not broken:
            self._gaps = 0
            return []
        self._gaps += 1
        self._seen = since - _EARLIER_S * self._second
        return [f"account_log_gap:{broken[0]}"] if self._gaps == _LOOKS_FOR_A_GAP else []

    def _learn_rates(self, rows: list[AccountLogEntry]) -> None:
        """Ask for the value of collateral other than USD while there is any."""
        assets = {row.asset for row in rows} | self._ledger.accounts.holdings().keys()
        if assets - {USD}:
            self._value(self._exchange.account())

    def _entries(self, row: AccountLogEntry) -> list[FundingBooked | CashBooked]:
        """Return what a row is booked as, an execution's gain and fee apart."""
        found: list[FundingBooked | CashBooked] = []
        rest = row.change
        if row.funding and row.symbol is not None and row.asset == USD:
            rest -= row.funding
            if not self._ledger.has_row(row.entry_id):
                found.append(
                    FundingBooked(ts=row.ts, entry_id=row.entry_id, symbol=row.symbol, amount_usd=row.funding)
                )
        name = row.entry_id if rest == row.change else f"{row.entry_id}-rest"
        if rest and not of_execution(row) and not self._ledger.has_row(name):
            found.append(
                CashBooked(
                    ts=row.ts,
                    entry_id=name,
                    kind=kind_of(row.kind),
                    info=row.kind,
                    amount=rest,
                    asset=row.asset,
                    value_usd=rest if row.asset == USD else self._worth(row.asset, rest),
                )
            )
        return found

    def _worth(self, asset: str, amount: Decimal) -> Decimal | None:
        rate = self.rates.get(asset, self.last_prices.get(asset))
        return None if rate is None else amount * rate


def _rows_in(account: AccountState, rows: list[AccountLogEntry]) -> int:
    """Return how many of the rows are in an account's balances, 0 where no number of them makes these."""
    held = {held.asset: held.quantity for held in account.holdings} or {USD: account.balance}
    shown: dict[str, Decimal] = {}
    for row in rows:
        shown.setdefault(row.asset, row.old_balance)
    known = 0
    for number, row in enumerate(rows, start=1):
        shown[row.asset] = row.new_balance
        if all(abs(balance - held.get(asset, _ZERO)) < _SAME for asset, balance in shown.items()):
            known = number
    return known
