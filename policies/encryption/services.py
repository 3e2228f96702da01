"""Encryption of clusters, logs, messages, secrets, trails and load balancers."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support.keys import customer_key, key_in
from policies.support.resources import Resource
from policies.support.rules import Context, Findings, NotApplicable, rule

CLUSTERS = ("aws:eks/cluster:Cluster",)
LOG_GROUPS = ("aws:cloudwatch/logGroup:LogGroup",)
FLOW_LOGS = ("aws:ec2/flowLog:FlowLog",)
TOPICS = ("aws:sns/topic:Topic",)
SECRETS = ("aws:secretsmanager/secret:Secret",)
TRAILS = ("aws:cloudtrail/trail:Trail",)
LISTENERS = (
    "aws:lb/listener:Listener",
    "aws:alb/listener:Listener",
)

# Policies of load balancers whose oldest protocol is TLS 1.2.
_TLS_1_2_POLICIES = (
    "ELBSecurityPolicy-TLS13-1-2-",
    "ELBSecurityPolicy-TLS13-1-3-",
    "ELBSecurityPolicy-TLS-1-2-",
    "ELBSecurityPolicy-FS-1-2-",
)


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
    frameworks=("CKV_AWS_158",),
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
    frameworks=("CKV_AWS_26",),
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
    frameworks=("CKV_AWS_35", "CloudTrail.2"),
    remedy="Set kmsKeyId to the ARN of a customer key",
)
def cloudtrail_customer_key(trail: Resource, context: Context) -> Findings:
    """Trails are encrypted with a customer key."""
    yield from customer_key(trail, "kmsKeyId", context)


@rule(
    "elb-listener-tls",
    types=LISTENERS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_2", "CKV_AWS_103", "ELB.1"),
    remedy="Use HTTPS or TLS with a policy of TLS 1.2 or newer, or redirect HTTP to HTTPS",
)
def elb_listener_tls(listener: Resource, _context: Context) -> Findings:
    """Load balancers serve TLS 1.2 or newer, and redirect plain HTTP."""
    protocol = (listener.text("protocol") or "HTTP").upper()
    if protocol in ("HTTPS", "TLS"):
        if not (listener.text("sslPolicy") or "").startswith(_TLS_1_2_POLICIES):
            yield "sslPolicy lets clients use TLS older than 1.2"
    elif protocol == "HTTP":
        actions = listener.each("defaultActions")
        if not actions or any(action.text("redirect.protocol") != "HTTPS" for action in actions):
            yield "the listener serves plain HTTP and does not redirect to HTTPS"
