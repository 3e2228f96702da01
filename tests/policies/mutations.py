"""Ways to weaken a deployed stack, one protective argument at a time, and the rule that each must wake.

A weakening turns the properties of a resource into weaker ones, each with a label; `None` stands for a resource that is
gone. Resources on which it finds nothing to weaken yield nothing.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.support import buckets, ingress
from policies.support.tags import REQUIRED
from policies.tagging.tags import TAGGABLE
from tests.policies.cases_encryption import AWS_KEY
from tests.policies.support import REMOVED, RULES

Properties = dict[str, Any]
Weak = tuple[str, Properties | None]
Weaken = Callable[[Properties], Iterator[Weak]]

ANYONE = "0.0.0.0/0"


@dataclass(frozen=True)
class Mutation:
    """A way to weaken resources of some types that a rule must notice."""

    rule: str
    types: Sequence[str]
    weaken: Weaken
    with_rules: bool = False
    """Only security groups that have rules in resources of their own."""


def at(properties: Properties, path: str) -> tuple[Any, str | int] | None:
    """The container and key of a dotted path, or nothing where the path leads nowhere."""
    *way, last = path.split(".")
    target: Any = properties
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target.get(step)
        if not isinstance(target, dict | list):
            return None
    return (target, int(last)) if isinstance(target, list) else (target, last)


def changed(properties: Properties, path: str, value: Any) -> Properties | None:
    """A copy with one property replaced or removed; nothing where it is not set."""
    result = copy.deepcopy(properties)
    place = at(result, path)
    if place is None or (isinstance(place[0], dict) and place[1] not in place[0]):
        return None
    if value is REMOVED:
        del place[0][place[1]]
    else:
        place[0][place[1]] = value
    return result


def value(path: str, *values: Any) -> Weaken:
    """Replace a property that is set with each of the values; `REMOVED` removes it."""

    def weaken(properties: Properties) -> Iterator[Weak]:
        for new in values:
            result = changed(properties, path, new)
            if result is not None:
                yield f"{path} {'removed' if new is REMOVED else f'= {new}'}", result

    return weaken


def flag(path: str) -> Weaken:
    """Remove a property that is true, or make it false."""
    return value(path, REMOVED, False)


def added(**properties: Any) -> Weaken:
    """Set properties."""

    def weaken(old: Properties) -> Iterator[Weak]:
        yield ", ".join(properties), {**copy.deepcopy(old), **properties}

    return weaken


def gone(_properties: Properties) -> Iterator[Weak]:
    """Remove the resource."""
    yield "removed", None


def each(path: str, *, but: Callable[[Any], bool] = lambda _: False) -> Weaken:
    """Remove one item of a list at a time."""

    def weaken(properties: Properties) -> Iterator[Weak]:
        for index, item in enumerate(properties.get(path, [])):
            if not but(item):
                yield f"{path} without item {index}", changed(properties, f"{path}.{index}", REMOVED)

    return weaken


def inside(path: str, *paths_and_values: tuple[str, Any]) -> Weaken:
    """Change a property in one item of a list at a time."""

    def weaken(properties: Properties) -> Iterator[Weak]:
        for index, _ in enumerate(properties.get(path, [])):
            for inner, new in paths_and_values:
                result = changed(properties, f"{path}.{index}.{inner}", new)
                if result is not None:
                    yield f"{path}.{index}.{inner}", result

    return weaken


def where(condition: Callable[[Properties], bool], weaken: Weaken) -> Weaken:
    """Weaken only resources whose properties meet a condition."""

    def only(properties: Properties) -> Iterator[Weak]:
        if condition(properties):
            yield from weaken(properties)

    return only


def in_document(path: str, edit: Callable[[list[Any]], Iterator[tuple[str, list[Any]]]]) -> Weaken:
    """Change the statements of a policy document."""

    def weaken(properties: Properties) -> Iterator[Weak]:
        if isinstance(properties.get(path), str):
            document = json.loads(properties[path])
            for label, statements in edit(document["Statement"]):
                yield f"{path} {label}", {**properties, path: json.dumps({**document, "Statement": statements})}

    return weaken


def without_statements(statements: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Drop the statement that denies plain text."""
    for index, statement in enumerate(statements):
        if "aws:SecureTransport" in json.dumps(statement):
            yield f"without statement {index}", statements[:index] + statements[index + 1 :]


def with_actions(*actions: str) -> Callable[[list[Any]], Iterator[tuple[str, list[Any]]]]:
    """Let each allowing statement allow an action more."""

    def edit(statements: list[Any]) -> Iterator[tuple[str, list[Any]]]:
        for index, statement in enumerate(statements):
            if statement["Effect"] == "Allow" and "Action" in statement:
                names = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                weaker = {**statement, "Action": [*names, *actions]}
                yield f"statement {index} allows {actions[0]}", [*statements[:index], weaker, *statements[index + 1 :]]

    return edit


