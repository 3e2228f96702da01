"""What AWS's own handlers call for each resource of a stack, and how IAM decides on it for a role."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.engine.deployed import Resource, deployed
from tests.iam.simulator import Document, NotDecidedError, Principal, Request, decide

# Type → operation → actions, from the schemas that AWS publishes for CloudFormation (August 2026).
HANDLERS: Mapping[str, Mapping[str, list[str]]] = json.loads(
    (Path(__file__).parent / "data" / "handlers.json").read_text(encoding="utf-8")
)


class Call(NamedTuple):
    """A call that an operation on a resource makes."""

    resource: Resource
    operation: str
    action: str

    def __str__(self) -> str:
        return f"{self.operation} of {self.resource.type.partition(':')[2]} {self.resource.name}: {self.action}"


def calls(resource: Resource, operations: tuple[str, ...]) -> Iterator[Call]:
    """What the operations on a resource call."""
    for operation in operations:
        for action in HANDLERS.get(resource.type, {}).get(operation, ()):
            yield Call(resource, operation, action)


def strings(value: Any) -> Iterator[str]:
    """All texts in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def arns(resource: Resource) -> list[str]:
    """ARNs that a resource has or names; those inside of documents are others'."""
    texts = set(strings([resource.inputs, resource.outputs]))
    return sorted(text for text in texts if re.fullmatch(r"arn:[\w-]+:[\w-]+:[^\s{}\"]*", text))


def own_arn(resource: Resource) -> str | None:
    """The ARN of the resource itself."""
    for name in ("arn", "certificateArn", "backupVaultArn", "ruleArn"):
        if isinstance(resource.outputs.get(name), str):
            return str(resource.outputs[name])
    return None


def candidates(resource: Resource) -> list[str]:
    """Resources that a call may be about: the resource itself, those that it names, everything."""
    own, named = own_arn(resource), arns(resource)
    others = [f"{arn}/*" for arn in named if arn.startswith("arn:aws:s3:::") and "/" not in arn]
    return [*([own] if own else []), *(arn for arn in named if arn != own), *others, "*"]


# Services that AWS makes a role for, by the service whose resource needs it.
LINKED = {
    "access-analyzer": "access-analyzer.amazonaws.com",
    "backup": "backup.amazonaws.com",
    "eks": "eks.amazonaws.com",
    "elasticache": "elasticache.amazonaws.com",
    "guardduty": "guardduty.amazonaws.com",
    "rds": "rds.amazonaws.com",
    "securityhub": "securityhub.amazonaws.com",
}


def context(call: Call, stack: str) -> dict[str, str | list[str]]:
    """What IAM knows of a request: tags of what is made, or of what exists already; for roles their limits."""
    resource = call.resource
    known: dict[str, str | list[str]] = {}
    if call.operation == "create" and resource.outputs.get("tagsAll"):
        known["aws:RequestTag/Environment"] = stack
        if call.action == "ec2:CreateTags":
            known |= tagging(resource)
        elif not re.search(":(Allocate|Create|Tag)", call.action):
            # What follows within the operation concerns a resource that was tagged when it was made.
            known["aws:ResourceTag/Environment"] = stack
    else:
        # What has no tags of its own is a part of something that has: a route of its table, a rule of its group.
        known["aws:ResourceTag/Environment"] = stack
    if resource.type.startswith("aws:iam/role"):
        known["iam:PermissionsBoundary"] = deployed(stack).one("aws:iam/policy:Policy", "access-boundary")["arn"]
        known["iam:PolicyARN"] = resource.inputs.get("policyArn") or attached(resource, stack)
    return known


def tagging(resource: Resource) -> dict[str, str]:
    """What EC2 says of tags: the call that makes the resource, or nothing of it where AWS made the resource before."""
    if "defaultSecurityGroup" in resource.type:
        return {"aws:RequestTag/Name": resource.inputs["tags"]["Name"]}
    made = [
        action.partition(":")[2]
        for action in HANDLERS.get(resource.type, {}).get("create", ())
        if re.match(r"ec2:(Allocate|Authorize|Create(?!Tags)|Run)", action)
    ]
    return {"ec2:CreateAction": made[0]} if made else {}


