"""A recorded market, replayed at its own times; nothing that the recording does not show is made up."""

import gzip
import math
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    FundingPoint,
    InstrumentSpec,
    MarketEnded,
    MarketEvent,
    MarketTrade,
    Reference,
    WireSide,
)
from src.exchange.simulator.instruments import UnknownInstrumentError
