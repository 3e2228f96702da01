"""The VPC, its subnets, and what leads in and out."""

from components.network import acls
from components.network.network import Network, NetworkArgs
from components.network.settings import VPC_RANGES, NetworkSettings, vpc_problems
from components.network.vpc import create_flow_logs, create_vpc

__all__ = [
    "VPC_RANGES",
    "Network",
    "NetworkArgs",
    "NetworkSettings",
    "acls",
    "create_flow_logs",
    "create_vpc",
    "vpc_problems",
]
