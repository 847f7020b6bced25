"""Watches every hand-edited file of a home, so that a broken edit is told of whoever reads the file."""

from collections.abc import Callable

from src.records.operations import ConfigFault
from src.records.policies import Components, SignalPolicies
from src.records.settings import BotSettings, ExitRules, LearningSettings
from src.store.config import ConfigFile
from src.store.paths import Home


class ConfigWatch:
    """The configs of a home as they stand; ConfigError at the start where one cannot be used."""

    def __init__(self, home: Home) -> None:
        bot, policies = ConfigFile(home.bot_settings, BotSettings), ConfigFile(home.policies, SignalPolicies)
        components, exits = ConfigFile(home.components, Components), ConfigFile(home.exits, ExitRules)
        learning = ConfigFile(home.learning_settings, LearningSettings)
        for load in (bot.load, policies.load, components.load, exits.load, learning.load):
            load()
        self._looks = (bot.current, policies.current, components.current, exits.current, learning.current)
        self._faults: tuple[Callable[[], tuple[ConfigFault, ...]], ...] = (
            lambda: bot.faults,
            lambda: policies.faults,
            lambda: components.faults,
            lambda: exits.faults,
            lambda: learning.faults,
        )

    def faults(self) -> tuple[ConfigFault, ...]:
        """Return what is wrong with the newest edits of all files; the last good versions stay in force."""
        for look in self._looks:
            look()
        return tuple(fault for faults in self._faults for fault in faults())
