"""Scenarios for the rules about stores of data and what carries data to them."""

from __future__ import annotations

import json

from tests.policies.cases_encryption import BUCKET, BUCKET_POLICY, PLAIN_TEXT, policy
from tests.policies.support import KEY, REMOVED, Case, Given, hidden

AWS_KEY = "arn:aws:kms:us-east-1:123456789012:alias/aws/rds"
TABLE = Given("aws:dynamodb/table:Table", "table", {"serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY}})
DOMAIN = Given(
    "aws:opensearch/domain:Domain",
    "search",
    {
        "domainEndpointOptions": {"enforceHttps": True, "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
        "nodeToNodeEncryption": {"enabled": True},
    },
)
SITE = Given(
    "aws:cloudfront/distribution:Distribution",
    "site",
    {
        "defaultCacheBehavior": {"viewerProtocolPolicy": "redirect-to-https"},
        "viewerCertificate": {"minimumProtocolVersion": "TLSv1.2_2021"},
        "origins": [
            {"customOriginConfig": {"originProtocolPolicy": "https-only", "originSslProtocols": ["TLSv1.2"]}},
            {"domainName": "bucket"},
        ],
    },
)
CLASSIC = Given(
    "aws:elb/loadBalancer:LoadBalancer", "classic", {"listeners": [{"lbProtocol": "https", "sslCertificateId": "c"}]}
)
EMR = {
    "EncryptionConfiguration": {
        "EnableInTransitEncryption": True,
        "EnableAtRestEncryption": True,
        "AtRestEncryptionConfiguration": {
            "S3EncryptionConfiguration": {"EncryptionMode": "SSE-KMS"},
            "LocalDiskEncryptionConfiguration": {"EncryptionKeyProviderType": "AwsKms"},
        },
    }
}
COPY = {"encrypted": True, "cmkArn": KEY}

CASES = [
    Case(
        rule="s3-tls-only",
        good=[BUCKET, BUCKET_POLICY],
        bad={
            "absent": [BUCKET],
            "allowing": [("data-policy", "policy", policy({**PLAIN_TEXT, "Effect": "Allow"}))],
            "another bucket": [("data-policy", "policy", policy({**PLAIN_TEXT, "Resource": "arn:aws:s3:::other/*"}))],
            "objects only": [
                ("data-policy", "policy", policy({**PLAIN_TEXT, "Resource": "arn:aws:s3:::production-data/*"}))
            ],
            "no JSON": [("data-policy", "policy", "{")],
            "one action": [("data-policy", "policy", policy({**PLAIN_TEXT, "Action": "s3:GetObject"}))],
            "narrowed": [
                (
                    "data-policy",
                    "policy",
                    policy(
                        {**PLAIN_TEXT, "Condition": {**PLAIN_TEXT["Condition"], "StringEquals": {"aws:username": "x"}}}
                    ),
                )
            ],
        },
        unknown=hidden("data-policy", "policy"),
        also_good={
            "inline": [Given(BUCKET.token, "data", {"bucket": "production-data", "policy": policy(PLAIN_TEXT)})],
            "capital letters": [("data-policy", "policy", policy({**PLAIN_TEXT, "Action": "S3:*"}))],
            "if it exists": [
                (
                    "data-policy",
                    "policy",
                    policy({**PLAIN_TEXT, "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}),
                )
            ],
            "lower-case operator": [
                ("data-policy", "policy", policy({**PLAIN_TEXT, "Condition": {"bool": {"AWS:securetransport": False}}}))
            ],
            "no resource named": [("data-policy", "policy", policy({**PLAIN_TEXT, "Resource": "*"}))],
            "unless with TLS": [
                (
                    "data-policy",
                    "policy",
                    policy({**PLAIN_TEXT, "Condition": {"StringNotEquals": {"aws:SecureTransport": "true"}}}),
                )
            ],
        },
    ),
    Case(
        rule="data-customer-key",
        good=[TABLE],
        bad={
            "off": [("table", "serverSideEncryption.enabled", False)],
            "a key of AWS": [("table", "serverSideEncryption.kmsKeyArn", AWS_KEY)],
            "absent": [("table", "serverSideEncryption", REMOVED)],
            "a replica": [("table", "replicas", [{"regionName": "us-west-2"}])],
            "a queue": [Given("aws:sqs/queue:Queue", "queue", {"sqsManagedSseEnabled": True})],
            "a registry": [
                Given("aws:ecr/repository:Repository", "images", {"encryptionConfigurations": [{"kmsKey": KEY}]})
            ],
            "a stream": [
                Given("aws:kinesis/stream:Stream", "s", {"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis"})
            ],
        },
        unknown=hidden("table", "serverSideEncryption.kmsKeyArn"),
        also_good={"a replica": [("table", "replicas", [{"kmsKeyArn": KEY}])]},
        not_applicable={
            "restored": [Given("aws:docdb/cluster:Cluster", "docs", {"snapshotIdentifier": "before"})],
            "fed by a stream": [
                Given(
                    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
                    "hose",
                    {"kinesisSourceConfiguration": {"kinesisStreamArn": "a"}},
                )
            ],
        },
    ),
    Case(
        rule="data-in-transit-encrypted",
        good=[DOMAIN],
        bad={
            "clear": [("search", "domainEndpointOptions.enforceHttps", False)],
            "old": [("search", "domainEndpointOptions.tlsSecurityPolicy", "Policy-Min-TLS-1-0-2019-07")],
            "between nodes": [("search", "nodeToNodeEncryption", REMOVED)],
        },
        unknown=hidden("search", "domainEndpointOptions.enforceHttps"),
    ),
    Case(
        rule="cluster-parameters-force-tls",
        good=[
            Given(
                "aws:rds/clusterParameterGroup:ClusterParameterGroup",
                "aurora",
                {"family": "aurora-postgresql16", "parameters": [{"name": "rds.force_ssl", "value": "1"}]},
            )
        ],
        bad={
            "absent": [("aurora", "parameters", [])],
            "off in MySQL": [
                ("aurora", "family", "aurora-mysql8.0"),
                ("aurora", "parameters", [{"name": "require_secure_transport", "value": "OFF"}]),
            ],
            "off in DocumentDB": [
                Given(
                    "aws:docdb/clusterParameterGroup:ClusterParameterGroup",
                    "docs",
                    {"parameters": [{"name": "tls", "value": "disabled"}]},
                )
            ],
            "absent in Redshift": [Given("aws:redshift/parameterGroup:ParameterGroup", "warehouse", {})],
        },
        unknown=hidden("aurora", "parameters.0.value"),
        also_good={
            "the default of Aurora 17": [("aurora", "family", "aurora-postgresql17"), ("aurora", "parameters", [])],
            "the default of DocumentDB": [Given("aws:docdb/clusterParameterGroup:ClusterParameterGroup", "docs", {})],
        },
    ),
    Case(
        rule="ec2-launch-configuration-encrypted",
        good=[
            Given("aws:ec2/launchConfiguration:LaunchConfiguration", "old", {"rootBlockDevice": {"encrypted": True}})
        ],
        bad={
            "off": [("old", "rootBlockDevice.encrypted", False)],
            "another": [("old", "ebsBlockDevices", [{"deviceName": "/dev/sdb"}])],
            "absent": [("old", "rootBlockDevice", REMOVED)],
        },
        unknown=hidden("old", "rootBlockDevice.encrypted"),
    ),
    Case(
        rule="ec2-image-encrypted",
        good=[Given("aws:ec2/ami:Ami", "image", {"ebsBlockDevices": [{"encrypted": True}]})],
        bad={"off": [("image", "ebsBlockDevices.0.encrypted", False)]},
        unknown=hidden("image", "ebsBlockDevices.0.encrypted"),
    ),
    Case(
        rule="lambda-environment-customer-key",
        good=[Given("aws:lambda/function:Function", "f", {"environment": {"variables": {"A": "b"}}, "kmsKeyArn": KEY})],
        bad={"none": [("f", "kmsKeyArn", REMOVED)]},
        unknown=hidden("f", "kmsKeyArn"),
        not_applicable={"no environment": [("f", "environment", REMOVED)]},
    ),
    Case(
        rule="ssm-parameter-secure",
        good=[Given("aws:ssm/parameter:Parameter", "p", {"name": "/a", "type": "SecureString", "keyId": KEY})],
        bad={
            "no key": [("p", "keyId", REMOVED)],
            "plain": [("p", "type", "String"), ("p", "name", "/production/db/password")],
        },
        unknown=hidden("p", "keyId"),
        not_applicable={"plain": [("p", "type", "String")]},
    ),
    Case(
        rule="opensearch-serverless-customer-key",
        good=[
            Given("aws:opensearch/serverlessCollection:ServerlessCollection", "vectors", {"name": "vectors"}),
            Given(
                "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",
                "policy",
                {
                    "type": "encryption",
                    "policy": json.dumps({"Rules": [{"Resource": ["collection/vec*"]}], "KmsARN": KEY}),
                },
            ),
        ],
        bad={
            "no policy": [("policy", "type", "network")],
            "of AWS": [
                Given(
                    "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",
                    "policy",
                    {"type": "encryption", "policy": json.dumps({"Rules": [], "AWSOwnedKey": True})},
                )
            ],
        },
        unknown=hidden("vectors", "name"),
    ),
    Case(
        rule="dlm-copies-encrypted",
        good=[
            Given(
                "aws:dlm/lifecyclePolicy:LifecyclePolicy",
                "snapshots",
                {"policyDetails": {"schedules": [{"crossRegionCopyRules": [COPY]}]}},
            )
        ],
        bad={"off": [("snapshots", "policyDetails.schedules.0.crossRegionCopyRules.0.encrypted", False)]},
        unknown=hidden("snapshots", "policyDetails.schedules.0.crossRegionCopyRules.0.encrypted"),
        not_applicable={"none": [("snapshots", "policyDetails.schedules", [])]},
    ),
    Case(
        rule="elb-classic-listener-tls",
        good=[CLASSIC],
        bad={
            "plain": [("classic", "listeners.0.lbProtocol", "http")],
            "no certificate": [("classic", "listeners.0.sslCertificateId", REMOVED)],
        },
        unknown=hidden("classic", "listeners.0.lbProtocol"),
    ),
    Case(
        rule="cloudfront-tls",
        good=[SITE],
        bad={
            "plain": [("site", "defaultCacheBehavior.viewerProtocolPolicy", "allow-all")],
            "old": [("site", "viewerCertificate.minimumProtocolVersion", "TLSv1.1_2016")],
            "default certificate": [("site", "viewerCertificate", {"cloudfrontDefaultCertificate": True})],
        },
        unknown=hidden("site", "defaultCacheBehavior.viewerProtocolPolicy"),
    ),
    Case(
        rule="cloudfront-origin-tls",
        good=[SITE],
        bad={
            "plain": [("site", "origins.0.customOriginConfig.originProtocolPolicy", "match-viewer")],
            "old": [("site", "origins.0.customOriginConfig.originSslProtocols", ["TLSv1", "TLSv1.2"])],
        },
        unknown=hidden("site", "origins.0.customOriginConfig.originProtocolPolicy"),
    ),
    Case(
        rule="apigateway-tls",
        good=[Given("aws:apigateway/domainName:DomainName", "api", {"securityPolicy": "TLS_1_2"})],
        bad={"old": [("api", "securityPolicy", "TLS_1_0")], "absent": [("api", "securityPolicy", REMOVED)]},
        unknown=hidden("api", "securityPolicy"),
        also_good={
            "of the second version": [
                Given(
                    "aws:apigatewayv2/domainName:DomainName",
                    "api",
                    {"domainNameConfiguration": {"securityPolicy": "TLS_1_2"}},
                )
            ]
        },
    ),
    Case(
        rule="ecs-volumes-tls",
        good=[
            Given(
                "aws:ecs/taskDefinition:TaskDefinition",
                "task",
                {"volumes": [{"efsVolumeConfiguration": {"transitEncryption": "ENABLED"}}]},
            )
        ],
        bad={"off": [("task", "volumes.0.efsVolumeConfiguration.transitEncryption", "DISABLED")]},
        unknown=hidden("task", "volumes.0.efsVolumeConfiguration.transitEncryption"),
    ),
    Case(
        rule="transfer-secure-protocols",
        good=[Given("aws:transfer/server:Server", "files", {"protocols": ["SFTP"]})],
        bad={"FTP": [("files", "protocols", ["SFTP", "FTP"])]},
        unknown=hidden("files", "protocols"),
    ),
    Case(
        rule="emr-security-configuration",
        good=[Given("aws:emr/securityConfiguration:SecurityConfiguration", "emr", {"configuration": json.dumps(EMR)})],
        bad={
            "empty": [("emr", "configuration", "{}")],
            "a cluster without": [Given("aws:emr/cluster:Cluster", "cluster", {})],
        },
        unknown=hidden("emr", "configuration"),
    ),
]
