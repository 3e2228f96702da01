"""Tags of resources, of what launch templates start, and of snapshots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pulumi_policy import Severity

from policies.support.databases import INSTANCES
from policies.support.parameters import Parameter
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule
from policies.support.tags import REQUIRED, tag

TAGGABLE = tuple(Path(__file__).with_name("taggable.txt").read_text().split())
"""Every resource type of the AWS SDK whose arguments have a map `tags`."""

LAUNCH_TEMPLATES = ("aws:ec2/launchTemplate:LaunchTemplate",)
SCALING_GROUPS = ("aws:autoscaling/group:Group",)
SCALING_GROUP_TAGS = ("aws:autoscaling/tag:Tag",)

_REQUIRED = Parameter(name="tags", kind="strings", default=list(REQUIRED), description="Names of the required tags.")

# Text that every AWS service accepts as a tag's value, without blanks at the ends.
_TEXT = r"[\w.:/=+@-]([\w .:/=+@-]*[\w.:/=+@-])?"


@rule(
    "tags-required",
    types=TAGGABLE,
    severity=Severity.MEDIUM,
    remedy="Set it in the provider's defaultTags, which reach every resource",
    parameters=(_REQUIRED,),
)
def tags_required(resource: Resource, context: Context) -> Findings:
    """Every resource that can have tags has the required ones."""
    for name in context.strings("tags"):
        if tag(resource, name) is None:
            yield f"the tag {name} is missing"


@rule(
    "tags-environment",
    types=TAGGABLE,
    severity=Severity.MEDIUM,
    remedy="Set Environment to the name of the stack",
)
def tags_environment(resource: Resource, _context: Context) -> Findings:
    """The tag Environment is the name of the stack."""
    value = tag(resource, "Environment")
    if value is None:
        raise NotApplicable("there is no tag Environment")
    if value != resource.stack:
        yield "the tag Environment differs from the name of the stack"


@rule(
    "tags-values",
    types=TAGGABLE,
    severity=Severity.LOW,
    remedy="Use a value that the pattern in the rule's configuration allows, without blanks at the ends",
    parameters=(
        Parameter(
            name="patterns",
            kind="patterns",
            default={"Owner": _TEXT, "CostCenter": _TEXT, "Project": "[a-z][a-z0-9-]*", "ManagedBy": "Pulumi"},
            description="Regular expressions that the whole value of each tag must match.",
        ),
    ),
)
def tags_values(resource: Resource, context: Context) -> Findings:
    """Tags have values that reports can group by."""
    for name, pattern in context.texts("patterns").items():
        value = tag(resource, name)
        if value is not None and not re.fullmatch(pattern, value):
            yield f"the tag {name} has a value that its pattern does not allow"


@rule(
    "ec2-launch-template-tags",
    types=LAUNCH_TEMPLATES,
    severity=Severity.MEDIUM,
    remedy="Put the tags into tagSpecifications: the provider's default tags do not reach what a template starts",
    parameters=(
        _REQUIRED,
        Parameter(
            name="resourceTypes",
            kind="strings",
            default=["instance", "volume"],
            description="What a template starts and must tag.",
        ),
    ),
)
def ec2_launch_template_tags(template: Resource, context: Context) -> Findings:
    """Launch templates tag the instances and volumes that they start."""
    specified: dict[str | None, Mapping[str, object]] = {
        specification.text("resourceType"): specification.child("tags").properties
        for specification in template.each("tagSpecifications")
    }
    for kind in context.strings("resourceTypes"):
        for name in context.strings("tags"):
            if name not in specified.get(kind, {}):
                yield f"the tag {name} is missing for {kind} in tagSpecifications"


@rule(
    "autoscaling-group-tags",
    types=SCALING_GROUPS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_153",),
    remedy="List the tag in tags with propagateAtLaunch set to true",
    parameters=(_REQUIRED,),
)
def autoscaling_group_tags(group: Resource, context: Context) -> Findings:
    """Auto Scaling groups give the required tags to their instances."""
    propagated = [item.text("key") for item in group.each("tags") if item.true("propagateAtLaunch")]
    for name in context.strings("tags"):
        if name not in propagated:
            yield f"the tag {name} does not reach the instances"


@rule(
    "autoscaling-tag-propagates",
    types=SCALING_GROUP_TAGS,
    severity=Severity.LOW,
    frameworks=("CKV_AWS_153",),
    remedy="Set propagateAtLaunch to true",
    parameters=(_REQUIRED,),
)
def autoscaling_tag_propagates(item: Resource, context: Context) -> Findings:
    """A required tag that is added to an Auto Scaling group reaches its instances."""
    if item.text("tag.key") not in context.strings("tags"):
        raise NotApplicable("it is not a required tag")
    if not item.true("tag.propagateAtLaunch"):
        yield "tag.propagateAtLaunch is not true"


@rule(
    "rds-snapshot-tags",
    types=INSTANCES,
    severity=Severity.LOW,
    frameworks=("CKV2_AWS_60", "RDS.17"),
    remedy="Set copyTagsToSnapshot to true",
)
def rds_snapshot_tags(instance: Resource, _context: Context) -> Findings:
    """Snapshots of RDS instances carry the tags of the instance."""
    if not instance.true("copyTagsToSnapshot"):
        yield "copyTagsToSnapshot is not true"
