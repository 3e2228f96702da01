"""The scenario of each kind of alarm."""

from __future__ import annotations

from collections.abc import Mapping

from tests.alarms.address import ADDRESS
from tests.alarms.applications import APPLICATIONS
from tests.alarms.cache import CACHE
from tests.alarms.cluster import CLUSTER
from tests.alarms.copies import COPIES, NETWORK
from tests.alarms.database import DATABASE
from tests.alarms.scenario import Scenario

SCENARIOS: Mapping[str, Mapping[str, Scenario]] = {
    "ContainerInsights": CLUSTER,
    "AWS/RDS": DATABASE,
    "AWS/ElastiCache": CACHE,
    "AWS/NATGateway": NETWORK,
    "AWS/S3": COPIES,
    "AWS/Backup": COPIES,
    "AWS/CertificateManager": ADDRESS,
    "AWS/WAFV2": ADDRESS,
    "AWS/ApplicationELB": ADDRESS,
    "AWS/Route53": ADDRESS,
    "TradingPlatform/Trading": APPLICATIONS,
    "TradingPlatform/Api": APPLICATIONS,
    "TradingPlatform/Research": APPLICATIONS,
}
"""By namespace, then by metric; several metrics of one alarm in the order of their names."""
