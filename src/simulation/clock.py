"""The clock of a stepped run: time passes when the driver says so."""


class VirtualClock:
    """Market time that stands still until it is moved; a second of the market is a second of the machine's."""

    def __init__(self, now: float) -> None:
        self._now = now

    @property
    def speed(self) -> float:
        """Return how many market seconds pass in a real one: one, since both are this clock's."""
        return 1.0

    def now(self) -> float:
        """Return market time in seconds since the epoch, UTC."""
        return self._now

    def real(self) -> float:
        """Return the same seconds: what bounds machines is counted in virtual time too."""
        return self._now

    def wall(self) -> float:
        """Return the same seconds."""
        return self._now

    def advance_to(self, ts: float) -> None:
        """Let time pass until ``ts``; time never goes back."""
        self._now = max(self._now, ts)

    def advance_by(self, seconds: float) -> None:
        """Let some time pass."""
        self._now += max(0.0, seconds)
