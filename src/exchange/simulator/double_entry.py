"""The double-entry check: whatever happened, every balance is what the account log says, and nothing is made or lost.

It needs no more than the books, so it also judges a state that was rebuilt from a journal. While the books still
hold every row since the account was opened, the whole history is added up; later what they still hold is.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import takewhile

from src.exchange.simulator.account import USD, ZERO, average_entry
from src.exchange.simulator.core import Core
from src.exchange.simulator.state import ExchangeState
from src.records.exchange_journal import AccountRow, ExchangeFill


def discrepancies(state: ExchangeState) -> list[str]:
    """Return what does not add up in the books, in words; empty where everything does."""
    return [
        *_numbering(state),
        *_chains(state),
        *_balances(state),
        *_cash_rows(state.account.rows),
        *_fills(state),
        *_costs(state),
        *_signs(state),
    ]


def valuation_discrepancies(core: Core) -> list[str]:
    """Return where the account's margins are not cash and everything unrealised, at the marks of this moment."""
    account, told = core.state.account, core.margins()
    worth = account.balance_usd
    margin = ZERO
    for holding in core.holdings():
        worth += holding.value
        margin += holding.value - holding.margin
    for position in account.positions.values():
        mark = core.contracts[position.symbol].valuation()
        worth += ZERO if mark is None else position.size * mark - position.cost_usd
        worth += core.funding.accrued(position, core.now)
    found = []
    if worth != told.portfolio:
        found.append(f"cash and unrealised are {worth}, the portfolio is told as {told.portfolio}")
    if worth - margin != told.equity:
        found.append(f"collateral and unrealised are {worth - margin}, the equity is told as {told.equity}")
    return found


def _numbering(state: ExchangeState) -> Iterator[str]:
    rows = state.account.rows
    numbers = [row.row_id for row in rows]
    last = state.account.rows_written
    if numbers != list(range(last - len(rows) + 1, last + 1)):
        yield f"the rows of the account log are not numbered up to {last} without a gap"


def _chains(state: ExchangeState) -> Iterator[str]:
    whole = _is_whole(state)
    newest: dict[str, AccountRow] = {}
    for row in state.account.rows:
        before = newest.get(row.asset)
        expected = before.new_balance if before is not None else ZERO if whole else row.old_balance
        if row.old_balance != expected:
            yield f"row {row.row_id}: {row.asset} goes on from {row.old_balance}, not from {expected}"
        newest[row.asset] = row


def _balances(state: ExchangeState) -> Iterator[str]:
    account = state.account
    told = {USD: account.balance_usd}
    told |= {name.lower(): amount for name, amount in account.currencies.items()}
    told |= {symbol.lower(): position.size for symbol, position in account.positions.items()}
    booked = {row.asset: row.new_balance for row in account.rows}
    for asset, balance in told.items():
        if asset in booked and booked[asset] != balance:
            yield f"{asset} is {balance}, its newest row says {booked[asset]}"
        if asset not in booked and balance and _is_whole(state):
            yield f"{asset} is {balance} without a row"
    for asset, balance in booked.items():
        if balance and asset not in told:
            yield f"{asset} is gone, its newest row says {balance}"


def _cash_rows(rows: Iterable[AccountRow]) -> Iterator[str]:
    for row in rows:
        if row.asset != USD:
            continue
        change = row.new_balance - row.old_balance
        if row.realised_funding_usd is not None:
            expected = row.realised_funding_usd
        elif row.execution is not None:
            expected = (row.realised_pnl_usd or ZERO) - row.fee_usd
        else:
            continue
        if change != expected:
            yield f"row {row.row_id}: usd changed by {change} for {expected}"


def _fills(state: ExchangeState) -> Iterator[str]:
    """Compare every fill with its two rows, as long as both are kept."""
    cash: dict[str, AccountRow] = {}
    held: dict[str, AccountRow] = {}
    for row in state.account.rows:
        if row.execution is not None:
            rows = cash if row.asset == USD else held
            if row.execution in rows:
                yield f"row {row.row_id}: fill {row.execution} is booked twice"
            rows[row.execution] = row
    known = {fill.fill_id: fill for fill in state.fills}
    if len(known) < len(state.fills):
        yield "a fill is told twice"
    for fill in state.fills:
        if fill.fill_id in cash and fill.fill_id in held:
            yield from _one_fill(fill, cash[fill.fill_id], held[fill.fill_id])
        elif _is_whole(state) or (fill.fill_id in cash and fill.fill_id not in held):
            yield f"fill {fill.fill_id} lacks a row"
    forgotten = set(takewhile(lambda fill_id: fill_id not in known, cash)) if known else set()
    for fill_id in cash:
        if fill_id not in known and fill_id not in forgotten:
            yield f"fill {fill_id} is booked, and nobody knows it"


def _one_fill(fill: ExchangeFill, cash: AccountRow, held: AccountRow) -> Iterator[str]:
    if held.new_balance - held.old_balance != fill.side.sign * fill.size:
        yield f"fill {fill.fill_id}: the position did not change by {fill.side.sign * fill.size}"
    if (cash.fee_usd, cash.realised_pnl_usd) != (fill.fee_usd, fill.realised_pnl_usd):
        yield f"fill {fill.fill_id}: its row tells another fee or gain"
    if not cash.trade_price == held.trade_price == fill.price:
        yield f"fill {fill.fill_id}: its rows tell another price"


def _costs(state: ExchangeState) -> Iterator[str]:
    """Compare what each position cost with what was spent on it and gained from it."""
    account = state.account
    if _is_whole(state):
        spent: dict[str, Decimal] = {}
        for row in account.rows:
            if row.execution is None or row.contract is None:
                continue
            amount = row.realised_pnl_usd or ZERO
            if row.asset != USD:
                amount = (row.new_balance - row.old_balance) * (row.trade_price or ZERO)
            spent[row.contract] = spent.get(row.contract, ZERO) + amount
        for symbol in {*spent, *(symbol.lower() for symbol in account.positions)}:
            position = account.positions.get(symbol.upper())
            cost = ZERO if position is None else position.cost_usd
            if cost != spent.get(symbol, ZERO):
                yield f"{symbol} cost {cost}, its trades and gains come to {spent.get(symbol, ZERO)}"
    entries = {row.asset: row.new_average_entry_price for row in account.rows if row.asset == row.contract}
    for position in account.positions.values():
        told = entries.get(position.symbol.lower())
        if told is not None and told != average_entry(position):
            yield f"{position.symbol}: the average entry is {average_entry(position)}, its row says {told}"


def _signs(state: ExchangeState) -> Iterator[str]:
    account = state.account
    for position in account.positions.values():
        if not position.size or (position.size > 0) != (position.cost_usd > 0):
            yield f"{position.symbol}: {position.size} contracts cost {position.cost_usd}"
    for name, amount in (*account.currencies.items(), *account.wallet.items(), ("USD", account.cash_usd)):
        if amount < 0:
            yield f"there are {amount} {name}"
    for order in state.open.values():
        if order.open_size <= 0 or order.filled < 0:
            yield f"order {order.terms.order_id} has {order.open_size} open and {order.filled} filled"
    if account.balance_usd < 0 and not account.positions and not account.currencies:
        yield f"an empty account owes {-account.balance_usd}"


def _is_whole(state: ExchangeState) -> bool:
    return bool(state.account.rows) and state.account.rows[0].row_id == 1
