"""Every config of a home, checked at once."""

from src.records.policies import Components, SignalPolicies
from src.records.settings import BotSettings, ExitRules, LearningSettings
from src.store.config import ConfigFile
from src.store.errors import ConfigError
from src.store.paths import Home


def load_all(home: Home) -> BotSettings:
    """Return the bot's settings once every config of the home is known to be good.

    Raises:
        ConfigError: with the faults of all files at once.
    """
    faults = []
    files: tuple[ConfigFile[object], ...] = (
        ConfigFile(home.policies, SignalPolicies),
        ConfigFile(home.components, Components),
        ConfigFile(home.exits, ExitRules),
        ConfigFile(home.learning_settings, LearningSettings),
    )
    settings = None
    try:
        settings = ConfigFile(home.bot_settings, BotSettings).load()
    except ConfigError as error:
        faults.extend(error.faults)
    for file in files:
        try:
            file.load()
        except ConfigError as error:
            faults.extend(error.faults)
    if faults or settings is None:
        raise ConfigError(faults)
    return settings
