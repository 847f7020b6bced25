"""What is encoded once may be taken over, and nobody sees a difference."""

import math

import msgspec
import pytest

from src.records.outcomes import PendingDecided, PendingDeleted, PendingEvent, PendingPut
from src.simulation import payloads
from src.simulation.payloads import Payloads
from src.store.encoding import encode_line
from src.store.errors import NonFiniteNumber
from tests.learning_fakes import T0, make_prediction, make_signal


def put(*, with_prediction: bool = True, ts: float = T0) -> PendingPut:
    signal = make_signal()
    prediction = make_prediction(signal) if with_prediction else None
    return PendingPut(ts=ts, signal_id=signal.signal_id, signal=signal, prediction=prediction)


@pytest.mark.parametrize("with_prediction", [True, False])
@pytest.mark.parametrize("remembered", [True, False])
def test_a_put_has_the_bytes_of_the_plain_encoder(*, with_prediction: bool, remembered: bool) -> None:
    known, event = Payloads(), put(with_prediction=with_prediction)
    if remembered:
        assert known.encode(event.signal) == encode_line(event.signal)
        if event.prediction is not None:
            known.encode(event.prediction)
    assert known.encode_event(event) == encode_line(event)


@pytest.mark.parametrize(
    "event",
    [
        PendingDecided(ts=T0, signal_id="a", should_trade=True),
        PendingDeleted(ts=T0, signal_id="a", reason="resolved"),
    ],
)
def test_other_lines_of_the_queue_are_encoded_plainly(event: PendingEvent) -> None:
    assert Payloads().encode_event(event) == encode_line(event)


def test_a_number_that_json_cannot_say_is_refused_wherever_it_stands() -> None:
    known, event = Payloads(), put()
    broken = msgspec.structs.replace(event.signal, volatility_1h_bps=math.nan)
    with pytest.raises(NonFiniteNumber):
        known.encode(broken)
    with pytest.raises(NonFiniteNumber):
        known.encode_event(msgspec.structs.replace(event, signal=broken))
    with pytest.raises(NonFiniteNumber):
        known.encode_event(put(ts=math.inf))


def test_only_the_newest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "KEPT", 2)
    known, events = Payloads(), [put() for _ in range(4)]
    for event in events:
        known.encode(event.signal)
    assert len(known._known) == 2
    assert [known.encode_event(event) for event in events] == [encode_line(event) for event in events]
