"""Resources as a program should give them, for the scenarios of the baseline pack."""

from __future__ import annotations

from typing import Any

from tests.policies.cases_encryption import policy
from tests.policies.support import REMOVED, Case, Given, hidden

ANYONE = "0.0.0.0/0"

ANYONE_V6 = "::/0"

OFFICE = "10.20.0.0/16"

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

LEGACY_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"

SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"

NACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"


def ingress(port: int, **source: str) -> dict[str, Any]:
    return {"description": "clients", "ipProtocol": "tcp", "fromPort": port, "toPort": port, **source}


def inline(port: int, **source: Any) -> dict[str, Any]:
    rule = {"description": "clients", "protocol": "tcp", "fromPort": port, "toPort": port, **source}
    return {"description": "group", "ingress": [rule]}


def legacy(port: int, **source: Any) -> dict[str, Any]:
    return {"type": "ingress", "description": "c", "protocol": "tcp", "fromPort": port, "toPort": port, **source}


def acl_rule(number: int, action: str, first: int, last: int, cidr: str = ANYONE) -> dict[str, Any]:
    return {"ruleNo": number, "action": action, "protocol": "tcp", "fromPort": first, "toPort": last, "cidrBlock": cidr}


WEB = Given(INGRESS, "alb-https", ingress(443, cidrIpv4=ANYONE), edges={"securityGroupId": ["network-alb"]})

ALB_GROUP = Given(SECURITY_GROUP, "network-alb", {"description": "load balancers"})

BEHIND_ALB = Given(
    INGRESS,
    "nodes-from-alb",
    ingress(8080, referencedSecurityGroupId="sg-1"),
    {"securityGroupId": ["nodes"], "referencedSecurityGroupId": ["network-alb"]},
)

OTHER_GROUP = Given(SECURITY_GROUP, "nodes", {"description": "nodes"})

POSTGRES_RULE = Given(INGRESS, "postgres", ingress(5432, referencedSecurityGroupId="sg-1"))

VPC = Given("aws:ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.0.0.0/16"})

DEFAULT_GROUP = Given(
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default", {"ingress": [], "egress": []}, {"vpcId": ["vpc"]}
)

FLOW_LOG = Given("aws:ec2/flowLog:FlowLog", "flow-log", {"trafficType": "ALL"}, {"vpcId": ["vpc"]})

SUBNET = Given("aws:ec2/subnet:Subnet", "public", {"mapPublicIpOnLaunch": False})

NACL = Given(
    "aws:ec2/networkAcl:NetworkAcl",
    "public",
    {
        "ingress": [
            acl_rule(300, "allow", 1024, 65535),
            acl_rule(100, "deny", 22, 22),
            acl_rule(110, "deny", 3389, 3389),
            acl_rule(200, "allow", 443, 443),
        ]
    },
)

BARE_NACL = Given(NACL.token, "public", {})

ALLOW_HIGH = Given(
    NACL_RULE,
    "high",
    {"ruleNumber": 300, "ruleAction": "allow", "protocol": "6", "fromPort": 1024, "toPort": 65535, "cidrBlock": ANYONE},
    {"networkAclId": ["public"]},
)

DENY_RDP = Given(
    NACL_RULE,
    "rdp",
    {"ruleNumber": 100, "ruleAction": "deny", "protocol": "6", "fromPort": 3389, "toPort": 3389, "cidrBlock": ANYONE},
    {"networkAclId": ["public"]},
)

CLUSTER = Given(
    "aws:eks/cluster:Cluster",
    "cluster",
    {
        "version": "1.36",
        "vpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": True},
        "enabledClusterLogTypes": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
    },
)

