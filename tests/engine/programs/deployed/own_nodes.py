"""Nodes of `eks.NodeGroup` and `eks.NodeGroupV2`, beside and instead of those of the cluster, of every system."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks

trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
role = aws.iam.Role("nodes", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
profile = aws.iam.InstanceProfile("profile", role=role.name)
bare = eks.Cluster(
    "bare", skip_default_node_group=True, instance_roles=[role], storage_classes="gp3", enable_config_map_mutable=True
)
spot = eks.NodeGroupV2(
    "spot",
    cluster=bare,
    instance_type="t3.medium",
    desired_capacity=1,
    min_size=1,
    max_size=2,
    spot_price="0.1",
    labels={"ondemand": "false"},
    taints={"spot": {"value": "true", "effect": "NoSchedule"}},
    node_root_volume_size=40,
    instance_profile=profile,
)
group = aws.ec2.SecurityGroup("own", vpc_id=bare.core.vpc_id)
rule = aws.ec2.SecurityGroupRule(
    "rule",
    type="ingress",
    from_port=443,
    to_port=443,
    protocol="tcp",
    security_group_id=bare.cluster_security_group_id,
    source_security_group_id=group.id,
)
eks.NodeGroupV2(
    "guarded",
    cluster=bare.core,
    node_security_group=group,
    cluster_ingress_rule=rule,
    extra_node_security_groups=[spot.node_security_group],
    instance_profile_name=profile.name,
    node_associate_public_ip_address=False,
)
old = eks.NodeGroup("old", cluster=bare, instance_profile=profile, kubelet_extra_args="--max-pods=20")

default = eks.Cluster("default")
more = eks.NodeGroupV2("more", cluster=default, gpu=True, instance_type="g5.xlarge")
eks.NodeGroupV2("rocket", cluster=default, ami_type="BOTTLEROCKET_ARM_64", instance_type="m7g.large", labels={"a": "b"})
eks.NodeGroup("linux2", cluster=default, operating_system="AL2", bootstrap_extra_args="--use-max-pods false")

pulumi.export("group", old.auto_scaling_group_name)
pulumi.export("spot", spot.auto_scaling_group.apply(lambda made: made.name))
pulumi.export("more", more.node_security_group_id)
