"""Machines, clusters, and secrets in what starts them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pulumi_aws as aws
from twins import Plant, Site

AMI = "ami-0123456789abcdef0"
ROLE = "arn:aws:iam::123456789012:role/service"
SCRIPT = "#!/bin/sh\nexport DATABASE_PASSWORD=9f4e1c7b2a6d\n"
CLEAN = "#!/bin/sh\nexport DATABASE_PASSWORD=$(get-secret database)\n"
METADATA = {"http_tokens": "required", "http_put_response_hop_limit": 1}
OLD_METADATA = {"http_tokens": "optional", "http_put_response_hop_limit": 3}
TAGS = {"Environment": "test", "Owner": "platform", "CostCenter": "4711", "Project": "twins", "ManagedBy": "Pulumi"}


def plants(site: Site) -> Iterator[Plant]:
    """Machines of all kinds."""
    yield from instances(site)
    yield from templates(site)
    yield from clusters(site)
    yield from environments(site)


def instances(site: Site) -> Iterator[Plant]:
    """Instances on demand and spot, volumes."""
    disk = {"encrypted": True, "kms_key_id": site.key}
    machine = {"ami": AMI, "instance_type": "t3.micro"}
    right = {"root_block_device": disk, "metadata_options": METADATA}
    yield Plant(aws.ec2.Instance, "plain", machine, {}, right)
    yield Plant(
        aws.ec2.Instance,
        "second-disk",
        {**machine, "metadata_options": METADATA},
        {"root_block_device": disk, "ebs_block_devices": [{"device_name": "/dev/sdb", "encrypted": False}]},
        {"root_block_device": disk, "ebs_block_devices": [{"device_name": "/dev/sdb", **disk}]},
    )
    yield Plant(
        aws.ec2.Instance,
        "secret",
        {**machine, **right},
        {"user_data": SCRIPT, "associate_public_ip_address": True},
        {"user_data": CLEAN},
    )
    yield Plant(aws.ec2.SpotInstanceRequest, "spot", machine, {"metadata_options": OLD_METADATA}, right)
    yield Plant(aws.ebs.Volume, "volume", {"availability_zone": "us-east-1a", "size": 1}, {}, disk)
    yield Plant(
        aws.ebs.Volume, "volume-of-aws", {"availability_zone": "us-east-1a", "size": 1, "encrypted": True}, {}, disk
    )
    yield Plant(aws.ebs.EncryptionByDefault, "by-default", {}, {"enabled": False}, {"enabled": True})
    image = {"root_device_name": "/dev/xvda", "virtualization_type": "hvm"}
    yield Plant(
        aws.ec2.Ami,
        "image",
        image,
        {"ebs_block_devices": [{"device_name": "/dev/xvda", "volume_size": 8}]},
        {"ebs_block_devices": [{"device_name": "/dev/xvda", "volume_size": 8, "encrypted": True}]},
    )


def templates(site: Site) -> Iterator[Plant]:
    """What starts machines: templates, configurations, groups."""
    ebs = {"encrypted": "true", "kms_key_id": site.key}
    specifications = [{"resource_type": kind, "tags": TAGS} for kind in ("instance", "volume")]
    blank = [{"resource_type": kind, "tags": {**TAGS, "Owner": ""}} for kind in ("instance", "volume")]
    elsewhere = [{"resource_type": kind, "tags": {**TAGS, "Environment": "live"}} for kind in ("instance", "volume")]
    right = {
        "block_device_mappings": [{"device_name": "/dev/xvda", "ebs": ebs}],
        "metadata_options": METADATA,
        "tag_specifications": specifications,
    }
    yield Plant(aws.ec2.LaunchTemplate, "nodes", {}, {"metadata_options": OLD_METADATA}, right)
    encoded = base64.b64encode(SCRIPT.encode()).decode()
    yield Plant(
        aws.ec2.LaunchTemplate,
        "secret-nodes",
        right,
        {"user_data": encoded},
        {"user_data": base64.b64encode(CLEAN.encode()).decode()},
    )
    yield Plant(aws.ec2.LaunchTemplate, "blank-tags", right, {"tag_specifications": blank}, {})
    yield Plant(aws.ec2.LaunchTemplate, "another-environment", right, {"tag_specifications": elsewhere}, {})
    old = {"image_id": AMI, "instance_type": "t3.micro"}
    yield Plant(
        aws.ec2.LaunchConfiguration,
        "old-nodes",
        old,
        {"associate_public_ip_address": True, "user_data": SCRIPT},
        {"root_block_device": {"encrypted": True}, "metadata_options": METADATA},
    )
    sizes = {"min_size": 0, "max_size": 1, "launch_template": {"id": "lt-0123456789abcdef0"}}
    tags = [{"key": key, "value": value, "propagate_at_launch": True} for key, value in TAGS.items()]
    yield Plant(aws.autoscaling.Group, "group", sizes, {"tags": []}, {"tags": tags})
    yield Plant(
        aws.autoscaling.Tag,
        "owner",
        {"autoscaling_group_name": "group"},
        {"tag": {"key": "Owner", "value": "", "propagate_at_launch": True}},
        {"tag": {"key": "Owner", "value": "platform", "propagate_at_launch": True}},
    )


def clusters(site: Site) -> Iterator[Plant]:
    """Kubernetes."""
    network = {"subnet_ids": ["subnet-0123456789abcdef0"]}
    logs = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    halves = ["0.0.0.0/1", "128.0.0.0/1"]
    right = {
        "vpc_config": {**network, "endpoint_public_access": False, "endpoint_private_access": True},
        "version": "1.36",
        "enabled_cluster_log_types": logs,
        "encryption_config": {"provider": {"key_arn": site.key}, "resources": ["secrets"]},
    }
    yield Plant(aws.eks.Cluster, "cluster", {"role_arn": ROLE}, {"vpc_config": network, "version": "1.28"}, right)
    sizes = {"scaling_config": {"desired_size": 1, "min_size": 1, "max_size": 1}}
    nodes = {"cluster_name": "c", "node_role_arn": ROLE, "subnet_ids": ["subnet-0"], **sizes}
    yield Plant(aws.eks.NodeGroup, "node-group", nodes, {"remote_access": {"ec2_ssh_key": "key"}}, {})
    half = {"vpc_config": {**network, "endpoint_public_access": True, "public_access_cidrs": halves}}
    yield Plant(aws.eks.Cluster, "half-open", {"role_arn": ROLE, **right}, half, {})


def environments(site: Site) -> Iterator[Plant]:
    """Functions and containers."""
    function = {"role": ROLE, "handler": "index.handler", "runtime": "python3.13", "s3_bucket": "b", "s3_key": "k"}
    yield Plant(
        aws.lambda_.Function,
        "function",
        function,
        {"environment": {"variables": {"API_KEY": "6f1c2d9e8b7a4f30"}}},
        {"environment": {"variables": {"API_KEY_ARN": "arn:aws:secretsmanager:x"}}, "kms_key_arn": site.key},
    )
    container = {"name": "app", "image": "app", "essential": True}
    wrong = {**container, "environment": [{"name": "DB_URL", "value": "postgres://bob:hunter22@db/app"}]}
    right = {**container, "secrets": [{"name": "DB_URL", "valueFrom": "arn:aws:secretsmanager:x"}]}
    volume = {"file_system_id": "fs-0123456789abcdef0"}
    yield Plant(
        aws.ecs.TaskDefinition,
        "task",
        {"family": "app"},
        {
            "container_definitions": json.dumps([wrong]),
            "volumes": [{"name": "data", "efs_volume_configuration": volume}],
        },
        {
            "container_definitions": json.dumps([right]),
            "volumes": [{"name": "data", "efs_volume_configuration": {**volume, "transit_encryption": "ENABLED"}}],
        },
    )
