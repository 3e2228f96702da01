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
from policies.support.values import UNKNOWN, UnknownValueError

TAGGABLE = tuple(Path(__file__).with_name("taggable.txt").read_text().split())
"""Every resource type of the AWS SDK whose arguments have a map `tags`."""

LAUNCH_TEMPLATES = ("aws:ec2/launchTemplate:LaunchTemplate",)
SCALING_GROUPS = ("aws:autoscaling/group:Group",)
SCALING_GROUP_TAGS = ("aws:autoscaling/tag:Tag",)

_REQUIRED = Parameter(
    name="tags",
    kind="names",
    default=list(REQUIRED),
    required=("Environment", "Owner"),
    description="Names of the required tags, Environment and Owner among them.",
)

# Text that every AWS service accepts as a tag's value, without blanks at the ends.
_TEXT = r"[\w.:/=+@-]([\w .:/=+@-]*[\w.:/=+@-])?"


@rule(
    "tags-required",
    types=TAGGABLE,
    severity=Severity.MEDIUM,
    remedy="Set them in the provider's defaultTags, which reach every resource, and leave them out of ignoreTags",
    parameters=(_REQUIRED,),
)
def tags_required(resource: Resource, context: Context) -> Findings:
    """Every resource that can have tags has the required ones."""
    missing = [name for name in context.strings("tags") if not (tag(resource, name) or "").strip()]
    if missing:
        yield f"tags are missing: {', '.join(missing)}"


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
            kind="names",
            default=["instance", "volume"],
            required=("instance", "volume"),
            description="What a template starts and must tag, instance and volume among it.",
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
        missing, wrong = _lacks(specified.get(kind, {}), template, context)
        if missing:
            yield f"tags are missing for {kind} in tagSpecifications: {', '.join(missing)}"
        if wrong:
            yield f"the tag Environment for {kind} in tagSpecifications differs from the name of the stack"


def _lacks(given: Mapping[str, object], resource: Resource, context: Context) -> tuple[list[str], bool]:
    """The required tags that are missing or blank, and whether Environment names another stack."""
    unknown = next((name for name in context.strings("tags") if given.get(name) is UNKNOWN), None)
    if unknown:
        raise UnknownValueError(f"tags.{unknown}")
    missing = [name for name in context.strings("tags") if not str(given.get(name) or "").strip()]
    environment = given.get("Environment")
    return missing, bool(environment) and environment != resource.stack


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
    propagated = {
        item.text("key") or "": item.properties.get("value")
        for item in group.each("tags")
        if item.true("propagateAtLaunch")
    }
    missing, wrong = _lacks(propagated, group, context)
    if missing:
        yield f"tags do not reach the instances: {', '.join(missing)}"
    if wrong:
        yield "the tag Environment of the instances differs from the name of the stack"


@rule(
    "autoscaling-tag-propagates",
    types=SCALING_GROUP_TAGS,
    severity=Severity.LOW,
    remedy="Set propagateAtLaunch to true",
    parameters=(_REQUIRED,),
)
def autoscaling_tag_propagates(item: Resource, context: Context) -> Findings:
    """A required tag that is added to an Auto Scaling group reaches its instances."""
    if item.text("tag.key") not in context.strings("tags"):
        raise NotApplicable("it is not a required tag")
    if not item.true("tag.propagateAtLaunch"):
        yield "tag.propagateAtLaunch is not true"
    value = (item.text("tag.value") or "").strip()
    if not value:
        yield "tag.value is blank"
    elif item.text("tag.key") == "Environment" and value != item.stack:
        yield "the tag Environment differs from the name of the stack"


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
