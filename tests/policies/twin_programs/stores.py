"""Stores of data, and what carries data to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_aws as aws
from twins import Plant, Site

ROLE = "arn:aws:iam::123456789012:role/service"
AWS_KEY = "alias/aws/"
DOMAIN_TLS = {"enforce_https": True, "tls_security_policy": "Policy-Min-TLS-1-2-PFS-2023-10"}
OLD_TLS = {"enforce_https": False, "tls_security_policy": "Policy-Min-TLS-1-0-2019-07"}
VPC = {"subnet_ids": ["subnet-0123456789abcdef0"]}
TOLD = {"log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:metrics:*"}
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


def plants(site: Site) -> Iterator[Plant]:
    """Stores of every kind."""
    yield from relational(site)
    yield from documents(site)
    yield from caches(site)
    yield from migration(site)
    yield from search(site)
    yield from streams(site)
    yield from files(site)
    yield from analysis(site)
    yield from tools(site)


def relational(site: Site) -> Iterator[Plant]:
    """Aurora."""
    key = {"kms_key_id": site.key}
    engine = {"engine": "aurora-postgresql"}
    yield Plant(aws.rds.Cluster, "aurora", engine, {"storage_encrypted": True}, {"storage_encrypted": True, **key})
    yield Plant(aws.rds.Cluster, "aurora-plain", engine, {}, {"storage_encrypted": True, **key})
    member = {"cluster_identifier": "aurora", "engine": "aurora-postgresql", "instance_class": "db.r6g.large"}
    yield Plant(aws.rds.ClusterInstance, "aurora-1", member, {"publicly_accessible": True}, {})
    insights = {**member, "performance_insights_enabled": True}
    yield Plant(aws.rds.ClusterInstance, "aurora-2", insights, {}, {"performance_insights_kms_key_id": site.key})
    yield Plant(aws.rds.GlobalCluster, "global", {"global_cluster_identifier": "g"}, {}, {"storage_encrypted": True})


def documents(site: Site) -> Iterator[Plant]:
    """Document, graph and column stores, warehouses."""
    key = {"kms_key_id": site.key}
    yield Plant(aws.docdb.Cluster, "docs", {}, {"storage_encrypted": False}, {"storage_encrypted": True, **key})
    admin = {"admin_user_name": "a", "admin_user_password": "b" * 12, "auth_type": "PLAIN_TEXT"}
    elastic = {**admin, "name": "elastic", "shard_capacity": 2, "shard_count": 1}
    yield Plant(aws.docdb.ElasticCluster, "elastic-docs", elastic, {}, key)
    yield Plant(aws.neptune.Cluster, "graph", {}, {}, {"storage_encrypted": True, "kms_key_arn": site.key})
    vertex = {"cluster_identifier": "graph", "instance_class": "db.r6g.large"}
    yield Plant(aws.neptune.ClusterInstance, "graph-1", vertex, {"publicly_accessible": True}, {})
    warehouse = {"cluster_identifier": "warehouse", "node_type": "ra3.large", "master_username": "trading"}
    yield Plant(
        aws.redshift.Cluster,
        "warehouse",
        {**warehouse, "manage_master_password": True},
        {"encrypted": "false", "publicly_accessible": True},
        {"encrypted": "true", "publicly_accessible": False, **key},
    )
    yield Plant(aws.redshiftserverless.Namespace, "namespace", {"namespace_name": "n"}, {}, key)
    table = {"attributes": [{"name": "id", "type": "S"}], "hash_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    encrypted = {"server_side_encryption": {"enabled": True, "kms_key_arn": site.key}}
    yield Plant(aws.dynamodb.Table, "orders", table, {}, encrypted)
    yield Plant(
        aws.dynamodb.Table,
        "trades",
        {**table, "stream_enabled": True, "stream_view_type": "NEW_IMAGE"},
        {"replicas": [{"region_name": "us-west-2"}], **encrypted},
        {"replicas": [{"region_name": "us-west-2", "kms_key_arn": site.key}], **encrypted},
    )


def caches(site: Site) -> Iterator[Plant]:
    """Caches and stores in memory."""
    key = {"kms_key_id": site.key}
    yield Plant(aws.elasticache.ServerlessCache, "serverless", {"engine": "valkey", "name": "c"}, {}, key)
    yield Plant(
        aws.elasticache.Cluster,
        "memcached",
        {"engine": "memcached", "node_type": "cache.t4g.small", "num_cache_nodes": 1},
        {},
        {"transit_encryption_enabled": True},
    )
    memory = {"acl_name": "acl", "node_type": "db.t4g.small"}
    yield Plant(
        aws.memorydb.Cluster, "memory", memory, {"tls_enabled": False}, {"tls_enabled": True, "kms_key_arn": site.key}
    )
    dax = {"cluster_name": "dax", "iam_role_arn": ROLE, "node_type": "dax.r5.large", "replication_factor": 3}
    yield Plant(
        aws.dax.Cluster,
        "dax",
        dax,
        {},
        {"server_side_encryption": {"enabled": True}, "cluster_endpoint_encryption_type": "TLS"},
    )
    schema = {"columns": [{"name": "id", "type": "text"}], "partition_keys": [{"name": "id"}]}
    yield Plant(
        aws.keyspaces.Table,
        "keyspace",
        {"keyspace_name": "k", "table_name": "t", "schema_definition": schema},
        {},
        {"encryption_specification": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kms_key_identifier": site.key}},
    )
    yield Plant(aws.timestreamwrite.Database, "series", {"database_name": "series"}, {}, key)


def migration(site: Site) -> Iterator[Plant]:
    """What copies databases."""
    replication = {"replication_instance_class": "dms.t3.small", "replication_instance_id": "dms"}
    yield Plant(
        aws.dms.ReplicationInstance, "dms", replication, {"publicly_accessible": True}, {"kms_key_arn": site.key}
    )
    endpoint = {"endpoint_id": "source", "endpoint_type": "source", "engine_name": "postgres"}
    yield Plant(
        aws.dms.Endpoint,
        "dms-source",
        endpoint,
        {"ssl_mode": "none"},
        {"ssl_mode": "verify-full", "kms_key_arn": site.key},
    )


def search(site: Site) -> Iterator[Plant]:
    """Search and vectors."""
    yield Plant(
        aws.opensearch.Domain,
        "search",
        {"domain_name": "search"},
        {"domain_endpoint_options": OLD_TLS},
        {
            "encrypt_at_rest": {"enabled": True, "kms_key_id": site.key},
            "node_to_node_encryption": {"enabled": True},
            "domain_endpoint_options": DOMAIN_TLS,
            "vpc_options": VPC,
        },
    )
    collection = {"name": "vectors", "type": "encryption"}
    rules = [{"ResourceType": "collection", "Resource": ["collection/vectors"]}]
    key_policy = site.key.apply(lambda arn: json.dumps({"Rules": rules, "AWSOwnedKey": False, "KmsARN": arn}))
    yield Plant(
        aws.opensearch.ServerlessSecurityPolicy,
        "vectors-key",
        collection,
        {"policy": json.dumps({"Rules": [], "AWSOwnedKey": True})},
        {"policy": key_policy},
    )
    yield Plant(
        aws.opensearch.ServerlessSecurityPolicy,
        "vectors-network",
        {"name": "vectors", "type": "network"},
        {"policy": json.dumps([{"Rules": [], "AllowFromPublic": True}])},
        {"policy": json.dumps([{"Rules": [], "AllowFromPublic": False, "SourceVPCEs": ["vpce-0123456789abcdef0"]}])},
    )
    yield Plant(aws.opensearch.ServerlessCollection, "vectors", {}, {"name": "nobody"}, {"name": "vectors"})


def streams(site: Site) -> Iterator[Plant]:
    """Queues, streams and brokers."""
    key = {"kms_key_id": site.key}
    yield Plant(aws.sqs.Queue, "queue", {}, {"sqs_managed_sse_enabled": True}, {"kms_master_key_id": site.key})
    yield Plant(aws.kinesis.Stream, "stream", {"shard_count": 1}, {}, {"encryption_type": "KMS", **key})
    yield Plant(
        aws.kinesis.Stream,
        "stream-of-aws",
        {"shard_count": 1, "encryption_type": "KMS"},
        {"kms_key_id": f"{AWS_KEY}kinesis"},
        key,
    )
    yield Plant(
        aws.kinesis.FirehoseDeliveryStream,
        "firehose",
        {"destination": "extended_s3"},
        {"server_side_encryption": {"enabled": True, "key_type": "AWS_OWNED_CMK"}},
        {"server_side_encryption": {"enabled": True, "key_type": "CUSTOMER_MANAGED_CMK", "key_arn": site.key}},
    )
    yield Plant(aws.kinesis.VideoStream, "video", {}, {}, key)
    nodes = {"instance_type": "kafka.m5.large", "client_subnets": ["s"], "security_groups": ["sg"]}
    yield Plant(
        aws.msk.Cluster,
        "kafka",
        {"kafka_version": "3.6.0", "number_of_broker_nodes": 3, "broker_node_group_info": nodes},
        {"encryption_info": {"encryption_in_transit": {"client_broker": "TLS_PLAINTEXT", "in_cluster": False}}},
        {
            "encryption_info": {
                "encryption_at_rest_kms_key_arn": site.key,
                "encryption_in_transit": {"client_broker": "TLS", "in_cluster": True},
            }
        },
    )
    broker = {"engine_type": "ActiveMQ", "engine_version": "5.18", "host_instance_type": "mq.m5.large"}
    yield Plant(
        aws.mq.Broker,
        "broker",
        {**broker, "users": [{"username": "u", "password": "p" * 12}]},
        {"publicly_accessible": True},
        {"encryption_options": {"use_aws_owned_key": False, "kms_key_id": site.key}},
    )
    yield Plant(aws.cloudwatch.EventBus, "bus", {}, {}, {"kms_key_identifier": site.key})


def files(site: Site) -> Iterator[Plant]:
    """File systems, images and snapshots."""
    key = {"kms_key_id": site.key}
    yield Plant(aws.efs.FileSystem, "efs", {}, {"encrypted": False}, {"encrypted": True, **key})
    yield Plant(aws.fsx.LustreFileSystem, "lustre", {"subnet_ids": "subnet-0"}, {}, key)
    windows = {"subnet_ids": ["subnet-0"], "throughput_capacity": 16}
    yield Plant(aws.fsx.WindowsFileSystem, "windows", windows, {}, key)
    yield Plant(
        _expiring_images if site.good else aws.ecr.Repository,
        "images",
        {},
        {"encryption_configurations": [{"encryption_type": "AES256"}]},
        {
            "encryption_configurations": [{"encryption_type": "KMS", "kms_key": site.key}],
            "image_tag_mutability": "IMMUTABLE",
            "image_scanning_configuration": {"scan_on_push": True},
        },
    )
    copy = {"source_ami_id": "ami-0123456789abcdef0", "source_ami_region": "us-west-2"}
    yield Plant(aws.ec2.AmiCopy, "image-copy", copy, {}, {"encrypted": True, **key})
    snapshot = {"source_region": "us-west-2", "source_snapshot_id": "snap-0123456789abcdef0"}
    yield Plant(aws.ebs.SnapshotCopy, "snapshot-copy", snapshot, {"encrypted": True}, {"encrypted": True, **key})
    schedule = {"name": "daily", "create_rule": {"interval": 24}, "retain_rule": {"count": 7}}
    copies = {"target": "us-west-2"}
    policy = {"resource_types": ["VOLUME"], "target_tags": {"a": "b"}}
    yield Plant(
        aws.dlm.LifecyclePolicy,
        "snapshots",
        {"description": "snapshots", "execution_role_arn": ROLE},
        {
            "policy_details": {
                **policy,
                "schedules": [{**schedule, "cross_region_copy_rules": [{**copies, "encrypted": False}]}],
            }
        },
        {
            "policy_details": {
                **policy,
                "schedules": [
                    {**schedule, "cross_region_copy_rules": [{**copies, "encrypted": True, "cmk_arn": site.key}]}
                ],
            }
        },
    )
    yield Plant(
        aws.s3tables.TableBucket,
        "tables",
        {},
        {},
        {"encryption_configuration": {"sse_algorithm": "aws:kms", "kms_key_arn": site.key}},
    )


def analysis(site: Site) -> Iterator[Plant]:
    """Warehouses' helpers, notebooks and models."""
    yield Plant(
        aws.athena.Workgroup,
        "queries",
        {},
        {},
        {
            "configuration": {
                "result_configuration": {
                    "encryption_configuration": {"encryption_option": "SSE_KMS", "kms_key_arn": site.key}
                }
            }
        },
    )
    modes = {
        "cloudwatch_encryption": {"cloudwatch_encryption_mode": "SSE-KMS", "kms_key_arn": site.key},
        "job_bookmarks_encryption": {"job_bookmarks_encryption_mode": "CSE-KMS", "kms_key_arn": site.key},
        "s3_encryption": {"s3_encryption_mode": "SSE-KMS", "kms_key_arn": site.key},
    }
    off = {
        "cloudwatch_encryption": {"cloudwatch_encryption_mode": "DISABLED"},
        "job_bookmarks_encryption": {"job_bookmarks_encryption_mode": "DISABLED"},
        "s3_encryption": {"s3_encryption_mode": "SSE-S3"},
    }
    yield Plant(
        aws.glue.SecurityConfiguration,
        "glue",
        {},
        {"encryption_configuration": off},
        {"encryption_configuration": modes},
    )
    notebook = {"instance_type": "ml.t3.medium", "role_arn": ROLE}
    yield Plant(
        aws.sagemaker.NotebookInstance,
        "notebook",
        notebook,
        {},
        {"kms_key_id": site.key, "direct_internet_access": "Disabled"},
    )
    yield Plant(
        aws.kendra.Index,
        "index",
        {"role_arn": ROLE},
        {},
        {"server_side_encryption_configuration": {"kms_key_id": site.key}},
    )
    yield Plant(
        aws.emr.Cluster,
        "emr",
        {"release_label": "emr-7.0.0", "service_role": ROLE},
        {},
        {"security_configuration": "s"},
    )
    yield Plant(
        aws.emr.SecurityConfiguration, "emr-security", {}, {"configuration": "{}"}, {"configuration": json.dumps(EMR)}
    )
    yield Plant(aws.amp.Workspace, "metrics", {}, {}, {"kms_key_arn": site.key, "logging_configuration": TOLD})
    access = {"account_access_type": "CURRENT_ACCOUNT", "authentication_providers": ["AWS_SSO"]}
    yield Plant(
        aws.grafana.Workspace, "grafana", {**access, "permission_type": "SERVICE_MANAGED"}, {}, {"kms_key_id": site.key}
    )


