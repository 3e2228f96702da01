"""Scenarios for the rules of the tagging pack."""

from __future__ import annotations

import json

from policies.support.values import UNKNOWN
from tests.policies.support import REMOVED, Case, Given, hidden

TAGS = {
    "Environment": "production",
    "Owner": "platform team",
    "CostCenter": "trading-001",
    "Project": "trading-platform",
    "ManagedBy": "Pulumi",
}
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
PROVIDER = {"region": "us-east-1", "defaultTags": json.dumps({"tags": TAGS})}
NO_OWNER = {name: value for name, value in TAGS.items() if name != "Owner"}

TAGGED = Given(LOG_GROUP, "logs", {"tags": {"Name": "logs"}, "tagsAll": {"Name": "logs", **TAGS}})
BY_PROVIDER = Given(
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "rule", {"ipProtocol": "tcp"}, provider=PROVIDER
)
TEMPLATE = Given(
    "aws:ec2/launchTemplate:LaunchTemplate",
    "nodes",
    {"tagSpecifications": [{"resourceType": kind, "tags": dict(TAGS)} for kind in ("instance", "volume")]},
)
GROUP = Given(
    "aws:autoscaling/group:Group",
    "group",
    {"tags": [{"key": key, "value": value, "propagateAtLaunch": True} for key, value in TAGS.items()]},
)

CASES = [
    Case(
        rule="tags-required",
        good=[TAGGED],
        bad={
            "one missing": [("logs", "tagsAll.Owner", REMOVED)],
            "none": [("logs", "tags", {}), ("logs", "tagsAll", {})],
            "the provider's lack one": [
                Given(LOG_GROUP, "logs", {}, provider={"defaultTags": json.dumps({"tags": NO_OWNER})})
            ],
        },
        unknown=hidden("logs", "tagsAll"),
        also_good={
            "by the provider": [BY_PROVIDER],
            "by the provider, as a map": [Given(LOG_GROUP, "logs", {}, provider={"defaultTags": {"tags": TAGS}})],
            "of its own": [Given(LOG_GROUP, "logs", {"tags": TAGS})],
            "with others unknown": [
                Given(LOG_GROUP, "logs", {"tags": {**TAGS, "Version": UNKNOWN}, "tagsAll": UNKNOWN})
            ],
        },
    ),
    Case(
        rule="tags-environment",
        good=[TAGGED],
        bad={"another": [("logs", "tagsAll.Environment", "staging")]},
        unknown=hidden("logs", "tagsAll.Environment"),
        not_applicable={"missing": [("logs", "tagsAll.Environment", REMOVED)]},
    ),
    Case(
        rule="tags-values",
        good=[TAGGED],
        bad={
            "empty": [("logs", "tagsAll.Owner", "")],
            "blank": [("logs", "tagsAll.CostCenter", " ")],
            "blank at the end": [("logs", "tagsAll.Owner", "platform ")],
            "another tool": [("logs", "tagsAll.ManagedBy", "Terraform")],
        },
        unknown=hidden("logs", "tagsAll.Owner"),
    ),
    Case(
        rule="ec2-launch-template-tags",
        good=[TEMPLATE],
        bad={
            "one missing": [("nodes", "tagSpecifications.0.tags.Owner", REMOVED)],
            "no volumes": [("nodes", "tagSpecifications.1.resourceType", "network-interface")],
            "none": [("nodes", "tagSpecifications", REMOVED)],
        },
        unknown=hidden("nodes", "tagSpecifications"),
    ),
    Case(
        rule="autoscaling-group-tags",
        good=[GROUP],
        bad={
            "not propagated": [("group", "tags.0.propagateAtLaunch", False)],
            "none": [("group", "tags", REMOVED)],
        },
        unknown=hidden("group", "tags"),
    ),
    Case(
        rule="autoscaling-tag-propagates",
        good=[
            Given("aws:autoscaling/tag:Tag", "tag", {"tag": {"key": "Owner", "value": "x", "propagateAtLaunch": True}})
        ],
        bad={
            "not propagated": [("tag", "tag.propagateAtLaunch", False)],
            "blank": [("tag", "tag.value", " ")],
            "another environment": [("tag", "tag.key", "Environment")],
        },
        unknown=hidden("tag", "tag.propagateAtLaunch"),
        not_applicable={"another tag": [("tag", "tag.key", "k8s.io/cluster-autoscaler/enabled")]},
    ),
    Case(
        rule="rds-snapshot-tags",
        good=[Given("aws:rds/instance:Instance", "postgres", {"copyTagsToSnapshot": True})],
        bad={
            "off": [("postgres", "copyTagsToSnapshot", False)],
            "absent": [("postgres", "copyTagsToSnapshot", REMOVED)],
        },
        unknown=hidden("postgres", "copyTagsToSnapshot"),
    ),
]
