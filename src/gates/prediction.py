"""Was there a prediction in time?"""

from src.gates.base import Candidate, GateContext, at_least, blocked
from src.records.decisions import Verdict


def check_prediction(candidate: Candidate, _context: GateContext) -> Verdict:
    """Demand a prediction of this very signal, for the same direction."""
    prediction = candidate.prediction
    if prediction is None:
        return blocked("prediction", unit="probability", reason="missing_prediction")
    signal = candidate.signal
    if prediction.signal_id != signal.signal_id or prediction.direction is not signal.direction:
        return blocked("prediction", unit="probability", reason="prediction_of_another_signal")
    return at_least(
        "prediction", prediction.win_probability, 0.0, unit="probability", reason="not_a_probability"
    )
