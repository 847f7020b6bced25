"""How the alerts do, in words."""

from datetime import UTC, datetime

from src.records.alerts import AlertState, ChannelState


def alert_line(state: AlertState) -> str:
    """Return the one line of ``status`` about who is told."""
    channels = ", ".join(_channel(channel) for channel in state.channels) or "no channel"
    beat = "no heartbeat" if state.heartbeat is None else _channel(state.heartbeat)
    standing = f"; standing: {', '.join(state.active)}" if state.active else ""
    held = f"; {state.held_back} lines wait: enough messages in the last hour" if state.held_back else ""
    return f"Alerts: {channels}; {beat}{standing}{held}"


def alert_faults(state: AlertState) -> tuple[str, ...]:
    """Return who is not told though he should be."""
    told = (*state.channels, *((state.heartbeat,) if state.heartbeat is not None else ()))
    return tuple(
        f"{_name(channel)} has taken nothing since {_clock(channel.failing_since_real_ts)}"
        for channel in told
        if channel.failing_since_real_ts is not None
    )


def _name(channel: ChannelState) -> str:
    return "the heartbeat" if channel.name == "heartbeat" else f"alert channel {channel.name}"


def _channel(channel: ChannelState) -> str:
    if channel.failing_since_real_ts is not None:
        return f"{channel.name} fails since {_clock(channel.failing_since_real_ts)}"
    last = channel.last_delivered_real_ts
    return f"{channel.name} {'not used yet' if last is None else f'last at {_clock(last)}'}"


def _clock(real_ts: float) -> str:
    return f"{datetime.fromtimestamp(real_ts, UTC):%Y-%m-%d %H:%M:%S}Z"
