"""Scenarios for the rules of the encryption pack."""

from __future__ import annotations

import json
from typing import Any

from tests.policies.support import KEY, REMOVED, Case, Given, hidden

AWS_KEY = "alias/aws/managed"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "kms:*",
    "Resource": "*",
}
ANYONE_OF_ACCOUNT = {
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": "kms:Decrypt",
    "Resource": "*",
    "Condition": {
        "StringEquals": {"kms:CallerAccount": "123456789012", "kms:ViaService": "rds.us-east-1.amazonaws.com"}
    },
}
ANYONE = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
VIA_SERVICE_ONLY = {**ANYONE, "Condition": {"StringEquals": {"kms:ViaService": "rds.us-east-1.amazonaws.com"}}}
NOT_ACCOUNT = {**ANYONE, "Condition": {"StringNotEquals": {"kms:CallerAccount": "123456789012"}}}

PLAIN_TEXT: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::production-data", "arn:aws:s3:::production-data/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}

KMS_KEY = Given(
    "aws:kms/key:Key",
    "key",
    {"enableKeyRotation": True, "deletionWindowInDays": 30, "policy": policy(ROOT, ANYONE_OF_ACCOUNT)},
)
DATABASE = Given(
    "aws:rds/instance:Instance",
    "postgres",
    {
        "engine": "postgres",
        "storageEncrypted": True,
        "kmsKeyId": KEY,
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": KEY,
        "parameterGroupName": "production-postgres",
    },
)
PARAMETERS = Given(
    "aws:rds/parameterGroup:ParameterGroup",
    "parameters",
    {
        "name": "production-postgres",
        "family": "postgres15",
        "parameters": [
            {"name": "log_min_duration_statement", "value": "1000"},
            {"name": "rds.force_ssl", "value": "1"},
        ],
    },
)
CACHE = Given(
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "redis",
    {
        "atRestEncryptionEnabled": True,
        "kmsKeyId": KEY,
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "authToken": "not-for-messages",
    },
)
BUCKET = Given("aws:s3/bucket:Bucket", "data", {"bucket": "production-data"})
BUCKET_ENCRYPTION = Given(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "data-encryption",
    {
        "bucket": "production-data",
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}}],
    },
    edges={"bucket": ["data"]},
)
BUCKET_POLICY = Given(
    "aws:s3/bucketPolicy:BucketPolicy",
    "data-policy",
    {"bucket": "production-data", "policy": policy(PLAIN_TEXT)},
    edges={"bucket": ["data"]},
)
INLINE_ENCRYPTION = {"rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}}}
V2_ENCRYPTION = [
    {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}}]}
]
TEMPLATE = Given(
    "aws:ec2/launchTemplate:LaunchTemplate",
    "nodes",
    {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "kmsKeyId": KEY}}]},
)
MACHINE = Given(
    "aws:ec2/instance:Instance",
    "bastion",
    {
        "rootBlockDevice": {"encrypted": True, "kmsKeyId": KEY},
        "ebsBlockDevices": [{"encrypted": True, "kmsKeyId": KEY}],
    },
)
VOLUME = Given("aws:ebs/volume:Volume", "volume", {"encrypted": True, "kmsKeyId": KEY})
CLUSTER = Given(
    "aws:eks/cluster:Cluster",
    "cluster",
    {"encryptionConfig": {"provider": {"keyArn": KEY}, "resources": ["secrets"]}},
)
LOG_GROUP = Given("aws:cloudwatch/logGroup:LogGroup", "logs", {"name": "/app/logs", "kmsKeyId": KEY})
FLOW_LOG = Given(
    "aws:ec2/flowLog:FlowLog",
    "flow-log",
    {"logDestination": "arn:aws:logs:us-east-1:123456789012:log-group:/app/logs"},
)
HTTPS = Given(
    "aws:lb/listener:Listener",
    "https",
    {
        "protocol": "HTTPS",
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "defaultActions": [{"type": "forward"}],
    },
)
REDIRECT = Given(
    "aws:alb/listener:Listener",
    "http",
    {"protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443"}}]},
)


def customer_key_case(rule: str, given: Given, path: str = "kmsKeyId") -> Case:
    """The case of a rule that asks for a customer key in one property."""
    return Case(
        rule=rule,
        good=[given],
        bad={"absent": [(given.name, path, REMOVED)], "of AWS": [(given.name, path, AWS_KEY)]},
        unknown=hidden(given.name, path),
    )


