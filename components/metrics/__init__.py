"""Metrics of Prometheus, what they tell of, and how people look at them."""

from components.metrics.metrics import Metrics, MetricsArgs
from components.metrics.settings import GrafanaSettings, IdentityCenterSettings, MetricsSettings, SamlSettings

__all__ = ["GrafanaSettings", "IdentityCenterSettings", "Metrics", "MetricsArgs", "MetricsSettings", "SamlSettings"]
