"""What every test runs under."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # how long it takes says what else the machine does
)
settings.load_profile("unhurried")
