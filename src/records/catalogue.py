"""Every file of a home and the records it holds: what ``docs/records.md`` shows and the contract tests run over."""

from dataclasses import dataclass

from src.records.alerts import Alert, AlertState
from src.records.base import Record
from src.records.checks import Conformance, Preflight
from src.records.decisions import Decision
from src.records.ensemble import EnsembleState
from src.records.exchange_journal import ExchangeSnapshot, JournalEntry, MarketCheckpoint
from src.records.features import Features
from src.records.gate_facts import GateFacts
from src.records.learning import (
    DailyLearningRules,
    EdgeEvidence,
    LearningAudit,
    LearningState,
    SignalWeights,
)
from src.records.ledger import (
    CashBooked,
    ClosingRevised,
    FillBooked,
    FillSettled,
    FundingBooked,
    LedgerOpened,
    PositionClosed,
    Positions,
)
from src.records.operations import (
    ClockAnchor,
    ExchangeEndpoint,
    FreezeFlag,
    Health,
    HomeIdentity,
    SupervisorEvent,
    TapeLine,
)
from src.records.orders import CancelIntent, OrderIntent, OrderUpdate
from src.records.outcomes import (
    EnrichedDecision,
    EnrichmentState,
    PendingDecided,
    PendingDeleted,
    PendingPut,
    PendingSignals,
    SignalOutcome,
    UniverseRow,
)
from src.records.policies import Components, SignalPolicies
from src.records.predictions import Prediction
from src.records.risk import (
    Command,
    CommandAnswer,
    ConfirmedLimits,
    ForeignAccepted,
    RiskCleared,
    RiskLatched,
    RiskPeak,
)
from src.records.settings import BotSettings, ExitRules, LearningSettings
from src.records.signals import Signal
from src.records.simulation import SimulationRun


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a home."""

    path: str
    """Within the home."""
    writer: str
    """The one process, or person, that writes it."""
    durability: str
    """What a power cut may take: ``money`` nothing, ``knowledge`` a second, ``telemetry`` what it likes."""
    records: tuple[type[Record], ...]


FILES: tuple[FileEntry, ...] = (
    FileEntry("configs/bot.json", "human", "money", (BotSettings,)),
    FileEntry("configs/signal_policies.json", "human, learning cycle", "money", (SignalPolicies,)),
    FileEntry("configs/components.json", "human", "money", (Components,)),
    FileEntry("configs/exits.json", "human", "money", (ExitRules,)),
    FileEntry("configs/learning.json", "human", "money", (LearningSettings,)),
    FileEntry("logs/predictive_signals.jsonl", "predictive engine", "knowledge", (Signal,)),
    FileEntry("logs/ensemble_predictions.jsonl", "ensemble predictor", "knowledge", (Prediction,)),
    FileEntry("logs/conviction_gate.jsonl", "main", "money where it trades", (Decision,)),
    FileEntry("logs/gate_facts.jsonl", "main", "money where it trades", (GateFacts,)),
    FileEntry("logs/orders.jsonl", "main", "money", (OrderIntent, OrderUpdate, CancelIntent)),
    FileEntry(
        "logs/fills.jsonl",
        "main",
        "money",
        (
            LedgerOpened,
            FillBooked,
            FillSettled,
            FundingBooked,
            CashBooked,
            PositionClosed,
            ClosingRevised,
        ),
    ),
    FileEntry("logs/risk.jsonl", "main", "money", (RiskLatched, RiskCleared, RiskPeak, ForeignAccepted)),
    FileEntry("logs/positions_futures.json", "main", "knowledge", (Positions,)),
    FileEntry("logs/signal_outcomes.jsonl", "signal resolver", "knowledge", (SignalOutcome,)),
    FileEntry("logs/learning_audit.jsonl", "learning cycle", "knowledge", (LearningAudit,)),
    FileEntry("logs/supervisor.jsonl", "main (monitor)", "knowledge", (SupervisorEvent,)),
    FileEntry("logs/health.json", "main (monitor)", "telemetry", (Health,)),
    FileEntry("logs/alerts.jsonl", "alerts", "telemetry", (Alert,)),
    FileEntry("logs/alerts.json", "alerts", "telemetry", (AlertState,)),
    FileEntry("logs/trading_frozen.flag", "human, main", "money", (FreezeFlag,)),
    FileEntry("feature_store/features_<SYMBOL>.json", "feature builder", "telemetry", (Features,)),
    FileEntry("feature_store/tape/windows.jsonl", "feature builder", "knowledge", (Features,)),
    FileEntry("feature_store/tape/market.jsonl", "feature builder", "knowledge", (TapeLine,)),
    FileEntry(
        "feature_store/pending_signals.journal.jsonl",
        "signal resolver",
        "knowledge",
        (PendingPut, PendingDecided, PendingDeleted),
    ),
    FileEntry("feature_store/pending_signals.json", "signal resolver", "telemetry", (PendingSignals,)),
    FileEntry("feature_store/signals_universe.jsonl", "signal resolver", "knowledge", (UniverseRow,)),
    FileEntry("feature_store/enriched_decisions.jsonl", "signal resolver", "knowledge", (EnrichedDecision,)),
    FileEntry("feature_store/signal_weights_gate.json", "learning cycle", "knowledge", (SignalWeights,)),
    FileEntry(
        "feature_store/daily_learning_rules.json", "learning cycle", "knowledge", (DailyLearningRules,)
    ),
    FileEntry("feature_store/edge_evidence.json", "learning cycle", "knowledge", (EdgeEvidence,)),
    FileEntry("feature_store/versions/policies_<HASH>.json", "main", "money", (SignalPolicies,)),
    FileEntry("feature_store/versions/weights_<HASH>.json", "main", "money", (SignalWeights,)),
    FileEntry("feature_store/versions/evidence_<HASH>.json", "main", "money", (EdgeEvidence,)),
    FileEntry("feature_store/learning_state.json", "learning cycle", "knowledge", (LearningState,)),
    FileEntry("feature_store/paper_exchange/journal.jsonl", "paper exchange", "money", (JournalEntry,)),
    FileEntry("feature_store/paper_exchange/snapshot.json", "paper exchange", "money", (ExchangeSnapshot,)),
    FileEntry("feature_store/paper_exchange/market.json", "paper exchange", "telemetry", (MarketCheckpoint,)),
    FileEntry("home.json", "main", "money", (HomeIdentity,)),
    FileEntry("run/positions/data_enrichment.json", "signal resolver", "knowledge", (EnrichmentState,)),
    FileEntry("run/positions/ensemble_predictor.json", "ensemble predictor", "telemetry", (EnsembleState,)),
    FileEntry("run/limits.json", "main", "money", (ConfirmedLimits,)),
    FileEntry("run/commands/<ID>.command.json", "human", "money", (Command,)),
    FileEntry("run/commands/<ID>.answer.json", "main", "knowledge", (CommandAnswer,)),
    FileEntry("run/conform_<MODE>.json", "conform", "knowledge", (Conformance,)),
    FileEntry("run/preflight_<MODE>.json", "preflight", "knowledge", (Preflight,)),
    FileEntry("run/clock.json", "main", "money", (ClockAnchor,)),
    FileEntry("run/simulation.json", "simulate", "telemetry", (SimulationRun,)),
    FileEntry("run/paper_exchange.json", "paper exchange", "money", (ExchangeEndpoint,)),
)
