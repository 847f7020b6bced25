"""What the values of a window are called."""

_NAMES = {
    "ask_depth_usd": "depth of the asks",
    "bid_depth_usd": "depth of the bids",
    "fear_greed": "the fear and greed index",
    "funding_rate": "funding",
    "hurst": "the Hurst exponent",
    "large_net_usd_1h": "large trades of the last hour",
    "large_trades_1h": "large trades of the last hour",
    "lead_lag_minutes": "the lag behind the leader",
    "leader_return_bps": "the leader's move",
    "liquidations_1h": "liquidations of the last hour",
    "long_liquidations_usd_1h": "liquidations of the last hour",
    "mid": "the price",
    "ofi": "order flow",
    "ofi_previous": "order flow of the window before",
    "open_interest_change_1h": "change of open interest",
    "return_1h_bps": "move of the last hour",
    "return_window_bps": "move of the window",
    "skew": "skew of the returns",
    "spread_bps": "spread",
    "taker_buy_share": "trades of the last five minutes",
    "trades_5m": "trades of the last five minutes",
    "volatility_1h_bps": "volatility",
}


def feature_words(name: str) -> str:
    """Return what a value of a window is called; its own name where it has no other."""
    return _NAMES.get(name, name.replace("_", " "))
