"""Scenarios for the rules of the baseline pack."""

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


def flag_case(rule: str, given: Given, path: str, bad: object, **more: Any) -> Case:
    """The case of a rule about one property that must have one value, and must be there."""
    variants = {"wrong": [(given.name, path, bad)], "absent": [(given.name, path, REMOVED)]}
    return Case(rule=rule, good=[given], bad=variants, unknown=hidden(given.name, path), **more)


EXPOSURE = [
    Case(
        rule="vpc-ingress-from-anyone",
        good=[WEB],
        bad={
            "a port": [Given(INGRESS, "r", ingress(8080, cidrIpv4=ANYONE))],
            "a range": [("alb-https", "fromPort", 80)],
            "everything": [("alb-https", "ipProtocol", "-1")],
            "inline": [Given(SECURITY_GROUP, "g", inline(8080, cidrBlocks=[OFFICE, ANYONE]))],
            "legacy": [Given(LEGACY_RULE, "r", legacy(8080, ipv6CidrBlocks=[ANYONE_V6]))],
        },
        unknown=hidden("alb-https", "cidrIpv4"),
        also_good={
            "an office": [Given(INGRESS, "r", ingress(8080, cidrIpv4=OFFICE))],
            "legacy egress": [Given(LEGACY_RULE, "r", {**legacy(0, cidrBlocks=[ANYONE]), "type": "egress"})],
        },
    ),
    Case(
        rule="vpc-ingress-admin-ports",
        good=[WEB],
        bad={
            "SSH": [("alb-https", "fromPort", 22), ("alb-https", "toPort", 22)],
            "RDP in a range": [("alb-https", "fromPort", 3000), ("alb-https", "toPort", 4000)],
            "everything": [("alb-https", "ipProtocol", "-1")],
            "over IPv6": [Given(INGRESS, "r", ingress(22, cidrIpv6=ANYONE_V6))],
            "inline": [Given(SECURITY_GROUP, "g", inline(22, cidrBlocks=[ANYONE]))],
            "legacy": [Given(LEGACY_RULE, "r", legacy(3389, cidrBlocks=[ANYONE]))],
        },
        unknown=hidden("alb-https", "fromPort"),
        also_good={"UDP": [("alb-https", "ipProtocol", "udp"), ("alb-https", "fromPort", 22)]},
    ),
    Case(
        rule="vpc-ingress-load-balancers",
        good=[WEB, ALB_GROUP, BEHIND_ALB],
        bad={
            "nothing carries it": [WEB, ALB_GROUP],
            "a machine carries it, whatever its name": [
                WEB,
                ALB_GROUP,
                BEHIND_ALB,
                Given("aws:ec2/instance:Instance", "bastion", {}, {"vpcSecurityGroupIds": ["network-alb"]}),
            ],
            "nodes": [
                Given(INGRESS, "r", ingress(443, cidrIpv4=ANYONE), {"securityGroupId": ["nodes"]}),
                OTHER_GROUP,
            ],
            "inline": [Given(SECURITY_GROUP, "nodes", inline(443, cidrBlocks=[ANYONE]))],
        },
        unknown=hidden("alb-https", "cidrIpv4"),
        not_applicable={"an office": [("alb-https", "cidrIpv4", OFFICE)]},
        also_good={
            "on a load balancer of the stack": [
                Given(INGRESS, "r", ingress(443, cidrIpv4=ANYONE), {"securityGroupId": ["nodes"]}),
                OTHER_GROUP,
                Given("aws:lb/loadBalancer:LoadBalancer", "lb", {}, {"securityGroups": ["nodes"]}),
            ]
        },
    ),
    Case(
        rule="vpc-ingress-databases",
        good=[POSTGRES_RULE],
        bad={
            "addresses": [Given(INGRESS, "r", ingress(5432, cidrIpv4=OFFICE))],
            "a prefix list": [Given(INGRESS, "r", ingress(6379, prefixListId="pl-1"))],
            "inline": [Given(SECURITY_GROUP, "g", inline(5432, cidrBlocks=[OFFICE]))],
            "legacy": [Given(LEGACY_RULE, "r", legacy(6379, cidrBlocks=[OFFICE]))],
        },
        unknown=hidden("postgres", "cidrIpv4"),
        also_good={"inline by group": [Given(SECURITY_GROUP, "g", inline(5432, securityGroups=["sg-1"]))]},
    ),
    Case(
        rule="vpc-rule-descriptions",
        good=[WEB],
        bad={
            "absent": [("alb-https", "description", REMOVED)],
            "the default": [Given(SECURITY_GROUP, "g", {"description": "Managed by Pulumi"})],
            "inline": [Given(SECURITY_GROUP, "g", {**inline(443), "ingress": [{"protocol": "tcp"}]})],
        },
        unknown=hidden("alb-https", "description"),
    ),
    Case(
        rule="vpc-rules-in-one-form",
        good=[OTHER_GROUP, Given(INGRESS, "r", ingress(443), {"securityGroupId": ["nodes"]})],
        bad={
            "both": [("nodes", "ingress", [{"protocol": "tcp"}])],
            "inline egress": [("nodes", "egress", [{"protocol": "-1"}])],
        },
        unknown=None,
        also_good={"inline only": [Given(SECURITY_GROUP, "g", inline(443))]},
    ),
    Case(
        rule="vpc-default-group-closed",
        good=[VPC, DEFAULT_GROUP],
        bad={
            "left alone": [VPC],
            "open": [("default", "ingress", [{"protocol": "-1", "self": True}])],
        },
        unknown=None,
    ),
    Case(
        rule="vpc-flow-logs",
        good=[VPC, FLOW_LOG],
        bad={"none": [VPC], "accepted only": [("flow-log", "trafficType", "ACCEPT")]},
        unknown=hidden("flow-log", "trafficType"),
    ),
    Case(
        rule="vpc-subnet-private-addresses",
        good=[SUBNET],
        bad={"on": [("public", "mapPublicIpOnLaunch", True)]},
        unknown=hidden("public", "mapPublicIpOnLaunch"),
        also_good={"absent": [("public", "mapPublicIpOnLaunch", REMOVED)]},
    ),
    Case(
        rule="vpc-nacl-admin-ports",
        good=[NACL],
        bad={
            "no denial": [("public", "ingress", [acl_rule(300, "allow", 1024, 65535)])],
            "denied too late": [("public", "ingress.2.ruleNo", 400)],
            "denied to some": [("public", "ingress.2.cidrBlock", OFFICE)],
            "everything": [("public", "ingress", [{**acl_rule(1, "allow", 0, 0), "protocol": "-1"}])],
            "standalone": [BARE_NACL, ALLOW_HIGH],
        },
        unknown=hidden("public", "ingress.1.cidrBlock"),
        also_good={
            "standalone": [BARE_NACL, ALLOW_HIGH, DENY_RDP],
            "egress": [BARE_NACL, Given(NACL_RULE, "out", {**ALLOW_HIGH.properties, "egress": True}, ALLOW_HIGH.edges)],
        },
    ),
    Case(
        rule="rds-not-public",
        good=[DATABASE],
        bad={"on": [("postgres", "publiclyAccessible", True)]},
        unknown=hidden("postgres", "publiclyAccessible"),
        also_good={"absent": [("postgres", "publiclyAccessible", REMOVED)]},
    ),
    Case(
        rule="eks-endpoint-limited",
        good=[CLUSTER],
        bad={
            "open": [("cluster", "vpcConfig", {"endpointPublicAccess": True, "publicAccessCidrs": [ANYONE]})],
            "left to AWS": [("cluster", "vpcConfig", {})],
        },
        unknown=hidden("cluster", "vpcConfig.endpointPublicAccess"),
        also_good={"limited": [("cluster", "vpcConfig", {"publicAccessCidrs": ["198.51.100.0/24"]})]},
    ),
]

