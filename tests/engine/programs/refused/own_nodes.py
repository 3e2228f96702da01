"""Nodes of `eks.NodeGroupV2`."""

import json

import pulumi_aws as aws
import pulumi_eks as eks

c = eks.Cluster("c", skip_default_node_group=True)
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
ip = aws.iam.InstanceProfile("ip", role=role.name)
eks.NodeGroupV2(
    "g", cluster=c, instance_type="t3.medium", desired_capacity=1, min_size=1, max_size=2, instance_profile=ip
)
