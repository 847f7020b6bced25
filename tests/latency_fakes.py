"""Exchanges that are not far away, for tests of something else."""

import orjson

from src.store.paths import Home

AT_ONCE = {name: {"median_ms": 0, "p99_ms": 0} for name in ("request", "answer", "market_data")}


def without_latency(home: Home) -> None:
    """Let a home's exchange stand on this machine."""
    config = orjson.loads(home.bot_settings.read_bytes())
    config["paper"]["latency"] = AT_ONCE
    home.bot_settings.write_bytes(orjson.dumps(config, option=orjson.OPT_INDENT_2))
