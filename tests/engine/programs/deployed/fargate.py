"""Containers on Fargate behind a load balancer."""

import json

import pulumi
import pulumi_aws as aws

vpc = aws.ec2.get_vpc(default=True)
sn = aws.ec2.get_subnets(filters=[aws.ec2.GetSubnetsFilterArgs(name="vpc-id", values=[vpc.id])])
sg = aws.ec2.SecurityGroup(
    "web",
    vpc_id=vpc.id,
    ingress=[{"protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_blocks": ["0.0.0.0/0"]}],
    egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
)
alb = aws.lb.LoadBalancer("alb", security_groups=[sg.id], subnets=sn.ids)
tg = aws.lb.TargetGroup("tg", port=80, protocol="HTTP", target_type="ip", vpc_id=vpc.id)
l = aws.lb.Listener(
    "l", load_balancer_arn=alb.arn, port=80, default_actions=[{"type": "forward", "target_group_arn": tg.arn}]
)
aws.lb.ListenerRule(
    "lr",
    listener_arn=l.arn,
    actions=[
        {
            "type": "fixed-response",
            "fixed_response": {"content_type": "text/plain", "status_code": "404", "message_body": "no"},
        }
    ],
    conditions=[{"path_pattern": {"values": ["/x"]}}],
)
role = aws.iam.Role(
    "r",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
    managed_policy_arns=[aws.iam.ManagedPolicy.AMAZON_ECS_TASK_EXECUTION_ROLE_POLICY]
    if hasattr(aws.iam.ManagedPolicy, "AMAZON_ECS_TASK_EXECUTION_ROLE_POLICY")
    else [],
)
cl = aws.ecs.Cluster("c")
td = aws.ecs.TaskDefinition(
    "td",
    family="f",
    cpu="256",
    memory="512",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    execution_role_arn=role.arn,
    container_definitions=json.dumps([{"name": "a", "image": "nginx", "portMappings": [{"containerPort": 80}]}]),
)
aws.ecs.Service(
    "s",
    cluster=cl.arn,
    desired_count=3,
    launch_type="FARGATE",
    task_definition=td.arn,
    network_configuration={"assign_public_ip": True, "subnets": sn.ids, "security_groups": [sg.id]},
    load_balancers=[{"target_group_arn": tg.arn, "container_name": "a", "container_port": 80}],
    opts=pulumi.ResourceOptions(depends_on=[l]),
)
pulumi.export("url", alb.dns_name)
