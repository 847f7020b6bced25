"""The ten components in one row, and the asking of them all."""

from collections.abc import Mapping

from src.components.base import Component
from src.components.fear_greed import FEAR_GREED
from src.components.funding import FUNDING
from src.components.hurst import HURST
from src.components.lead_lag import LEAD_LAG
from src.components.liquidation import LIQUIDATION
from src.components.ofi_momentum import OFI_MOMENTUM
from src.components.oi_divergence import OI_DIVERGENCE
from src.components.oi_velocity import OI_VELOCITY
from src.components.volatility_skew import VOLATILITY_SKEW
from src.components.whale_flow import WHALE_FLOW
from src.records.features import Features
from src.records.policies import ComponentSettings
from src.records.signals import ComponentVote

REGISTRY: tuple[Component, ...] = (
    LIQUIDATION,
    WHALE_FLOW,
    FUNDING,
    HURST,
    LEAD_LAG,
    OFI_MOMENTUM,
    FEAR_GREED,
    OI_VELOCITY,
    VOLATILITY_SKEW,
    OI_DIVERGENCE,
)


def ask_all(features: Features, settings: Mapping[str, ComponentSettings]) -> tuple[ComponentVote, ...]:
    """Return the vote of each component, in the order of the registry."""
    return tuple([component.vote(features, settings[component.name].thresholds) for component in REGISTRY])