COMPUTE = [
    Case(
        rule="eks-version-supported",
        good=[CLUSTER],
        bad={
            "extended support": [("cluster", "version", "1.33")],
            "long gone": [("cluster", "version", "1.28")],
            "absent": [("cluster", "version", REMOVED)],
        },
        unknown=hidden("cluster", "version"),
        also_good={"newer than the rule": [("cluster", "version", "1.40")]},
    ),
    Case(
        rule="eks-logs",
        good=[CLUSTER],
        bad={
            **{f"without {index}": [("cluster", f"enabledClusterLogTypes.{index}", REMOVED)] for index in range(5)},
            "absent": [("cluster", "enabledClusterLogTypes", REMOVED)],
        },
        unknown=hidden("cluster", "enabledClusterLogTypes"),
    ),
    flag_case("ec2-imdsv2", TEMPLATE, "metadataOptions.httpTokens", "optional"),
    flag_case("ec2-imds-hop-limit", TEMPLATE, "metadataOptions.httpPutResponseHopLimit", 2),
]

BUCKETS = [
    Case(
        rule="s3-public-access-block",
        good=[BUCKET, BLOCK],
        bad={
            "absent": [BUCKET],
            **{name: [(BLOCK.name, name, False)] for name in BLOCK.properties if name != "bucket"},
        },
        unknown=hidden(BLOCK.name, "blockPublicAcls"),
    ),
    Case(
        rule="s3-ownership",
        good=[BUCKET, OWNERSHIP],
        bad={"absent": [BUCKET], "of writers": [(OWNERSHIP.name, "rule.objectOwnership", "ObjectWriter")]},
        unknown=hidden(OWNERSHIP.name, "rule.objectOwnership"),
    ),
    Case(
        rule="s3-versioning",
        good=[BUCKET, VERSIONING],
        bad={"absent": [BUCKET], "suspended": [(VERSIONING.name, "versioningConfiguration.status", "Suspended")]},
        unknown=hidden(VERSIONING.name, "versioningConfiguration.status"),
        also_good={
            "inline": [Given(BUCKET.token, "b", {"versioning": {"enabled": True}})],
            "V2 inline": [Given(V2_BUCKET, "b", {"versionings": [{"enabled": True}]})],
        },
    ),
    Case(
        rule="s3-lifecycle",
        good=[BUCKET, LIFECYCLE],
        bad={"absent": [BUCKET], "off": [(LIFECYCLE.name, "rules.0.status", "Disabled")]},
        unknown=hidden(LIFECYCLE.name, "rules.0.status"),
        also_good={"inline": [Given(BUCKET.token, "b", {"lifecycleRules": [{"enabled": True}]})]},
    ),
    Case(
        rule="s3-abort-uploads",
        good=[BUCKET, LIFECYCLE],
        bad={
            "absent": [BUCKET],
            "other rules only": [(LIFECYCLE.name, "rules.0.abortIncompleteMultipartUpload", REMOVED)],
        },
        unknown=hidden(LIFECYCLE.name, "rules.0.status"),
        also_good={
            "inline": [
                Given(
                    BUCKET.token, "b", {"lifecycleRules": [{"enabled": True, "abortIncompleteMultipartUploadDays": 7}]}
                )
            ]
        },
    ),
    Case(
        rule="s3-access-logging",
        good=[BUCKET, LOGGING],
        bad={"absent": [BUCKET], "of another bucket": [BUCKET, OTHER_BUCKET, setting("BucketLogging", {}, "data")]},
        unknown=hidden(LOGGING.name, "targetBucket"),
        not_applicable={"the target": [ACCESS_LOGS, LOGGING, BUCKET]},
        also_good={"inline": [Given(BUCKET.token, "b", {"logging": {"targetBucket": "logs"}})]},
    ),
    Case(
        rule="s3-object-lock",
        good=[BUCKET, LOCK],
        bad={"absent": [BUCKET], "no retention": [(LOCK.name, "rule.defaultRetention", {"mode": "COMPLIANCE"})]},
        unknown=hidden(LOCK.name, "rule.defaultRetention"),
        not_applicable={"another bucket": [OTHER_BUCKET]},
        also_good={
            "inline": [
                Given(BUCKET.token, "compliance", {"objectLockConfiguration": {"rule": LOCK.properties["rule"]}})
            ]
        },
    ),
    Case(
        rule="s3-replication",
        good=[BUCKET, REPLICATION],
        bad={"absent": [BUCKET], "off": [(REPLICATION.name, "rules.0.status", "Disabled")]},
        unknown=hidden(REPLICATION.name, "rules"),
        not_applicable={"another bucket": [OTHER_BUCKET], "the copy": [COPY, TO_COPY, BUCKET]},
        also_good={
            "inline": [
                Given(BUCKET.token, "compliance", {"replicationConfiguration": {"rules": [{"status": "Enabled"}]}})
            ]
        },
    ),
]

