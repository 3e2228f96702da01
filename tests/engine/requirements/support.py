"""How rows of the guide are proved, and what their proofs look up in the deployed stack."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.deployed import Deployed, Resource
from tests.unit.stacks import parsed

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
CLUSTER = "production-eks-cluster"
TAGS = {"Environment", "Owner", "CostCenter", "Project", "ManagedBy"}

Proof = Callable[[Deployed], None]
MATRIX: dict[str, tuple[str, Proof]] = {}
"""Row → what it asks for, and its proof."""


def proves(asked: str, *rows: int) -> Callable[[Proof], Proof]:
    def add(proof: Proof) -> Proof:
        for row in rows:
            assert f"R{row}" not in MATRIX, f"R{row} is proved twice"
            MATRIX[f"R{row}"] = (asked, proof)
        return proof

    return add


def subnets(d: Deployed, tier: str) -> dict[str, Resource]:
    found = [s for s in d.of_type("aws:ec2/subnet:Subnet") if s.name.startswith(f"network-{tier}-")]
    return {str(s["availabilityZone"]): s for s in found}


def ingress(d: Deployed, group: Resource) -> list[Resource]:
    rules = d.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    return [rule for rule in rules if rule["securityGroupId"] == group.id]


def group(d: Deployed, name: str) -> Resource:
    return d.one("aws:ec2/securityGroup:SecurityGroup", name)


def log_groups(d: Deployed) -> dict[str, Resource]:
    return {str(g["name"]): g for g in d.of_type("aws:cloudwatch/logGroup:LogGroup")}


def key_arn(d: Deployed, domain: str) -> str:
    return str(d.one("aws:kms/key:Key", f"keys-{domain}")["arn"])


def addon(d: Deployed, name: str) -> Resource:
    (found,) = [a for a in d.of_type("aws:eks/addon:Addon") if a["addonName"] == name]
    return found


def node_group(d: Deployed, label: str) -> Resource:
    return d.one("aws:eks/nodeGroup:NodeGroup", f"cluster-{label}")


def release(d: Deployed, name: str) -> Resource:
    (found,) = [r for r in d.of_type("kubernetes:helm.sh/v3:Release") if r["name"] == name]
    return found


def alarms(d: Deployed, **dimensions: str) -> dict[str, Resource]:
    """Alarms on metrics with these dimensions, by each metric that they read."""
    found: dict[str, Resource] = {}
    for alarm in d.of_type("aws:cloudwatch/metricAlarm:MetricAlarm"):
        queries = alarm.inputs.get("metricQueries")
        for read in [query.get("metric", {}) for query in queries] if queries else [alarm.inputs]:
            if read.get("dimensions", {}) == dimensions and "metricName" in read:
                found[str(read["metricName"])] = alarm
    return found


def primary(d: Deployed) -> Resource:
    return d.one("aws:rds/instance:Instance", "postgres-primary")


def replica(d: Deployed) -> Resource:
    return d.one("aws:rds/instance:Instance", "postgres-replica-read")


def redis(d: Deployed) -> Resource:
    return d.one("aws:elasticache/replicationGroup:ReplicationGroup")


def setting_of_buckets(d: Deployed, type_: str) -> dict[str, Resource]:
    """Settings of this type by the bucket's name."""
    return {str(setting["bucket"]): setting for setting in d.of_type(type_)}


def bucket_name(label: str, region: str = "us-east-1") -> str:
    return f"production-{label}-{parsed('production').account_id}-{region}"


def parameters(resource: Resource) -> dict[str, str]:
    return {p["name"]: p["value"] for p in resource.inputs["parameters"]}