def without_conditions(
    concerns: Callable[[Mapping[str, Any]], bool], keys: Callable[[str], bool]
) -> Callable[[list[Any]], Iterator[tuple[str, list[Any]]]]:
    """Drop one condition key at a time, of those that count, from the statements that count."""

    def edit(statements: list[Any]) -> Iterator[tuple[str, list[Any]]]:
        for index, statement in enumerate(statements):
            if concerns(statement):
                for operator, compared in statement.get("Condition", {}).items():
                    for key in filter(keys, compared):
                        weaker = copy.deepcopy(statements)
                        del weaker[index]["Condition"][operator][key]
                        yield f"statement {index} without {key}", weaker

    return edit


def untagged(properties: Properties) -> Iterator[Weak]:
    """Drop one required tag at a time, wherever it is."""
    for name in REQUIRED:
        result = copy.deepcopy(properties)
        for holder in ("tags", "tagsAll"):
            result.get(holder, {}).pop(name, None)
        yield f"tag {name} removed", result


def tagged(name: str, new: str) -> Weaken:
    """Give a tag another value."""
    return lambda properties: iter([(f"tag {name}", {**properties, "tags": {**properties.get("tags", {}), name: new}})])


def specification_tags(properties: Properties) -> Iterator[Weak]:
    """Drop one required tag at a time from what a launch template gives to instances and volumes."""
    for index, specification in enumerate(properties.get("tagSpecifications", [])):
        if specification["resourceType"] in ("instance", "volume"):
            for name in REQUIRED:
                yield (
                    f"{name} of {specification['resourceType']}",
                    changed(properties, f"tagSpecifications.{index}.tags.{name}", REMOVED),
                )


def from_anyone(**more: Any) -> Weaken:
    """Open an ingress rule to the internet."""

    def weaken(properties: Properties) -> Iterator[Weak]:
        rest = {
            key: item for key, item in properties.items() if key not in ("referencedSecurityGroupId", "prefixListId")
        }
        yield "open to anyone", {**rest, "cidrIpv4": ANYONE, **more}

    return weaken


def opens_web_port(properties: Properties) -> bool:
    return properties.get("fromPort") == properties.get("toPort") in (80, 443)


def is_primary(properties: Properties) -> bool:
    return "replicateSourceDb" not in properties


def is_rule_of(*ports: int) -> Callable[[Properties], bool]:
    return lambda properties: properties.get("fromPort") in ports


def trusts_oidc(statement: Mapping[str, Any]) -> bool:
    return "Federated" in statement.get("Principal", {})


def open_to_accounts(statement: Mapping[str, Any]) -> bool:
    return statement["Effect"] == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"})


def limits_caller(key: str) -> bool:
    return key.lower() in ("kms:calleraccount", "aws:sourceaccount", "aws:principalaccount", "aws:principalorgid")


KEY = ("aws:kms/key:Key",)
DATABASE = ("aws:rds/instance:Instance",)
CACHE = ("aws:elasticache/replicationGroup:ReplicationGroup",)
TEMPLATE = ("aws:ec2/launchTemplate:LaunchTemplate",)
CLUSTER = ("aws:eks/cluster:Cluster",)
LOG_GROUP = ("aws:cloudwatch/logGroup:LogGroup",)
TRAIL = ("aws:cloudtrail/trail:Trail",)
INGRESS = ingress.INGRESS_RULES
POLICY = ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy")
BLOCK = buckets.PUBLIC_ACCESS_BLOCKS
ENCRYPTION = buckets.ENCRYPTIONS
DEFAULT_KEY = "applyServerSideEncryptionByDefault"