CASES = [
    Case(
        rule="kms-rotation",
        good=[KMS_KEY],
        bad={
            "off": [("key", "enableKeyRotation", False)],
            "absent": [("key", "enableKeyRotation", REMOVED)],
        },
        unknown=hidden("key", "enableKeyRotation"),
        not_applicable={
            "asymmetric": [("key", "customerMasterKeySpec", "RSA_4096")],
            "custom key store": [("key", "customKeyStoreId", "cks-1")],
        },
    ),
    Case(
        rule="kms-policy-principals",
        good=[KMS_KEY],
        bad={
            "anyone": [("key", "policy", policy(ROOT, ANYONE))],
            "anyone by way of a service": [("key", "policy", policy(ROOT, VIA_SERVICE_ONLY))],
            "anyone elsewhere": [("key", "policy", policy(ROOT, NOT_ACCOUNT))],
            "everyone but one": [
                ("key", "policy", policy({"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "Action": "kms:*"}))
            ],
        },
        unknown=hidden("key", "policy"),
        also_good={"no policy": [("key", "policy", REMOVED)]},
    ),
    Case(
        rule="kms-deletion-window",
        good=[KMS_KEY],
        bad={"a week": [("key", "deletionWindowInDays", 7.0)]},
        unknown=hidden("key", "deletionWindowInDays"),
        also_good={"absent": [("key", "deletionWindowInDays", REMOVED)]},
    ),
    Case(
        rule="rds-storage-encrypted",
        good=[DATABASE],
        bad={
            "off": [("postgres", "storageEncrypted", False)],
            "absent": [("postgres", "storageEncrypted", REMOVED)],
        },
        unknown=hidden("postgres", "storageEncrypted"),
        not_applicable={"replica": [("postgres", "replicateSourceDb", "production-postgres")]},
    ),
    customer_key_case("rds-storage-customer-key", DATABASE),
    customer_key_case("rds-insights-customer-key", DATABASE, "performanceInsightsKmsKeyId"),
    Case(
        rule="rds-parameters-force-tls",
        good=[PARAMETERS],
        bad={
            "off": [("parameters", "parameters.1.value", "0")],
            "absent": [("parameters", "family", "postgres14"), ("parameters", "parameters", [])],
        },
        unknown=hidden("parameters", "parameters.1.value"),
        not_applicable={"an engine without": [("parameters", "family", "oracle-ee-19")]},
        also_good={
            "the engine's default": [("parameters", "parameters", [])],
            "MySQL": [
                ("parameters", "family", "mysql8.0"),
                ("parameters", "parameters", [{"name": "require_secure_transport", "value": "1"}]),
            ],
        },
    ),
    Case(
        rule="rds-force-tls",
        good=[DATABASE, PARAMETERS],
        bad={
            "absent": [("postgres", "parameterGroupName", REMOVED)],
            "of AWS": [("postgres", "parameterGroupName", "default.postgres15")],
        },
        unknown=hidden("postgres", "parameterGroupName"),
        not_applicable={
            "replica without its own": [
                ("postgres", "parameterGroupName", REMOVED),
                ("postgres", "replicateSourceDb", "production-postgres"),
            ]
        },
    ),
    customer_key_case(
        "rds-backup-replica-customer-key",
        Given(
            "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication", "copy", {"kmsKeyId": KEY}
        ),
    ),
    Case(
        rule="elasticache-at-rest-encrypted",
        good=[CACHE],
        bad={
            "off": [("redis", "atRestEncryptionEnabled", False)],
            "absent": [("redis", "atRestEncryptionEnabled", REMOVED)],
        },
        unknown=hidden("redis", "atRestEncryptionEnabled"),
        not_applicable={"global secondary": [("redis", "globalReplicationGroupId", "ldgnf-x")]},
    ),
    customer_key_case("elasticache-customer-key", CACHE),
    Case(
        rule="elasticache-in-transit-encrypted",
        good=[CACHE],
        bad={
            "off": [("redis", "transitEncryptionEnabled", False)],
            "preferred": [("redis", "transitEncryptionMode", "preferred")],
        },
        unknown=hidden("redis", "transitEncryptionEnabled"),
    ),
    Case(
        rule="elasticache-authentication",
        good=[CACHE],
        bad={"absent": [("redis", "authToken", REMOVED)]},
        unknown=None,
        also_good={
            "users": [("redis", "authToken", REMOVED), ("redis", "userGroupIds", ["group"])],
            "a token that is still unknown": [hidden("redis", "authToken")],
        },
    ),
    Case(
        rule="s3-encryption",
        good=[BUCKET, BUCKET_ENCRYPTION],
        bad={
            "absent": [BUCKET],
            "with S3's keys": [
                ("data-encryption", "rules.0.applyServerSideEncryptionByDefault", {"sseAlgorithm": "AES256"})
            ],
            "with AWS's key": [
                ("data-encryption", "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId", REMOVED)
            ],
            "V2 without": [Given("aws:s3/bucketV2:BucketV2", "data", {})],
            "of another bucket": [
                BUCKET,
                Given(BUCKET_ENCRYPTION.token, "other", {**BUCKET_ENCRYPTION.properties, "bucket": "other"}),
            ],
        },
        unknown=hidden("data-encryption", "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId"),
        also_good={
            "inline": [Given(BUCKET.token, "data", {"serverSideEncryptionConfiguration": INLINE_ENCRYPTION})],
            "V2 inline": [
                Given("aws:s3/bucketV2:BucketV2", "data", {"serverSideEncryptionConfigurations": V2_ENCRYPTION})
            ],
            "joined by name": [BUCKET, Given(BUCKET_ENCRYPTION.token, "e", BUCKET_ENCRYPTION.properties)],
        },
    ),
    Case(
        rule="ec2-launch-template-encrypted",
        good=[TEMPLATE],
        bad={
            "off": [("nodes", "blockDeviceMappings.0.ebs.encrypted", "false")],
            "no key": [("nodes", "blockDeviceMappings.0.ebs.kmsKeyId", REMOVED)],
            "no devices": [("nodes", "blockDeviceMappings", REMOVED)],
        },
        unknown=hidden("nodes", "blockDeviceMappings.0.ebs.kmsKeyId"),
        also_good={
            "a device without a volume": [
                (
                    "nodes",
                    "blockDeviceMappings",
                    [*TEMPLATE.properties["blockDeviceMappings"], {"deviceName": "/dev/sdb", "noDevice": ""}],
                )
            ]
        },
    ),
    Case(
        rule="ec2-instance-encrypted",
        good=[MACHINE],
        bad={
            "root off": [("bastion", "rootBlockDevice.encrypted", False)],
            "no root": [("bastion", "rootBlockDevice", REMOVED)],
            "second without key": [("bastion", "ebsBlockDevices.0.kmsKeyId", REMOVED)],
        },
        unknown=hidden("bastion", "rootBlockDevice.kmsKeyId"),
    ),
    Case(
        rule="ebs-volume-encrypted",
        good=[VOLUME],
        bad={"off": [("volume", "encrypted", False)], "no key": [("volume", "kmsKeyId", REMOVED)]},
        unknown=hidden("volume", "kmsKeyId"),
    ),
    Case(
        rule="ebs-encryption-by-default",
        good=[Given("aws:ebs/encryptionByDefault:EncryptionByDefault", "switch", {"enabled": True})],
        bad={"off": [("switch", "enabled", False)]},
        unknown=hidden("switch", "enabled"),
        also_good={"absent": [("switch", "enabled", REMOVED)]},
    ),
    customer_key_case(
        "backup-customer-key", Given("aws:backup/vault:Vault", "vault", {"kmsKeyArn": KEY}), path="kmsKeyArn"
    ),
    Case(
        rule="eks-secrets-encrypted",
        good=[CLUSTER],
        bad={
            "absent": [("cluster", "encryptionConfig", REMOVED)],
            "no key": [("cluster", "encryptionConfig.provider", {})],
            "no secrets": [("cluster", "encryptionConfig.resources", [])],
        },
        unknown=hidden("cluster", "encryptionConfig.provider.keyArn"),
    ),
    customer_key_case("logs-customer-key", LOG_GROUP),
    Case(
        rule="vpc-flow-log-customer-key",
        good=[FLOW_LOG, LOG_GROUP],
        bad={
            "no key": [("logs", "kmsKeyId", REMOVED)],
            "a group from elsewhere": [FLOW_LOG],
        },
        unknown=hidden("flow-log", "logDestination"),
        not_applicable={"to a bucket": [("flow-log", "logDestinationType", "s3")]},
    ),
    customer_key_case(
        "sns-customer-key", Given("aws:sns/topic:Topic", "alarms", {"kmsMasterKeyId": KEY}), path="kmsMasterKeyId"
    ),
    customer_key_case(
        "secretsmanager-customer-key",
        Given("aws:secretsmanager/secret:Secret", "secret", {"kmsKeyId": KEY, "replicas": [{"kmsKeyId": KEY}]}),
    ),
    customer_key_case("cloudtrail-customer-key", Given("aws:cloudtrail/trail:Trail", "trail", {"kmsKeyId": KEY})),
    Case(
        rule="elb-listener-tls",
        good=[HTTPS],
        bad={
            "old protocol": [("https", "sslPolicy", "ELBSecurityPolicy-2016-08")],
            "no policy": [("https", "sslPolicy", REMOVED)],
            "plain": [("https", "protocol", "HTTP")],
        },
        unknown=hidden("https", "sslPolicy"),
        also_good={"redirect": [REDIRECT]},
        not_applicable={
            "no HTTP": [("https", "protocol", "TCP")],
            "of a gateway load balancer": [
                Given(HTTPS.token, "gateway", {"defaultActions": [{"type": "forward"}]}),
            ],
            "a fixed answer": [
                Given(
                    HTTPS.token,
                    "http",
                    {"protocol": "HTTP", "port": 80, "defaultActions": [{"type": "fixed-response"}]},
                )
            ],
        },
    ),
]
