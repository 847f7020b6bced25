"""Every config of a home, checked at once."""

from pathlib import Path
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


def load_all(home: Home, *, defaults: Home | None = None) -> BotSettings:
    """Return the bot's settings once every config of the home is known to be good.

    Where a config is missing, that of ``defaults`` is checked instead: a new home receives it.

    Raises:
        ConfigError: with the faults of all files at once.
    """
    bot = ConfigFile(_path(home.bot_settings, defaults), BotSettings)
    files: tuple[Loads, ...] = (
        bot,
        ConfigFile(_path(home.policies, defaults), SignalPolicies),
        ConfigFile(_path(home.components, defaults), Components),
        ConfigFile(_path(home.exits, defaults), ExitRules),
        ConfigFile(_path(home.learning_settings, defaults), LearningSettings),
    )
    faults = [fault for file in files for fault in _faults(file)]
    if faults:
        raise ConfigError(tuple(faults))
    return bot.load()


def _path(config: Path, defaults: Home | None) -> Path:
    return config if defaults is None or config.exists() else defaults.configs / config.name


def _faults(file: Loads) -> tuple[ConfigFault, ...]:
    try:
        file.load()
    except ConfigError as error:
        return error.faults
    return ()