UNFORCED = value("parameters", [{"name": "rds.force_ssl", "value": "0"}])
ENCRYPTION_MUTATIONS = [
    Mutation("kms-rotation", KEY, flag("enableKeyRotation")),
    Mutation("kms-policy-principals", KEY, in_document("policy", without_conditions(open_to_accounts, limits_caller))),
    Mutation("kms-deletion-window", KEY, value("deletionWindowInDays", 7)),
    Mutation("rds-storage-encrypted", DATABASE, where(is_primary, flag("storageEncrypted"))),
    Mutation("rds-storage-customer-key", DATABASE, where(is_primary, value("kmsKeyId", REMOVED, AWS_KEY))),
    Mutation("rds-insights-customer-key", DATABASE, value("performanceInsightsKmsKeyId", REMOVED)),
    Mutation(
        "rds-parameters-force-tls",
        ("aws:rds/parameterGroup:ParameterGroup",),
        UNFORCED,
    ),
    Mutation("rds-force-tls", ("aws:rds/parameterGroup:ParameterGroup",), UNFORCED),
    Mutation(
        "rds-backup-replica-customer-key",
        ("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",),
        value("kmsKeyId", REMOVED),
    ),
    Mutation("elasticache-at-rest-encrypted", CACHE, flag("atRestEncryptionEnabled")),
    Mutation("elasticache-customer-key", CACHE, value("kmsKeyId", REMOVED)),
    Mutation("elasticache-in-transit-encrypted", CACHE, flag("transitEncryptionEnabled")),
    Mutation("elasticache-in-transit-encrypted", CACHE, value("transitEncryptionMode", "preferred")),
    Mutation("elasticache-authentication", CACHE, value("authToken", REMOVED)),
    Mutation("s3-encryption", ENCRYPTION, gone),
    Mutation(
        "s3-encryption",
        ENCRYPTION,
        inside("rules", (f"{DEFAULT_KEY}.kmsMasterKeyId", REMOVED), (f"{DEFAULT_KEY}.sseAlgorithm", "AES256")),
    ),
    Mutation("s3-tls-only", buckets.POLICIES, gone),
    Mutation("s3-tls-only", buckets.POLICIES, in_document("policy", without_statements)),
    Mutation("ec2-launch-template-encrypted", TEMPLATE, value("blockDeviceMappings", REMOVED)),
    Mutation(
        "ec2-launch-template-encrypted",
        TEMPLATE,
        inside("blockDeviceMappings", ("ebs.encrypted", REMOVED), ("ebs.kmsKeyId", REMOVED)),
    ),
    Mutation(
        "ebs-encryption-by-default", ("aws:ebs/encryptionByDefault:EncryptionByDefault",), value("enabled", False)
    ),
    Mutation("backup-customer-key", ("aws:backup/vault:Vault",), value("kmsKeyArn", REMOVED)),
    Mutation("eks-secrets-encrypted", CLUSTER, value("encryptionConfig", REMOVED)),
    Mutation("logs-customer-key", LOG_GROUP, value("kmsKeyId", REMOVED)),
    Mutation(
        "vpc-flow-log-customer-key",
        LOG_GROUP,
        where(lambda properties: "flow-logs" in properties.get("name", ""), value("kmsKeyId", REMOVED)),
    ),
    Mutation("sns-customer-key", ("aws:sns/topic:Topic",), value("kmsMasterKeyId", REMOVED, "alias/aws/sns")),
    Mutation("secretsmanager-customer-key", ("aws:secretsmanager/secret:Secret",), value("kmsKeyId", REMOVED)),
    Mutation("cloudtrail-customer-key", TRAIL, value("kmsKeyId", REMOVED)),
]

TAGGING_MUTATIONS = [
    Mutation("tags-required", TAGGABLE, untagged),
    Mutation("tags-environment", TAGGABLE, tagged("Environment", "elsewhere")),
    Mutation("tags-values", TAGGABLE, tagged("Owner", " ")),
    Mutation("ec2-launch-template-tags", TEMPLATE, specification_tags),
    Mutation(
        "autoscaling-tag-propagates",
        ("aws:autoscaling/tag:Tag",),
        where(lambda properties: properties["tag"]["key"] in REQUIRED, value("tag.propagateAtLaunch", False)),
    ),
    Mutation("rds-snapshot-tags", DATABASE, flag("copyTagsToSnapshot")),
]

