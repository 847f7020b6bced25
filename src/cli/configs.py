"""Every config of a home, checked at once."""

from typing import Protocol

from src.records.base import Config
from src.records.operations import ConfigFault
from src.records.policies import Components, SignalPolicies
from src.records.settings import BotSettings, ExitRules, LearningSettings
from src.store.config import ConfigFile
from src.store.errors import ConfigError
from src.store.paths import Home


class Loads(Protocol):
    """A config file, whatever it holds."""

    def load(self) -> Config:
        """Return the config; ConfigError with every fault."""


def load_all(home: Home) -> BotSettings:
    """Return the bot's settings once every config of the home is known to be good.

    Raises:
        ConfigError: with the faults of all files at once.
    """
    bot = ConfigFile(home.bot_settings, BotSettings)
    files: tuple[Loads, ...] = (
        bot,
        ConfigFile(home.policies, SignalPolicies),
        ConfigFile(home.components, Components),
        ConfigFile(home.exits, ExitRules),
        ConfigFile(home.learning_settings, LearningSettings),
    )
    faults = [fault for file in files for fault in _faults(file)]
    if faults:
        raise ConfigError(tuple(faults))
    return bot.load()


def _faults(file: Loads) -> tuple[ConfigFault, ...]:
    try:
        file.load()
    except ConfigError as error:
        return error.faults
    return ()
