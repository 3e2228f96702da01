"""The rights of the controllers in AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from components.workloads.autoscaler import autoscaler_policy
from components.workloads.load_balancer_controller import CHART, controller_policy
from components.workloads.velero import storage_location, velero_policy
from tests.unit.workloads import CLUSTER, SCOPE

# IAM's limit for all inline policies of a role together, in characters without blanks.
INLINE_LIMIT = 10_240

BUCKET = "arn:aws:s3:::production-backups"
BUCKET_KEY = "arn:aws:kms:us-east-1:123456789012:key/s3"
VOLUME_KEY = "arn:aws:kms:us-east-1:123456789012:key/ebs"
PUBLISHED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "load_balancer_controller_actions.json").read_text()
)

Pair = tuple[str, frozenset[str]]


def autoscaler() -> list[dict[str, Any]]:
    return statements(autoscaler_policy(SCOPE, CLUSTER))


def controller() -> list[dict[str, Any]]:
    return statements(controller_policy(SCOPE, CLUSTER, "vpc-1"))


def velero() -> list[dict[str, Any]]:
    return statements(velero_policy(SCOPE, bucket_arn=BUCKET, bucket_key_arn=BUCKET_KEY, volume_key_arn=VOLUME_KEY))


def statements(document: str) -> list[dict[str, Any]]:
    assert len("".join(document.split())) < INLINE_LIMIT
    found: list[dict[str, Any]] = json.loads(document)["Statement"]
    return found


def by_sid(found: list[dict[str, Any]], sid: str) -> dict[str, Any]:
    return next(statement for statement in found if statement["Sid"] == sid)


def actions(statement: dict[str, Any]) -> list[str]:
    listed = statement["Action"]
    return [listed] if isinstance(listed, str) else listed


def conditioned_actions(found: list[dict[str, Any]]) -> set[Pair]:
    """Each action with the condition keys that bound it."""
    return {
        (action, frozenset(key for keys in statement.get("Condition", {}).values() for key in keys))
        for statement in found
        for action in actions(statement)
    }


def test_the_autoscaler_resizes_groups_of_its_cluster_only() -> None:
    statement = by_sid(autoscaler(), "ResizeGroupsOfTheCluster")
    owned = {f"autoscaling:ResourceTag/kubernetes.io/cluster/{CLUSTER}": "owned"}
    assert statement["Condition"] == {"StringEquals": owned}
    assert statement["Resource"].startswith("arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:")


def test_the_autoscaler_only_reads_beyond_its_cluster() -> None:
    discover = by_sid(autoscaler(), "Discover")
    assert all(action.partition(":")[2].startswith(("Describe", "Get")) for action in actions(discover))
    nodegroups = by_sid(autoscaler(), "ReadNodeGroups")
    assert nodegroups["Resource"] == f"arn:aws:eks:us-east-1:123456789012:nodegroup/{CLUSTER}/*/*"


def test_the_published_actions_are_those_of_the_charts_controller() -> None:
    assert PUBLISHED["version"] == CHART.version


def test_the_load_balancer_controller_has_exactly_the_published_actions_under_their_conditions() -> None:
    published = {
        (action, frozenset(statement["conditions"]))
        for statement in PUBLISHED["statements"]
        for action in statement["actions"]
    }
    in_network = frozenset({"ec2:Vpc"})
    narrowed = {
        (action, frozenset[str]() if conditions == in_network else conditions)
        for action, conditions in conditioned_actions(controller())
    }
    assert narrowed == published


def test_foreign_security_groups_change_in_the_clusters_network_only() -> None:
    statement = by_sid(controller(), "OpenNodesToLoadBalancers")
    vpc = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"
    assert statement["Condition"] == {"ArnEquals": {"ec2:Vpc": vpc}}


def test_load_balancers_of_other_clusters_in_the_account_are_out_of_reach() -> None:
    for sid in ("ChangeOwnLoadBalancers", "ChangeOwnGroups", "TagOwnLoadBalancers", "TagOwnGroups"):
        owner = by_sid(controller(), sid)["Condition"]["StringEquals"]
        assert owner == {"aws:ResourceTag/elbv2.k8s.aws/cluster": CLUSTER}


def test_the_tag_that_marks_an_owner_cannot_be_taken_over() -> None:
    for sid in ("TagOwnLoadBalancers", "TagOwnGroups"):
        condition = by_sid(controller(), sid)["Condition"]
        assert condition["Null"] == {"aws:RequestTag/elbv2.k8s.aws/cluster": "true"}


def test_velero_writes_below_its_prefix_only() -> None:
    assert by_sid(velero(), "KeepBackups")["Resource"] == f"{BUCKET}/velero/*"
    assert by_sid(velero(), "FindBackups")["Resource"] == BUCKET


def test_velero_uses_each_key_through_its_service_only() -> None:
    through_s3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    assert by_sid(velero(), "EncryptBackups")["Condition"] == through_s3
    assert by_sid(velero(), "EncryptBackups")["Resource"] == BUCKET_KEY
    grant = by_sid(velero(), "GrantVolumesTheirKey")
    assert grant["Resource"] == VOLUME_KEY
    assert grant["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_velero_deletes_snapshots_of_its_own_environment_only() -> None:
    statement = by_sid(velero(), "DeleteOwnSnapshots")
    location = {"aws:ResourceTag/velero.io/storage-location": storage_location(SCOPE)}
    assert statement["Condition"] == {"StringEquals": location}
    assert statement["Resource"] == "arn:aws:ec2:us-east-1::snapshot/*"


def test_nothing_that_changes_aws_is_open_in_velero() -> None:
    for statement in velero():
        if statement["Resource"] == "*":
            assert all(action.startswith("ec2:Describe") for action in actions(statement))
