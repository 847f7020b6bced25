"""What order flow sums up to in each minute."""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.markets.recursions import Floats
from src.exchange.simulator.markets.window_model_counts import counted, heavier
from src.exchange.simulator.markets.window_model_draws import LayerDraws, Normal
from src.exchange.simulator.markets.window_model_pace import Pace
from src.exchange.simulator.markets.window_model_tables import EVENTS_AN_ACTION, EVENTS_GAPS
from src.exchange.simulator.markets.window_model_trades import MinuteTrades

FLOW_MOVE = (0.476, 0.533)
"""Net flow, in typical sizes, of a gap that the mid moves: without tilt, and with all of it; so all pairs here."""
FLOW_TILT = (0.280, 0.2434)
"""Of a whole action's tilt."""
FLOW_TAKEN = (0.43, 0.869)
"""Of a typical size that takers bought net."""
FLOW_CLOSING, FLOW_OPENING = (0.561, 0.109), (-0.516, -0.138)
"""Of a typical size more at the best bid than at the best ask, at the minute's end and at its begin."""
FLOW_SD, FLOW_TAIL = (0.505, 0.52), 0.018
"""Deviation of the rest: over the root of the squares without tilt, over that of the actions with it; and its tails."""
SQUARES_MEAN = (0.297, 0.385)
"""Logarithm of the summed squares an action: its constant, and what it grows with."""
SQUARES_ACTIONS = (0.792, 0.04)
SQUARES_TAKEN = (0.3116, 0.6175)
SQUARES_NET = (0.0, 0.4675)
SQUARES_FEW = (-0.887, 1.85)
SQUARES_COARSE = (-0.41, -0.25)
COARSE = 1.2
"""Gap in ticks below which prices cannot follow."""
SQUARES_SD, SQUARES_TAIL = (2.65, 2.85), 0.05
EVENTS_ACTIONS, EVENTS_TRADES = 0.84, 1.1
"""How events follow the number of actions and that of trades."""


@dataclass(frozen=True, slots=True)
class MinuteFlow:
    """Changes of the best levels; shape (minutes, symbols)."""

    events: Floats
    net: Floats
    """In contracts."""
    squares: Floats
    """In contracts squared."""


def minute_flow(
    pace: Pace, draws: LayerDraws, trades: MinuteTrades, *, moved: Floats, opened: Floats, closed: Floats
) -> MinuteFlow:
    """Return the flow of each minute.

    ``moved`` is the mid's move in ticks; ``opened`` and ``closed`` are how much more stood at the best bid than at
    the best ask, in contracts.
    """
    normal = draws.normal
    root = np.sqrt(pace.actions)
    actions = np.maximum(1.0, counted(pace.actions, normal[Normal.ACTIONS]))
    bought, taken = (trades.buys - trades.sells) / pace.depth, (trades.buys + trades.sells) / pace.depth
    an_action = (
        pace.between(SQUARES_MEAN)
        + pace.between(SQUARES_ACTIONS) * np.log(actions / pace.actions)
        + pace.between(SQUARES_TAKEN) * np.log(taken / pace.actions + 0.02)
        + pace.between(SQUARES_FEW) / root
        + pace.between(SQUARES_COARSE) * np.maximum(0.0, COARSE - pace.gap)
        + pace.between(SQUARES_SD) / root * heavier(normal[Normal.SQUARES], by=SQUARES_TAIL)
    )
    deviation = pace.between(FLOW_SD) * root * np.exp((1.0 - pace.tilted) / 2.0 * an_action)
    net = (
        pace.between(FLOW_MOVE) * moved / pace.gap
        + pace.between(FLOW_TILT) * pace.tilt * actions
        + pace.between(FLOW_TAKEN) * bought
        + (pace.between(FLOW_CLOSING) * closed + pace.between(FLOW_OPENING) * opened) / pace.depth
        + deviation * heavier(normal[Normal.FLOW], by=FLOW_TAIL)
    )
    an_action += pace.between(SQUARES_NET) * np.log(np.abs(net) / root + 0.5)
    events = np.maximum(1.0, _events(pace, normal, trades))
    squares = np.maximum(pace.actions * np.exp(an_action), net**2 / events)
    return MinuteFlow(events=events, net=net * pace.depth, squares=squares * pace.depth**2)


def _events(pace: Pace, normal: Floats, trades: MinuteTrades) -> Floats:
    usual = np.interp(pace.gap, EVENTS_GAPS, EVENTS_AN_ACTION) * pace.actions
    noise = EVENTS_ACTIONS * np.sqrt(pace.actions) * normal[Normal.ACTIONS]
    events: Floats = np.rint(usual + noise + EVENTS_TRADES * (trades.count - trades.usual_count))
    return events
