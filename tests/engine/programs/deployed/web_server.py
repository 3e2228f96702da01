"""A web server with an address, a volume, an alarm."""

import pulumi
import pulumi_aws as aws

ami = aws.ec2.get_ami(
    most_recent=True,
    owners=["137112412989"],
    filters=[aws.ec2.GetAmiFilterArgs(name="name", values=["amzn2-ami-hvm-*"])],
)
g = aws.ec2.SecurityGroup(
    "g",
    description="Enable HTTP access",
    ingress=[aws.ec2.SecurityGroupIngressArgs(protocol="tcp", from_port=80, to_port=80, cidr_blocks=["0.0.0.0/0"])],
)
kp = aws.ec2.KeyPair("kp", public_key="ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC x@y")
s = aws.ec2.Instance(
    "s",
    instance_type=aws.ec2.InstanceType.T2_MICRO,
    vpc_security_group_ids=[g.id],
    key_name=kp.key_name,
    user_data="#!/bin/bash",
    ami=ami.id,
    tags={"Name": "x"},
)
e = aws.ec2.Eip("e", instance=s.id, domain="vpc")
v = aws.ebs.Volume("v", availability_zone=s.availability_zone, size=10)
aws.ec2.VolumeAttachment("va", device_name="/dev/sdh", instance_id=s.id, volume_id=v.id)
aws.cloudwatch.MetricAlarm(
    "ma",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=2,
    metric_name="CPUUtilization",
    namespace="AWS/EC2",
    period=120,
    statistic="Average",
    threshold=80,
    dimensions={"InstanceId": s.id},
)
pulumi.export("ip", s.public_ip)
pulumi.export("dns", s.public_dns)