def attached(role: Resource, stack: str) -> str:
    """A policy that the role carries; one that it could carry where it has none."""
    attachments = deployed(stack).of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    found = [each["policyArn"] for each in attachments if each["role"] == role["name"]]
    return str(found[0]) if found else "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"


@cache
def key_policies(stack: str) -> Mapping[str, Document]:
    """What the keys of a stack say themselves, by ARN."""
    return {key["arn"]: json.loads(key["policy"]) for key in deployed(stack).of_type("aws:kms/key:Key")}


@cache
def aliases(stack: str) -> Mapping[str, list[str]]:
    """The names of the keys of a stack, by the key's ARN."""
    ids = {key["keyId"]: key["arn"] for key in deployed(stack).of_type("aws:kms/key:Key")}
    return {ids[alias["targetKeyId"]]: [alias["name"]] for alias in deployed(stack).of_type("aws:kms/alias:Alias")}


@cache
def trusted(stack: str) -> Mapping[str, list[str]]:
    """The services that the roles of a stack trust, by the role's ARN."""
    return {
        role["arn"]: [
            service
            for statement in role.document("assumeRolePolicy")
            for service in strings(statement["Principal"].get("Service", []))
        ]
        for role in deployed(stack).of_type("aws:iam/role:Role")
    }


def requests(call: Call, stack: str) -> Iterator[Request]:
    """The requests that a call can be, the one about the resource itself first."""
    known = context(call, stack)
    if call.action == "iam:PassRole":
        yield from _passed(call.resource, stack)
    elif call.action == "iam:CreateServiceLinkedRole":
        yield from _linked(call.resource)
    else:
        policies = key_policies(stack)
        for arn in candidates(call.resource):
            about: dict[str, str | list[str]] = dict(known)
            if arn in policies:
                about |= {"kms:CallerAccount": arn.split(":")[4]}
                if arn != own_arn(call.resource) or call.operation != "create":
                    about |= {"aws:ResourceTag/Environment": stack, "kms:ResourceAliases": aliases(stack)[arn]}
                if call.action == "kms:CreateGrant":
                    # AWS grants what its own services do for the caller.
                    about["kms:GrantIsForAWSResource"] = "true"
            yield Request(action=call.action, resource=arn, context=about, resource_policy=policies.get(arn))


def _passed(resource: Resource, stack: str) -> Iterator[Request]:
    for arn in candidates(resource):
        for service in trusted(stack).get(arn, ()):
            yield Request(action="iam:PassRole", resource=arn, context={"iam:PassedToService": service})


def _linked(resource: Resource) -> Iterator[Request]:
    service = (own_arn(resource) or "").split(":")[2:3]
    if service and service[0] in LINKED:
        owner = LINKED[service[0]]
        account = str(own_arn(resource)).split(":")[4]
        arn = f"arn:aws:iam::{account}:role/aws-service-role/{owner}/AWSServiceRoleForIt"
        yield Request(action="iam:CreateServiceLinkedRole", resource=arn, context={"iam:AWSServiceName": owner})


def is_allowed(call: Call, role: Principal, stack: str) -> bool:
    """Whether a role may make a call on what it can be about: on the resource itself where the action can name it."""
    asked = False
    for request in requests(call, stack):
        try:
            allowed = decide(role, request)
        except NotDecidedError:
            continue
        asked = True
        if allowed:
            return True
        if request.resource == own_arn(call.resource):
            return False
    if not asked and call.action not in ("iam:PassRole", "iam:CreateServiceLinkedRole"):
        raise NotDecidedError(str(call))
    # A resource that names no role passes none.
    return not asked
