"""Every file of a home, named once."""

import re
from pathlib import Path

_SYMBOL = re.compile(r"^[A-Za-z0-9_]{1,32}$")


class Home:
    """The folder that holds one bot: its configs, its logs, its state."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    # folders
    @property
    def configs(self) -> Path:
        """Return the folder that the human owns."""
        return self.root / "configs"

    @property
    def logs(self) -> Path:
        """Return the folder of records to tail."""
        return self.root / "logs"

    @property
    def feature_store(self) -> Path:
        """Return the folder of state that later steps read."""
        return self.root / "feature_store"

    @property
    def tape(self) -> Path:
        """Return the folder of the market's recording."""
        return self.feature_store / "tape"

    @property
    def run(self) -> Path:
        """Return the folder of locks, heartbeats and saved read positions."""
        return self.root / "run"

    @property
    def commands(self) -> Path:
        """Return the folder of what is asked of the bot from other shells."""
        return self.run / "commands"

    @property
    def positions(self) -> Path:
        """Return the folder of saved read positions."""
        return self.run / "positions"

    @property
    def quarantine(self) -> Path:
        """Return the folder where what could not be read is kept."""
        return self.root / "quarantine"

    @property
    def paper_exchange(self) -> Path:
        """Return the folder of the paper exchange's own state."""
        return self.feature_store / "paper_exchange"

    def folders(self) -> tuple[Path, ...]:
        """Return every folder that a home has."""
        return (
            self.configs,
            self.logs,
            self.feature_store,
            self.tape,
            self.run,
            self.positions,
            self.commands,
            self.quarantine,
            self.paper_exchange,
        )

    # configs
    @property
    def bot_settings(self) -> Path:
        """Return ``configs/bot.json``."""
        return self.configs / "bot.json"

    @property
    def policies(self) -> Path:
        """Return ``configs/signal_policies.json``."""
        return self.configs / "signal_policies.json"

    @property
    def components(self) -> Path:
        """Return ``configs/components.json``."""
        return self.configs / "components.json"

    @property
    def exits(self) -> Path:
        """Return ``configs/exits.json``."""
        return self.configs / "exits.json"

    @property
    def learning_settings(self) -> Path:
        """Return ``configs/learning.json``."""
        return self.configs / "learning.json"

    # logs
    @property
    def predictive_signals(self) -> Path:
        """Return ``logs/predictive_signals.jsonl``."""
        return self.logs / "predictive_signals.jsonl"

    @property
    def ensemble_predictions(self) -> Path:
        """Return ``logs/ensemble_predictions.jsonl``."""
        return self.logs / "ensemble_predictions.jsonl"

    @property
    def signal_outcomes(self) -> Path:
        """Return ``logs/signal_outcomes.jsonl``."""
        return self.logs / "signal_outcomes.jsonl"

    @property
    def decisions(self) -> Path:
        """Return ``logs/conviction_gate.jsonl``."""
        return self.logs / "conviction_gate.jsonl"

    @property
    def gate_facts(self) -> Path:
        """Return ``logs/gate_facts.jsonl``."""
        return self.logs / "gate_facts.jsonl"

    @property
    def orders(self) -> Path:
        """Return ``logs/orders.jsonl``."""
        return self.logs / "orders.jsonl"

    @property
    def fills(self) -> Path:
        """Return ``logs/fills.jsonl``."""
        return self.logs / "fills.jsonl"

    @property
    def risk(self) -> Path:
        """Return ``logs/risk.jsonl``."""
        return self.logs / "risk.jsonl"

    @property
    def positions_futures(self) -> Path:
        """Return ``logs/positions_futures.json``."""
        return self.logs / "positions_futures.json"

    @property
    def supervisor_log(self) -> Path:
        """Return ``logs/supervisor.jsonl``."""
        return self.logs / "supervisor.jsonl"

    @property
    def learning_audit(self) -> Path:
        """Return ``logs/learning_audit.jsonl``."""
        return self.logs / "learning_audit.jsonl"

    @property
    def health(self) -> Path:
        """Return ``logs/health.json``."""
        return self.logs / "health.json"

    @property
    def freeze_flag(self) -> Path:
        """Return ``logs/trading_frozen.flag``."""
        return self.logs / "trading_frozen.flag"

    @property
    def alerts(self) -> Path:
        """Return ``logs/alerts.jsonl``."""
        return self.logs / "alerts.jsonl"

    @property
    def alert_state(self) -> Path:
        """Return ``logs/alerts.json``."""
        return self.logs / "alerts.json"

    # feature store
    def features(self, symbol: str) -> Path:
        """Return ``feature_store/features_<SYMBOL>.json``; ValueError for what is no symbol."""
        if not _SYMBOL.match(symbol):
            raise ValueError(f"not a symbol: {symbol!r}")
        return self.feature_store / f"features_{symbol}.json"

    @property
    def windows(self) -> Path:
        """Return ``feature_store/tape/windows.jsonl``: the features and raw sums of every window."""
        return self.tape / "windows.jsonl"

    @property
    def market_tape(self) -> Path:
        """Return ``feature_store/tape/market.jsonl``: every market message as it came."""
        return self.tape / "market.jsonl"

    @property
    def pending_journal(self) -> Path:
        """Return ``feature_store/pending_signals.journal.jsonl``."""
        return self.feature_store / "pending_signals.journal.jsonl"

    @property
    def pending_signals(self) -> Path:
        """Return ``feature_store/pending_signals.json``."""
        return self.feature_store / "pending_signals.json"

    @property
    def signals_universe(self) -> Path:
        """Return ``feature_store/signals_universe.jsonl``."""
        return self.feature_store / "signals_universe.jsonl"

    @property
    def enriched_decisions(self) -> Path:
        """Return ``feature_store/enriched_decisions.jsonl``."""
        return self.feature_store / "enriched_decisions.jsonl"

    @property
    def weights(self) -> Path:
        """Return ``feature_store/signal_weights_gate.json``."""
        return self.feature_store / "signal_weights_gate.json"

    @property
    def daily_rules(self) -> Path:
        """Return ``feature_store/daily_learning_rules.json``."""
        return self.feature_store / "daily_learning_rules.json"

    @property
    def edge_evidence(self) -> Path:
        """Return ``feature_store/edge_evidence.json``."""
        return self.feature_store / "edge_evidence.json"

    @property
    def versions(self) -> Path:
        """Return ``feature_store/versions``: the rules that decisions were made by."""
        return self.feature_store / "versions"

    @property
    def learning_state(self) -> Path:
        """Return ``feature_store/learning_state.json``."""
        return self.feature_store / "learning_state.json"

    # the house
    @property
    def identity(self) -> Path:
        """Return ``home.json``."""
        return self.root / "home.json"

    @property
    def lock(self) -> Path:
        """Return ``run/bot.lock``."""
        return self.run / "bot.lock"

    @property
    def learning_lock(self) -> Path:
        """Return ``run/learning.lock``: taken by whoever changes policies or weights."""
        return self.run / "learning.lock"

    @property
    def limits(self) -> Path:
        """Return ``run/limits.json``."""
        return self.run / "limits.json"

    @property
    def clock(self) -> Path:
        """Return ``run/clock.json``."""
        return self.run / "clock.json"

    @property
    def heartbeats(self) -> Path:
        """Return ``run/heartbeats``: the shared page."""
        return self.run / "heartbeats"

    @property
    def exchange_endpoint(self) -> Path:
        """Return ``run/paper_exchange.json``."""
        return self.run / "paper_exchange.json"

    @property
    def simulation(self) -> Path:
        """Return ``run/simulation.json``."""
        return self.run / "simulation.json"

    @property
    def saved_leg(self) -> Path:
        """Return ``run/leg``: the documents as they stood at the end of a stepped run's last finished leg."""
        return self.run / "leg"

    def conformance(self, mode: str) -> Path:
        """Return ``run/conform_<mode>.json``."""
        return self.run / f"conform_{mode}.json"

    def preflight(self, mode: str) -> Path:
        """Return ``run/preflight_<mode>.json``."""
        return self.run / f"preflight_{mode}.json"