def tools(site: Site) -> Iterator[Plant]:
    """Builds, desktops, machines of state, parameters."""
    build = {"compute_type": "BUILD_GENERAL1_SMALL", "image": "aws/codebuild/standard:7.0", "type": "LINUX_CONTAINER"}
    variables = [{"name": "DEPLOY_TOKEN", "value": "6f1c2d9e8b7a", "type": "PLAINTEXT"}]
    secrets = [{"name": "DEPLOY_TOKEN", "value": "deploy/token", "type": "SECRETS_MANAGER"}]
    project = {"artifacts": {"type": "NO_ARTIFACTS"}, "service_role": ROLE, "source": {"type": "NO_SOURCE"}}
    yield Plant(
        aws.codebuild.Project,
        "build",
        project,
        {"environment": {**build, "environment_variables": variables}},
        {"environment": {**build, "environment_variables": secrets}, "encryption_key": site.key},
    )
    desktop = {"bundle_id": "wsb-0", "directory_id": "d-0", "user_name": "trader"}
    yield Plant(
        aws.workspaces.Workspace,
        "desktop",
        desktop,
        {"root_volume_encryption_enabled": True},
        {
            "root_volume_encryption_enabled": True,
            "user_volume_encryption_enabled": True,
            "volume_encryption_key": site.key,
        },
    )
    yield Plant(
        aws.sfn.StateMachine,
        "machine",
        {"definition": "{}", "role_arn": ROLE},
        {},
        {"encryption_configuration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kms_key_id": site.key}},
    )
    yield Plant(aws.ssm.Parameter, "parameter", {"type": "SecureString", "value": "v"}, {}, {"key_id": site.key})
    named = {"name": "/test/database/password", "value": "v"}
    yield Plant(aws.ssm.Parameter, "password", named, {"type": "String"}, {"type": "SecureString", "key_id": site.key})
    yield Plant(aws.codeartifact.Domain, "packages", {"domain": "packages"}, {}, {"encryption_key": site.key})
    yield Plant(
        aws.transfer.Server, "transfer", {}, {"protocols": ["FTP"]}, {"protocols": ["SFTP"], "endpoint_type": "VPC"}
    )


def _expiring_images(name: str, *, opts: pulumi.ResourceOptions, **arguments: Any) -> aws.ecr.Repository:
    repository = aws.ecr.Repository(name, **arguments, opts=opts)
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    aws.ecr.LifecyclePolicy(name, repository=repository.name, policy=json.dumps({"rules": [rule]}), opts=opts)
    return repository