TEMPLATE = Given(
    "aws:ec2/launchTemplate:LaunchTemplate",
    "nodes",
    {"metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1}},
)

DATABASE = Given(
    "aws:rds/instance:Instance",
    "postgres",
    {
        "engine": "postgres",
        "publiclyAccessible": False,
        "backupRetentionPeriod": 30,
        "multiAz": True,
        "deletionProtection": True,
        "finalSnapshotIdentifier": "production-postgres-final",
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "monitoringInterval": 60,
        "monitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
        "autoMinorVersionUpgrade": True,
    },
)

REPLICA = ("postgres", "replicateSourceDb", "production-postgres")

CACHE = Given(
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "redis",
    {"automaticFailoverEnabled": True, "multiAzEnabled": True, "snapshotRetentionLimit": 7},
)

BUCKET = Given("aws:s3/bucket:Bucket", "compliance", {"bucket": "production-compliance"})

OTHER_BUCKET = Given("aws:s3/bucket:Bucket", "data", {"bucket": "production-data"})

V2_BUCKET = "aws:s3/bucketV2:BucketV2"


def setting(kind: str, properties: dict[str, Any], bucket: str = "compliance") -> Given:
    token = f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}"
    return Given(token, kind, {"bucket": f"production-{bucket}", **properties}, {"bucket": [bucket]})


BLOCK = setting(
    "BucketPublicAccessBlock",
    {"blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True, "restrictPublicBuckets": True},
)

OWNERSHIP = setting("BucketOwnershipControls", {"rule": {"objectOwnership": "BucketOwnerEnforced"}})

VERSIONING = setting("BucketVersioning", {"versioningConfiguration": {"status": "Enabled"}})

LIFECYCLE = setting(
    "BucketLifecycleConfiguration",
    {"rules": [{"status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}]},
)

LOGGING = setting("BucketLogging", {"targetBucket": "production-access-logs"})

LOCK = setting("BucketObjectLockConfiguration", {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "years": 7}}})

REPLICATION = setting("BucketReplicationConfig", {"rules": [{"status": "Enabled", "destination": {"bucket": "arn"}}]})

COPY = Given("aws:s3/bucket:Bucket", "compliance-copy", {"bucket": "production-compliance-copy"})

TO_COPY = Given(
    REPLICATION.token, "r", REPLICATION.properties, {"bucket": ["compliance"], "rules": ["compliance-copy"]}
)

ACCESS_LOGS = Given("aws:s3/bucket:Bucket", "access-logs", {"bucket": "production-access-logs"})

READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::data"}

POLICY = Given("aws:iam/policy:Policy", "reader", {"policy": policy(READ)})

ROLE = "aws:iam/role:Role"

ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/ABC"


def trust(**claims: str) -> str:
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:{claim}": value for claim, value in claims.items()}},
        }
    )


WORKLOAD = Given(
    ROLE,
    "workload",
    {
        "assumeRolePolicy": trust(sub="system:serviceaccount:kube-system:autoscaler", aud="sts.amazonaws.com"),
        "inlinePolicies": [{"policy": policy(READ)}],
        "managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    },
)

ATTACHMENT = Given(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "attachment",
    {"policyArn": "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"},
)

TRAIL = Given(
    "aws:cloudtrail/trail:Trail",
    "trail",
    {
        "isMultiRegionTrail": True,
        "enableLogFileValidation": True,
        "cloudWatchLogsGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:trail:*",
        "cloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/trail",
    },
)


AUDITED = Given("aws:s3/bucket:Bucket", "audit", {"bucket": "production-audit"})

TO_AUDITED = Given(
    TRAIL.token, "trail", {**TRAIL.properties, "s3BucketName": "production-audit"}, {"s3BucketName": ["audit"]}
)


def flag_case(rule: str, given: Given, path: str, bad: object, **more: Any) -> Case:
    """The case of a rule about one property that must have one value, and must be there."""
    variants = {"wrong": [(given.name, path, bad)], "absent": [(given.name, path, REMOVED)]}
    return Case(rule=rule, good=[given], bad=variants, unknown=hidden(given.name, path), **more)