DATABASES = [
    flag_case("rds-backup-retention", DATABASE, "backupRetentionPeriod", 7.0, not_applicable={"replica": [REPLICA]}),
    flag_case("rds-multi-az", DATABASE, "multiAz", False, not_applicable={"replica": [REPLICA]}),
    flag_case("rds-deletion-protection", DATABASE, "deletionProtection", False),
    Case(
        rule="rds-final-snapshot",
        good=[DATABASE],
        bad={
            "skipped": [("postgres", "skipFinalSnapshot", True)],
            "absent": [("postgres", "finalSnapshotIdentifier", REMOVED)],
        },
        unknown=hidden("postgres", "skipFinalSnapshot"),
        not_applicable={"replica": [REPLICA]},
    ),
    Case(
        rule="rds-logs",
        good=[DATABASE],
        bad={
            "one missing": [("postgres", "enabledCloudwatchLogsExports", ["postgresql"])],
            "one missing of a replica": [
                ("postgres", "enabledCloudwatchLogsExports", ["postgresql"]),
                ("postgres", "engine", REMOVED),
            ],
            "absent": [("postgres", "enabledCloudwatchLogsExports", REMOVED)],
        },
        unknown=hidden("postgres", "enabledCloudwatchLogsExports"),
    ),
    Case(
        rule="rds-monitoring",
        good=[DATABASE],
        bad={
            "off": [("postgres", "monitoringInterval", 0)],
            "no role": [("postgres", "monitoringRoleArn", REMOVED)],
        },
        unknown=hidden("postgres", "monitoringInterval"),
        also_good={"a role that is still unknown": [hidden("postgres", "monitoringRoleArn")]},
    ),
    Case(
        rule="rds-minor-upgrades",
        good=[DATABASE],
        bad={"off": [("postgres", "autoMinorVersionUpgrade", False)]},
        unknown=hidden("postgres", "autoMinorVersionUpgrade"),
        also_good={"absent": [("postgres", "autoMinorVersionUpgrade", REMOVED)]},
    ),
    flag_case("elasticache-failover", CACHE, "automaticFailoverEnabled", False),
    flag_case("elasticache-multi-az", CACHE, "multiAzEnabled", False),
    flag_case(
        "elasticache-snapshots",
        CACHE,
        "snapshotRetentionLimit",
        1,
        not_applicable={"global secondary": [("redis", "globalReplicationGroupId", "ldgnf-x")]},
    ),
]

