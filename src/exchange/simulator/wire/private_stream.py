"""The feeds that only the owner of the account may read: what each says first, and what follows."""

from src.exchange.simulator.core import Core
from src.exchange.simulator.wire import stream
from src.exchange.simulator.wire.account_stream import AccountFeeds
from src.exchange.simulator.wire.log_stream import LogFeed

ACCOUNT_FEEDS = ("open_positions", "balances")
"""What every fill changes; told again each second too."""
LOG_FEED = "account_log"
_ORDER_FEEDS = ("open_orders", "open_orders_verbose")
PRIVATE_FEEDS = frozenset({*_ORDER_FEEDS, *ACCOUNT_FEEDS, LOG_FEED, "fills", "notifications_auth"})


class PrivateFeeds:
    """Makes the messages about one account."""

    def __init__(self, core: Core, account: str) -> None:
        self._core = core
        self._account = account
        self._accounts = AccountFeeds(core, account)
        self._log = LogFeed(core.state)

    def first(self, feed: str) -> dict[str, object]:
        """Return the message that a new listener gets first."""
        state = self._core.state
        match feed:
            case "open_positions":
                return self._accounts.open_positions()
            case "balances":
                return self._accounts.balances_snapshot()
            case "fills":
                newest = state.fills[-stream.FILLS_IN_SNAPSHOT :]
                return stream.fills_message(newest, self._account, snapshot=True)
            case "account_log":
                return self._log.snapshot()
            case "notifications_auth":
                return {"feed": feed, "notifications": []}
            case _:
                shape = stream.open_orders_snapshot(list(state.open.values()), self._account)
                return shape | {"feed": f"{feed}_snapshot"}

    def now(self, feed: str) -> dict[str, object]:
        """Return the account as it stands, for one of ``ACCOUNT_FEEDS``."""
        if feed == "balances":
            return self._accounts.balances()
        return self._accounts.open_positions()

    def log_news(self) -> list[dict[str, object]]:
        """Return what the account log has to tell since the last call."""
        return self._log.news()
