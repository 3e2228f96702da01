"""Containers of `pulumi_awsx`: images, a service on Fargate behind a balancer, one on instances, targets."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

cluster = aws.ecs.Cluster("cluster")
repository = awsx.ecr.Repository(
    "Images", force_delete=True, lifecycle_policy={"rules": [{"tag_status": "any", "maximum_age_limit": 30}]}
)
plain = awsx.ecr.Repository("plain")
image = awsx.ecr.Image("image", repository_url=repository.url, context=".", platform="linux/amd64")

balancer = awsx.lb.ApplicationLoadBalancer("web", default_target_group_port=8080)
service = awsx.ecs.FargateService(
    "service",
    cluster=cluster.arn,
    assign_public_ip=True,
    task_definition_args={
        "container": {
            "name": "app",
            "image": image.image_uri,
            "cpu": 512,
            "memory": 1500,
            "port_mappings": [{"container_port": 8080, "target_group": balancer.default_target_group}],
        }
    },
)
task = awsx.ecs.EC2TaskDefinition(
    "task",
    containers={"worker": awsx.ecs.TaskDefinitionContainerDefinitionArgs(name="worker", image="busybox", memory=128)},
    log_group={"skip": True},
    execution_role=awsx.awsx.DefaultRoleWithPolicyArgs(skip=True),
)
awsx.ecs.EC2Service("workers", cluster=cluster.arn, desired_count=2, task_definition=task.task_definition.arn)

network = awsx.lb.NetworkLoadBalancer("tcp", listeners=[{"port": 22}, {"port": 443}])
instance = aws.ec2.Instance("server", ami="ami-0123456789abcdef0", instance_type="t3.micro")
function = aws.lambda_.Function(
    "function",
    role=aws.iam.Role("role", assume_role_policy="{}").arn,
    runtime="python3.13",
    handler="index.handler",
    code=pulumi.AssetArchive({"index.py": pulumi.StringAsset("def handler(event, context): return event")}),
)
awsx.lb.TargetGroupAttachment("instance", target_group=network.default_target_group, instance=instance)
awsx.lb.TargetGroupAttachment("lambda", target_group=balancer.default_target_group, lambda_arn=function.arn)

pulumi.export("url", pulumi.Output.concat("http://", balancer.load_balancer.dns_name))
pulumi.export("size", service.task_definition.apply(lambda made: pulumi.Output.all(made.cpu, made.memory).apply(list)))
pulumi.export("containers", task.task_definition.container_definitions.apply(json.loads))
