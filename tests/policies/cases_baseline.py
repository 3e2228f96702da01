"""Scenarios for the rules of the baseline pack."""

from __future__ import annotations

from tests.policies import cases_exposure
from tests.policies.cases_encryption import policy
from tests.policies.givens import (
    ACCESS_LOGS,
    ATTACHMENT,
    AUDITED,
    BLOCK,
    BUCKET,
    CACHE,
    CLUSTER,
    COPY,
    DATABASE,
    LIFECYCLE,
    LOCK,
    LOGGING,
    OTHER_BUCKET,
    OWNERSHIP,
    POLICY,
    READ,
    REPLICA,
    REPLICATION,
    ROLE,
    TEMPLATE,
    TO_AUDITED,
    TO_COPY,
    TRAIL,
    V2_BUCKET,
    VERSIONING,
    WORKLOAD,
    flag_case,
    setting,
    trust,
)
from tests.policies.support import REMOVED, Case, Given, hidden

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
        bad={
            "absent": [BUCKET],
            "no retention": [(LOCK.name, "rule.defaultRetention", {"mode": "COMPLIANCE"})],
            "a trail's": [AUDITED, TO_AUDITED],
        },
        unknown=hidden(LOCK.name, "rule.defaultRetention"),
        not_applicable={"another bucket": [OTHER_BUCKET]},
        also_good={
            "inline": [
                Given(BUCKET.token, "compliance", {"objectLockConfiguration": {"rule": LOCK.properties["rule"]}})
            ],
            "a trail's": [
                AUDITED,
                TO_AUDITED,
                setting("BucketObjectLockConfiguration", dict(LOCK.properties), "audit"),
            ],
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

WORKSPACE = Given(
    "aws:amp/workspace:Workspace",
    "metrics",
    {"loggingConfiguration": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/rules:*"}},
)
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
    Case(
        rule="prometheus-logging",
        good=[WORKSPACE],
        bad={
            "nothing said": [("metrics", "loggingConfiguration", REMOVED)],
            "no group": [("metrics", "loggingConfiguration", {})],
        },
        # The group is made in the same deployment; that it is named is what counts.
        unknown=None,
    ),
]

CASES = [*cases_exposure.CASES, *COMPUTE, *BUCKETS, *DATABASES, *IDENTITY, *AUDIT]
