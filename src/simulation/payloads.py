"""The newest records as they were encoded: a line that holds one of them whole takes its bytes over."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from src.records.base import Record
from src.records.outcomes import PendingEvent, PendingPut
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.store.encoding import encode_finite, encode_line
from src.store.paths import Home

KEPT = 256
"""Records; a step makes fewer."""


class Payloads:
    """What ``encode_line`` returned for the newest signals and predictions, and what it would for a queue's lines."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Record, bytes]] = {}
        """By the place of the record, which is kept with it so that no other gets it."""

    def encoders(self, home: Home) -> dict[Path, Callable[[Any], bytes]]:
        """Return how the lines of some streams of a home are encoded."""
        return {
            home.predictive_signals: self.encode,
            home.ensemble_predictions: self.encode,
            home.pending_journal: self.encode_event,
        }

    def encode(self, record: Record) -> bytes:
        """Encode a record and remember it; NonFiniteNumber as ``encode_line``."""
        payload = encode_line(record)
        known = self._known
        known[id(record)] = (record, payload)
        if len(known) > KEPT:
            del known[next(iter(known))]
        return payload

    def encode_event(self, event: PendingEvent) -> bytes:
        """Encode a line of the queue's journal out of what is remembered; NonFiniteNumber as ``encode_line``."""
        if not isinstance(event, PendingPut) or not math.isfinite(event.ts):
            return encode_line(event)
        return encode_finite(
            _Put(
                ts=event.ts,
                signal_id=event.signal_id,
                signal=self._raw(event.signal),
                prediction=None if event.prediction is None else self._raw(event.prediction),
            )
        )

    def _raw(self, record: Signal | Prediction) -> msgspec.Raw:
        known = self._known.get(id(record))
        return msgspec.Raw(encode_line(record) if known is None else known[1])


class _Put(Record, frozen=True, kw_only=True, tag_field="op", tag="put"):
    """A ``PendingPut`` whose parts are encoded already."""

    ts: float
    signal_id: str
    signal: msgspec.Raw
    prediction: msgspec.Raw | None