BASELINE_MUTATIONS = [
    Mutation(
        "vpc-ingress-from-anyone", INGRESS, where(lambda properties: not opens_web_port(properties), from_anyone())
    ),
    Mutation("vpc-ingress-admin-ports", INGRESS, from_anyone(ipProtocol="tcp", fromPort=22, toPort=22)),
    Mutation(
        "vpc-ingress-load-balancers",
        INGRESS,
        where(lambda properties: properties.get("cidrIpv4") != ANYONE and "cidrIpv6" not in properties, from_anyone()),
    ),
    Mutation("vpc-ingress-databases", INGRESS, where(is_rule_of(5432, 6379), from_anyone(cidrIpv4="10.0.0.0/8"))),
    Mutation("vpc-rule-descriptions", (*INGRESS, *ingress.EGRESS_RULES), value("description", REMOVED)),
    Mutation(
        "vpc-rules-in-one-form", ingress.GROUPS, added(ingress=[{"protocol": "-1", "self": True}]), with_rules=True
    ),
    Mutation("vpc-default-group-closed", ingress.DEFAULT_GROUPS, gone),
    Mutation("vpc-default-group-closed", ingress.DEFAULT_GROUPS, added(ingress=[{"protocol": "-1", "self": True}])),
    Mutation("vpc-flow-logs", ("aws:ec2/flowLog:FlowLog",), gone),
    Mutation("vpc-flow-logs", ("aws:ec2/flowLog:FlowLog",), value("trafficType", "REJECT")),
    Mutation("vpc-subnet-private-addresses", ("aws:ec2/subnet:Subnet",), added(mapPublicIpOnLaunch=True)),
    Mutation(
        "vpc-nacl-admin-ports",
        ("aws:ec2/networkAcl:NetworkAcl",),
        each("ingress", but=lambda item: item["action"] != "deny"),
    ),
    Mutation("rds-not-public", DATABASE, added(publiclyAccessible=True)),
    Mutation("eks-endpoint-limited", CLUSTER, value("vpcConfig.endpointPublicAccess", REMOVED, True)),
    Mutation("eks-version-supported", CLUSTER, value("version", REMOVED, "1.31")),
    Mutation("eks-logs", CLUSTER, each("enabledClusterLogTypes")),
    Mutation("ec2-imdsv2", TEMPLATE, value("metadataOptions.httpTokens", REMOVED, "optional")),
    Mutation("ec2-imds-hop-limit", TEMPLATE, value("metadataOptions.httpPutResponseHopLimit", REMOVED, 2)),
    Mutation("s3-public-access-block", BLOCK, gone),
    *(
        Mutation("s3-public-access-block", BLOCK, flag(name))
        for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    ),
    Mutation("s3-ownership", buckets.OWNERSHIP_CONTROLS, gone),
    Mutation("s3-ownership", buckets.OWNERSHIP_CONTROLS, value("rule.objectOwnership", "ObjectWriter")),
    Mutation("s3-versioning", buckets.VERSIONINGS, gone),
    Mutation("s3-versioning", buckets.VERSIONINGS, value("versioningConfiguration.status", "Suspended")),
    Mutation("s3-lifecycle", buckets.LIFECYCLES, gone),
    Mutation("s3-abort-uploads", buckets.LIFECYCLES, gone),
    Mutation("s3-access-logging", buckets.LOGGINGS, gone),
    Mutation("s3-object-lock", buckets.OBJECT_LOCKS, gone),
    Mutation("s3-object-lock", buckets.OBJECT_LOCKS, value("rule", REMOVED)),
    Mutation("s3-replication", buckets.REPLICATIONS, gone),
    Mutation("s3-replication", buckets.REPLICATIONS, inside("rules", ("status", "Disabled"))),
    Mutation("rds-backup-retention", DATABASE, where(is_primary, value("backupRetentionPeriod", REMOVED, 7))),
    Mutation("rds-multi-az", DATABASE, where(is_primary, flag("multiAz"))),
    Mutation("rds-deletion-protection", DATABASE, flag("deletionProtection")),
    Mutation("rds-final-snapshot", DATABASE, where(is_primary, added(skipFinalSnapshot=True))),
    Mutation("rds-final-snapshot", DATABASE, where(is_primary, value("finalSnapshotIdentifier", REMOVED))),
    Mutation("rds-logs", DATABASE, each("enabledCloudwatchLogsExports", but=lambda item: item == "iam-db-auth-error")),
    Mutation("rds-monitoring", DATABASE, value("monitoringInterval", REMOVED, 0)),
    Mutation("rds-monitoring", DATABASE, value("monitoringRoleArn", REMOVED)),
    Mutation("rds-minor-upgrades", DATABASE, added(autoMinorVersionUpgrade=False)),
    Mutation("elasticache-failover", CACHE, flag("automaticFailoverEnabled")),
    Mutation("elasticache-multi-az", CACHE, flag("multiAzEnabled")),
    Mutation("elasticache-snapshots", CACHE, value("snapshotRetentionLimit", REMOVED, 1)),
    Mutation("iam-no-full-access", POLICY, in_document("policy", with_actions("*"))),
    Mutation("iam-no-service-wildcards", POLICY, in_document("policy", with_actions("ec2:*"))),
    Mutation(
        "iam-oidc-trust",
        ("aws:iam/role:Role",),
        in_document("assumeRolePolicy", without_conditions(trusts_oidc, lambda key: key.endswith((":sub", ":aud")))),
    ),
    Mutation(
        "iam-no-administrator-access",
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment",),
        value("policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    Mutation("cloudtrail-multi-region", TRAIL, flag("isMultiRegionTrail")),
    Mutation("cloudtrail-multi-region", TRAIL, added(enableLogging=False)),
    Mutation("cloudtrail-validation", TRAIL, flag("enableLogFileValidation")),
    Mutation("cloudtrail-log-group", TRAIL, value("cloudWatchLogsGroupArn", REMOVED)),
    Mutation("cloudtrail-log-group", TRAIL, value("cloudWatchLogsRoleArn", REMOVED)),
    Mutation("logs-retention", LOG_GROUP, value("retentionInDays", REMOVED, 30)),
]

MUTATIONS = [*ENCRYPTION_MUTATIONS, *TAGGING_MUTATIONS, *BASELINE_MUTATIONS]

assert {mutation.rule for mutation in MUTATIONS} <= RULES.keys()
