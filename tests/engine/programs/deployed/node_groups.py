"""Managed node groups of a cluster, and of its core, with Bottlerocket and with user data."""

import json

import pulumi_aws as aws
import pulumi_eks as eks

role = aws.iam.Role(
    "r",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
            ],
        }
    ),
)
atts = [
    aws.iam.RolePolicyAttachment(f"a{i}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{p}")
    for i, p in enumerate(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"])
]
c = eks.Cluster("c", skip_default_node_group=True, instance_role=role)
eks.ManagedNodeGroup("m", cluster=c, node_role=role, instance_types=["t3.medium"])
eks.ManagedNodeGroup(
    "n",
    cluster=c.core,
    node_group_name="x",
    node_role_arn=role.arn,
    scaling_config=aws.eks.NodeGroupScalingConfigArgs(desired_size=1, min_size=1, max_size=2),
)
eks.ManagedNodeGroup(
    "rocket",
    cluster=c,
    node_role=role,
    operating_system=eks.OperatingSystem.BOTTLEROCKET,
    bottlerocket_settings={"settings": {"kubernetes": {"max-pods": 50}}},
    disk_size=50,
)
eks.ManagedNodeGroup(
    "flags",
    cluster=c,
    node_role=role,
    instance_types=["m7g.large"],
    kubelet_extra_args="--max-pods=50",
    nodeadm_extra_options=[{"content_type": "text/x-shellscript", "content": "#!/bin/sh"}],
)