IDENTITY = [
    Case(
        rule="iam-no-full-access",
        good=[POLICY],
        bad={
            "everything": [("reader", "policy", policy({**READ, "Action": "*", "Resource": "*"}))],
            "every service": [("reader", "policy", policy({**READ, "Action": ["*:*"]}))],
            "all but a few": [("reader", "policy", policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}))],
            "inline in a role": [
                Given(ROLE, "r", {"inlinePolicies": [{"policy": policy({**READ, "Action": "*", "Resource": "*"})}]})
            ],
        },
        unknown=hidden("reader", "policy"),
        also_good={"denied": [("reader", "policy", policy({"Effect": "Deny", "Action": "*", "Resource": "*"}))]},
    ),
    Case(
        rule="iam-no-service-wildcards",
        good=[POLICY],
        bad={"a service": [("reader", "policy", policy({**READ, "Action": ["s3:GetObject", "ec2:*"]}))]},
        unknown=hidden("reader", "policy"),
        also_good={"some actions": [("reader", "policy", policy({**READ, "Action": "s3:Get*"}))]},
    ),
    Case(
        rule="iam-oidc-trust",
        good=[WORKLOAD],
        bad={
            "no subject": [("workload", "assumeRolePolicy", trust(aud="sts.amazonaws.com"))],
            "no audience": [("workload", "assumeRolePolicy", trust(sub="system:serviceaccount:a:b"))],
            "any subject": [("workload", "assumeRolePolicy", trust(sub="*", aud="sts.amazonaws.com"))],
        },
        unknown=hidden("workload", "assumeRolePolicy"),
        not_applicable={
            "a service": [
                (
                    "workload",
                    "assumeRolePolicy",
                    policy(
                        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
                    ),
                )
            ]
        },
    ),
    Case(
        rule="iam-no-administrator-access",
        good=[ATTACHMENT],
        bad={
            "attached": [("attachment", "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess")],
            "in a role": [Given(ROLE, "r", {"managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]})],
        },
        unknown=hidden("attachment", "policyArn"),
    ),
]

AUDIT = [
    Case(
        rule="cloudtrail-multi-region",
        good=[TRAIL],
        bad={
            "off": [("trail", "isMultiRegionTrail", False)],
            "absent": [("trail", "isMultiRegionTrail", REMOVED)],
            "stopped": [("trail", "enableLogging", False)],
        },
        unknown=hidden("trail", "isMultiRegionTrail"),
    ),
    flag_case("cloudtrail-validation", TRAIL, "enableLogFileValidation", False),
    Case(
        rule="cloudtrail-log-group",
        good=[TRAIL],
        bad={
            "no group": [("trail", "cloudWatchLogsGroupArn", REMOVED)],
            "no role": [("trail", "cloudWatchLogsRoleArn", REMOVED)],
        },
        unknown=None,
        also_good={"a group that is still unknown": [hidden("trail", "cloudWatchLogsGroupArn")]},
    ),
    flag_case(
        "logs-retention",
        Given("aws:cloudwatch/logGroup:LogGroup", "logs", {"retentionInDays": 365}),
        "retentionInDays",
        30,
    ),
]

CASES = [*EXPOSURE, *COMPUTE, *BUCKETS, *DATABASES, *IDENTITY, *AUDIT]
