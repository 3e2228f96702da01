"""Operations that take longer than the provider waits by itself have the time that they need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from components.cluster.node_groups import update_minutes
from components.cluster.settings import NodeGroupSettings
from tests.engine.deployed import changed, deployed

pytestmark = pytest.mark.engine


class Known(NamedTuple):
    """An operation that people saw run out of time."""

    providers: int
    """Minutes that the provider waits by itself (its reference, Timeouts)."""
    needed: int
    """Minutes that it was seen to take, or that people gave it."""
    source: str


KNOWN: Mapping[tuple[str, str], Known] = {
    ("aws:acm/certificateValidation:CertificateValidation", "create"): Known(75, 120, "a delegation made by hand"),
    ("aws:eks/nodeGroup:NodeGroup", "update"): Known(60, 180, "terraform-aws-eks 1467: three hours"),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "create"): Known(60, 80, "terraform-provider-aws 4093"),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "update"): Known(40, 120, "online resharding moves keys"),
    ("aws:elasticache/user:User", "create"): Known(5, 10, "terraform-provider-aws 31076"),
    ("aws:elasticache/user:User", "update"): Known(5, 10, "terraform-provider-aws 20729"),
    ("aws:elasticache/user:User", "delete"): Known(5, 10, "terraform-provider-aws 20530"),
    ("aws:rds/instance:Instance", "create"): Known(40, 120, "terraform-provider-aws 179: replicas, restores"),
    ("aws:rds/instance:Instance", "update"): Known(80, 120, "majors and storage of large databases"),
    ("aws:rds/instance:Instance", "delete"): Known(60, 80, "a final snapshot of a large database"),
    ("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication", "create"): Known(
        75, 180, "terraform-provider-aws 25776"
    ),
    ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "create"): Known(
        3, 10, "terraform-provider-aws 25939"
    ),
    ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "update"): Known(
        3, 10, "terraform-provider-aws 25939"
    ),
    ("aws:securityhub/standardsSubscription:StandardsSubscription", "create"): Known(
        3, 15, "terraform-provider-aws 42688"
    ),
    ("aws:securityhub/standardsSubscription:StandardsSubscription", "delete"): Known(
        3, 15, "terraform-provider-aws 42688"
    ),
}


@pytest.mark.parametrize(("type_", "operation"), KNOWN)
def test_what_was_seen_to_run_out_of_time_has_more(type_: str, operation: str) -> None:
    known = KNOWN[type_, operation]
    stacks = (deployed("production"), changed("full"), changed("published"))
    found = [each for stack in stacks for each in stack.of_type(type_)]
    assert found, "no stack has one"
    for each in found:
        minutes = each.timeouts.get(operation, 0) / 60
        if type_ == "aws:eks/nodeGroup:NodeGroup":
            # Pods have a quarter of an hour to leave each node; two nodes at once are the most that a group here says.
            assert minutes >= max(known.providers, 15 * each.inputs["scalingConfig"]["maxSize"] / 2), each.name
        else:
            assert minutes > known.providers, f"{each.name} waits {minutes} minutes, as the provider does"
            assert minutes >= known.needed, f"{each.name} waits {minutes} minutes"


@pytest.mark.parametrize(
    ("nodes", "update", "minutes"),
    [
        # One node after the other, a quarter of an hour to leave and five minutes to come.
        (2, {}, 60),
        (20, {}, 400),
        (20, {"maxUnavailable": 5}, 80),
        (100, {"maxUnavailablePercentage": 33}, 80),
        (3, {"maxUnavailablePercentage": 10}, 60),
        (450, {"maxUnavailablePercentage": 100}, 100),
    ],
)
def test_a_group_has_time_for_each_of_its_nodes(nodes: int, update: dict[str, int], minutes: int) -> None:
    group = NodeGroupSettings.model_validate(
        {
            "instanceTypes": ["m5.large"],
            "minSize": 0,
            "desiredSize": 0,
            "maxSize": nodes,
            "update": update,
        },
        by_alias=True,
    )
    assert update_minutes(group) == minutes
