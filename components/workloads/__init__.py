"""What runs inside the cluster before any application."""

from components.workloads.ingress import IngressArgs
from components.workloads.network_policies import SCRAPED_LABEL, Surroundings
from components.workloads.service_accounts import DataStores
from components.workloads.settings import WorkloadsSettings
from components.workloads.workloads import CHARTS, Workloads, WorkloadsArgs

__all__ = [
    "CHARTS",
    "SCRAPED_LABEL",
    "DataStores",
    "IngressArgs",
    "Surroundings",
    "Workloads",
    "WorkloadsArgs",
    "WorkloadsSettings",
]
