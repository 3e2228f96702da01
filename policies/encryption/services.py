"""Encryption of clusters, logs, messages, secrets, trails and load balancers."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support.evaluation import matches
from policies.support.keys import customer_key, key_in
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule
from policies.support.secrets import looks_secret
from policies.support.values import decoded_json

CLUSTERS = ("aws:eks/cluster:Cluster",)
LOG_GROUPS = ("aws:cloudwatch/logGroup:LogGroup",)
FLOW_LOGS = ("aws:ec2/flowLog:FlowLog",)
TOPICS = ("aws:sns/topic:Topic",)
SECRETS = ("aws:secretsmanager/secret:Secret",)
TRAILS = ("aws:cloudtrail/trail:Trail",)
FUNCTIONS = ("aws:lambda/function:Function",)
PARAMETERS = ("aws:ssm/parameter:Parameter",)
COLLECTIONS = ("aws:opensearch/serverlessCollection:ServerlessCollection",)
SECURITY_POLICIES = ("aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",)
LIFECYCLE_POLICIES = ("aws:dlm/lifecyclePolicy:LifecyclePolicy",)


@rule(
    "eks-secrets-encrypted",
    types=CLUSTERS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_58", "EKS.3"),
    remedy="Set encryptionConfig with the ARN of a customer key and the resource secrets",
)
def eks_secrets_encrypted(cluster: Resource, context: Context) -> Findings:
    """EKS clusters encrypt Kubernetes secrets with a customer key."""
    if not cluster.has("encryptionConfig"):
        yield "encryptionConfig is not set"
        return
    configuration = cluster.child("encryptionConfig")
    if configuration.strings("resources") != ["secrets"]:
        yield "encryptionConfig.resources does not hold secrets"
    yield from key_in(configuration, "provider.keyArn", cluster, "encryptionConfig", context)


@rule(
    "logs-customer-key",
    types=LOG_GROUPS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_158",),
    remedy="Set kmsKeyId to the ARN of a customer key",
)
def logs_customer_key(group: Resource, context: Context) -> Findings:
    """Log groups are encrypted with a customer key."""
    yield from customer_key(group, "kmsKeyId", context)


@rule(
    "vpc-flow-log-customer-key",
    types=FLOW_LOGS,
    severity=Severity.MEDIUM,
    remedy="Send the flow log to a log group of this stack that has a kmsKeyId",
    joined=True,
)
def vpc_flow_log_customer_key(flow_log: Resource, context: Context) -> Findings:
    """Flow logs end in a log group under a customer key."""
    if (flow_log.text("logDestinationType") or "cloud-watch-logs") != "cloud-watch-logs":
        raise NotApplicable("it goes to a bucket or a stream, which has rules of its own")
    groups = [group for group in context.stack.sources(flow_log, "logDestination") if group.type in LOG_GROUPS]
    if not groups:
        destination = flow_log.text("logDestination") or ""
        names = {group.text("name"): group for group in context.stack.of(*LOG_GROUPS) if group.has("name")}
        groups = [
            group for name, group in names.items() if destination.removesuffix(":*").endswith(f":log-group:{name}")
        ]
    if not groups:
        yield "logDestination is not a log group of this stack"
    for group in groups:
        yield from customer_key(group, "kmsKeyId", context)


@rule(
    "sns-customer-key",
    types=TOPICS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_26", "SNS.1"),
    remedy="Set kmsMasterKeyId to a customer key; alias/aws/sns does not let CloudWatch deliver alarms",
)
def sns_customer_key(topic: Resource, context: Context) -> Findings:
    """SNS topics are encrypted with a customer key."""
    yield from customer_key(topic, "kmsMasterKeyId", context)


@rule(
    "secretsmanager-customer-key",
    types=SECRETS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_149",),
    remedy="Set kmsKeyId to the ARN of a customer key",
)
def secretsmanager_customer_key(secret: Resource, context: Context) -> Findings:
    """Secrets are encrypted with a customer key, also where they are replicated."""
    yield from customer_key(secret, "kmsKeyId", context)
    for replica in secret.each("replicas"):
        yield from key_in(replica, "kmsKeyId", secret, "replicas", context)


@rule(
    "cloudtrail-customer-key",
    types=TRAILS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_35", "CloudTrail.2", "CIS5 3.5"),
    remedy="Set kmsKeyId to the ARN of a customer key",
)
def cloudtrail_customer_key(trail: Resource, context: Context) -> Findings:
    """Trails are encrypted with a customer key."""
    yield from customer_key(trail, "kmsKeyId", context)


@rule(
    "lambda-environment-customer-key",
    types=FUNCTIONS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_173",),
    remedy="Set kmsKeyArn to the ARN of a customer key",
)
def lambda_environment_customer_key(function: Resource, context: Context) -> Findings:
    """The environment of functions is encrypted with a customer key."""
    if not function.child("environment").has("variables"):
        raise NotApplicable("it has no environment")
    yield from customer_key(function, "kmsKeyArn", context)


@rule(
    "ssm-parameter-secure",
    types=PARAMETERS,
    severity=Severity.MEDIUM,
    remedy="Set type to SecureString and keyId to a customer key; keep plain parameters for what anyone may read",
)
def ssm_parameter_secure(parameter: Resource, context: Context) -> Findings:
    """Parameters that hold secrets are encrypted with a customer key."""
    kind = parameter.text("type")
    if kind != "SecureString":
        if looks_secret(parameter.text("name") or parameter.name):
            yield "type is not SecureString although the name tells a secret"
            return
        raise NotApplicable("it is a plain parameter")
    yield from customer_key(parameter, "keyId", context)


@rule(
    "opensearch-serverless-customer-key",
    types=(*COLLECTIONS, *SECURITY_POLICIES),
    severity=Severity.HIGH,
    remedy="Add an encryption policy for the collection whose KmsARN is a customer key",
    joined=True,
)
def opensearch_serverless_customer_key(resource: Resource, context: Context) -> Findings:
    """Collections are encrypted with a customer key."""
    if resource.type in COLLECTIONS:
        name = resource.text("name") or ""
        covering = [policy for policy in context.stack.of(*SECURITY_POLICIES) if _covers_collection(policy, name)]
        if not resource.has("encryptionConfigs") and not covering:
            yield "no encryption policy of this stack names the collection"
        return
    if resource.text("type") != "encryption":
        raise NotApplicable("it is no encryption policy")
    policy = decoded_json(resource, "policy")
    if policy.true("AWSOwnedKey") or not policy.has("KmsARN"):
        yield "policy uses a key of AWS"


def _covers_collection(policy: Resource, name: str) -> bool:
    if policy.text("type") != "encryption":
        return False
    patterns = [text for item in decoded_json(policy, "policy").each("Rules") for text in item.strings("Resource")]
    return any(matches(pattern.removeprefix("collection/"), name) for pattern in patterns)


@rule(
    "dlm-copies-encrypted",
    types=LIFECYCLE_POLICIES,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_253", "CKV_AWS_254", "CKV_AWS_255", "CKV_AWS_256"),
    remedy="Set encrypted and cmkArn on every copy to another region",
)
def dlm_copies_encrypted(policy: Resource, context: Context) -> Findings:
    """Snapshots that are copied to another region are encrypted there with a customer key."""
    details = policy.child("policyDetails")
    copies = [item for schedule in details.each("schedules") for item in schedule.each("crossRegionCopyRules")]
    copies += [
        item.child("encryptionConfiguration")
        for action in details.each("action")
        for item in action.each("crossRegionCopies")
    ]
    if not copies:
        raise NotApplicable("it copies nothing to another region")
    for copy in copies:
        if not copy.true("encrypted"):
            yield "a copy is not encrypted"
        else:
            yield from key_in(copy, "cmkArn", policy, "policyDetails", context)
