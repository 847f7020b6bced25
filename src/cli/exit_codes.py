"""What the number means that a command ends with."""

import enum


class ExitCode(enum.IntEnum):
    """Stable from now on; documented in the README."""

    OK = 0
    FAULTS_FOUND = 1
    """A check found faults."""
    CONFIG = 2
    """Wrong usage, or a config that cannot be used."""
    HOME_IN_USE = 3
    """Another instance holds the home."""
    NO_EXCHANGE = 4
    """The exchange could not be reached."""
    MONEY_FILE = 5
    """A money file could not be written."""
    FAULT = 6
    """A fault inside the bot."""
