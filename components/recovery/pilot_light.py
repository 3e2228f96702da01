"""What of a stack waits for the day on which it takes over: a pilot light burns, and nothing else does.

Creating roles, buckets and their policies, and records of DNS, goes through control planes in us-east-1 (AWS Fault
Isolation Boundaries, global services). All of that, keys, the network and the cluster's control plane exist before.
What is left out is made in the stack's own region within the hour, and costs by the hour.
"""

from __future__ import annotations

from collections.abc import Mapping

WAITS: Mapping[str, str] = {
    "aws:ec2/natGateway:NatGateway": "nothing runs that would go out; the addresses are reserved",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "nothing runs that would call a service",
    "aws:eks/nodeGroup:NodeGroup": "no nodes",
    "aws:eks/addon:Addon": "add-ons are degraded, and time out, where there are no nodes",
    "kubernetes:helm.sh/v3:Release": "charts wait for pods that would wait for nodes",
    "aws:rds/instance:Instance": "its data comes from the standby of the stack that is taken over",
    "aws:elasticache/replicationGroup:ReplicationGroup": "starts empty in any case",
}
"""Types of resources that wait, and why. What depends on them waits too."""


def exclusions() -> list[str]:
    """Options of `pulumi preview` and `pulumi up` that leave out what waits."""
    return ["--exclude-dependents", *(word for type_ in WAITS for word in ("--exclude", f"**{type_}::**"))]
