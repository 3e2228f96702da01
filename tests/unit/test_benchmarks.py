"""Simulated deployments, and the tables behind them."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.creation_times import IMPOSED, REPLICA, REPLICA_IN_OTHER_REGION, SECONDS, creation_seconds, is_imposed
from benchmarks.makespan import Graph, Node, graph, seconds
from local import schema

VPC, SUBNET, LOGS, ALARM = (
    "aws:ec2/vpc:Vpc",
    "aws:ec2/subnet:Subnet",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
)


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:stack::project::{type_}::{name}"


def entry(type_: str, name: str, *, custom: bool = True, **more: Any) -> dict[str, Any]:
    return {"urn": urn(type_, name), "type": type_, "custom": custom, **more}


def needs(*entries: dict[str, Any]) -> dict[str, set[str]]:
    """What each resource of a state waits for, by name."""
    found = graph({"deployment": {"resources": list(entries)}}).nodes
    return {node.urn.rpartition("::")[2]: {need.rpartition("::")[2] for need in node.needs} for node in found.values()}


def nodes(*given: tuple[str, float, str]) -> Graph:
    """Resources by name, seconds, and the names of what they need."""
    return Graph(
        {
            name: Node(urn=name, type="aws:x/y:Z", seconds=time, needs=frozenset(needed.split()))
            for name, time, needed in given
        }
    )


def test_a_resource_waits_for_inputs_dependencies_parent_and_provider() -> None:
    provider = entry("pulumi:providers:aws", "provider")
    others = [entry(VPC, name) for name in ("input", "named", "parent")]
    last = entry(
        SUBNET,
        "last",
        parent=urn(VPC, "parent"),
        provider=f"{provider['urn']}::id",
        dependencies=[urn(VPC, "named")],
        propertyDependencies={"vpcId": [urn(VPC, "input")], "tags": None},
    )
    assert needs(provider, *others, last)["last"] == {"provider", "input", "named", "parent"}


def test_what_a_component_waits_for_its_parts_wait_for() -> None:
    outer = entry("platform:x:Outer", "outer", custom=False)
    inner = entry(
        "eks:index:Cluster", "inner", custom=False, parent=outer["urn"], dependencies=[urn(LOGS, "logs"), outer["urn"]]
    )
    part = entry(SUBNET, "part", parent=inner["urn"])
    assert needs(entry(LOGS, "logs"), outer, inner, part) == {"logs": set(), "part": {"logs"}}


def test_who_needs_a_component_needs_all_its_parts() -> None:
    component = entry("eks:index:Cluster", "component", custom=False)
    parts = [entry(SUBNET, name, parent=component["urn"]) for name in ("one", "two")]
    below = entry(LOGS, "below", parent=parts[0]["urn"])
    consumer = entry(ALARM, "consumer", dependencies=[component["urn"]])
    assert needs(component, *parts, below, consumer)["consumer"] == {"one", "two", "below"}


def test_a_resource_comes_behind_all_that_it_needs() -> None:
    first, second = entry(SUBNET, "second", dependencies=[urn(VPC, "first")]), entry(VPC, "first")
    assert list(needs(first, second)) == ["first", "second"]


def test_the_longest_chain_is_by_time_and_not_by_length() -> None:
    found = nodes(("a", 1, ""), ("b", 1, "a"), ("c", 1, "b"), ("long", 10, ""), ("end", 1, "long c"))
    assert [node.urn for node in found.longest_chain()] == ["long", "end"]
    assert seconds(found.longest_chain()) == 11
    assert nodes().longest_chain() == []


@pytest.mark.parametrize(("workers", "expected"), [(1, 9), (2, 7), (3, 5), (99, 5)])
def test_fewer_workers_take_longer(workers: int, expected: float) -> None:
    found = nodes(("a", 2, ""), ("b", 2, ""), ("c", 2, ""), ("d", 3, "c"))
    assert found.makespan(workers) == expected


def test_only_imposed_edges_count_as_unavoidable() -> None:
    vpc, logs = entry(VPC, "vpc"), entry(LOGS, "logs")
    subnet = entry(SUBNET, "subnet", dependencies=[vpc["urn"], logs["urn"]])
    found = graph({"deployment": {"resources": [vpc, logs, subnet]}})
    assert found.nodes[subnet["urn"]].needs == {vpc["urn"], logs["urn"]}
    assert found.imposed.nodes[subnet["urn"]].needs == {vpc["urn"]}


def test_a_replica_takes_longer_from_another_region() -> None:
    instance = "aws:rds/instance:Instance"
    source = "arn:aws:rds:us-east-1:123456789012:db:source"
    assert creation_seconds(instance, {}) == SECONDS[instance]
    assert creation_seconds(instance, {"replicateSourceDb": "source", "region": "us-east-1"}) == REPLICA
    assert creation_seconds(instance, {"replicateSourceDb": source, "region": "us-east-1"}) == REPLICA
    assert creation_seconds(instance, {"replicateSourceDb": source, "region": "us-west-2"}) == REPLICA_IN_OTHER_REGION


def test_what_is_in_no_cloud_takes_no_time() -> None:
    assert creation_seconds("random:index/randomPassword:RandomPassword", {}) == 0
    assert creation_seconds("platform:network:Network", {}) == 0
    assert creation_seconds(ALARM, {}) > 0


def test_objects_of_kubernetes_wait_for_the_cluster_and_their_namespace() -> None:
    assert is_imposed("kubernetes:core/v1:LimitRange", "kubernetes:core/v1:Namespace")
    assert is_imposed("kubernetes:core/v1:LimitRange", "pulumi:providers:kubernetes")
    assert not is_imposed("kubernetes:core/v1:LimitRange", "kubernetes:helm.sh/v3:Release")


def test_the_tables_name_types_that_exist() -> None:
    named = {*SECONDS, *IMPOSED, *(needed for several in IMPOSED.values() for needed in several)}
    assert not [type_ for type_ in named if not type_.startswith("pulumi:") and schema.resource(type_) is None]
