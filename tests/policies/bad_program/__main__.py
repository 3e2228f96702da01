"""Violates every rule of the policy packs at least once. Comments name the rules that are not obvious."""

import json

import pulumi
import pulumi_aws as aws

ANYONE = "0.0.0.0/0"
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"


def document(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# tags-required (no CostCenter), tags-environment (not the stack), tags-values (another tool)
provider = aws.Provider(
    "aws",
    region="us-east-1",
    default_tags={
        "tags": {"Environment": "elsewhere", "Owner": "nobody", "Project": "bad-program", "ManagedBy": "Terraform"}
    },
)
options = pulumi.ResourceOptions(provider=provider)

# kms-*
aws.kms.Key(
    "key",
    enable_key_rotation=False,
    deletion_window_in_days=7,
    policy=document(Effect="Allow", Principal="*", Action="kms:Decrypt", Resource="*"),
    opts=options,
)

# rds-*
database = aws.rds.Instance(
    "postgres",
    identifier="postgres",
    engine="postgres",
    instance_class="db.t4g.medium",
    allocated_storage=20,
    username="trading",
    password="not-a-secret",
    storage_encrypted=False,
    performance_insights_enabled=True,
    publicly_accessible=True,
    skip_final_snapshot=True,
    auto_minor_version_upgrade=False,
    opts=options,
)
aws.rds.ParameterGroup("parameters", family="postgres15", opts=options)
aws.rds.InstanceAutomatedBackupsReplication(
    "copy", source_db_instance_arn=database.arn, region="us-west-2", opts=options
)

# elasticache-*
aws.elasticache.ReplicationGroup("redis", description="cache", node_type="cache.t4g.small", opts=options)

# s3-*
aws.s3.Bucket("compliance", opts=options)

# ec2-*, ebs-*, autoscaling-*
template = aws.ec2.LaunchTemplate(
    "machines", metadata_options={"http_tokens": "optional", "http_put_response_hop_limit": 2}, opts=options
)
aws.ec2.Instance("machine", ami="ami-0123456789abcdef0", instance_type="t3.micro", opts=options)
aws.ebs.Volume("volume", availability_zone="us-east-1a", size=10, opts=options)
aws.ebs.EncryptionByDefault("encryption", enabled=False, opts=options)
group = aws.autoscaling.Group("group", min_size=0, max_size=1, launch_template={"id": template.id}, opts=options)
aws.autoscaling.Tag(
    "owner",
    autoscaling_group_name=group.name,
    tag={"key": "Owner", "value": "nobody", "propagate_at_launch": False},
    opts=options,
)

# eks-*
aws.eks.Cluster(
    "cluster",
    role_arn="arn:aws:iam::123456789012:role/cluster",
    version="1.28",
    vpc_config={"subnet_ids": ["subnet-0123456789abcdef0"], "endpoint_public_access": True},
    opts=options,
)

# logs-*, sns-*, secretsmanager-*, backup-*, cloudtrail-*
aws.cloudwatch.LogGroup("logs", opts=options)
aws.sns.Topic("alarms", kms_master_key_id="alias/aws/sns", opts=options)
aws.secretsmanager.Secret("secret", opts=options)
aws.backup.Vault("vault", opts=options)
aws.cloudtrail.Trail("trail", s3_bucket_name="trail", opts=options)

# vpc-*
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=options)
aws.ec2.FlowLog(
    "rejected",
    vpc_id=vpc.id,
    traffic_type="REJECT",
    log_destination="arn:aws:logs:us-east-1:123456789012:log-group:elsewhere",
    iam_role_arn="arn:aws:iam::123456789012:role/flow-logs",
    opts=options,
)
aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24", map_public_ip_on_launch=True, opts=options)
aws.ec2.NetworkAcl(
    "open",
    vpc_id=vpc.id,
    ingress=[{"rule_no": 100, "action": "allow", "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_block": ANYONE}],
    opts=options,
)
security_group = aws.ec2.SecurityGroup(
    "machines",
    vpc_id=vpc.id,
    ingress=[{"protocol": "tcp", "from_port": 8080, "to_port": 8080, "cidr_blocks": [ANYONE]}],
    opts=options,
)
aws.vpc.SecurityGroupIngressRule(
    "ssh",
    security_group_id=security_group.id,
    ip_protocol="tcp",
    from_port=22,
    to_port=22,
    cidr_ipv4=ANYONE,
    opts=options,
)
aws.vpc.SecurityGroupIngressRule(
    "database",
    security_group_id=security_group.id,
    ip_protocol="tcp",
    from_port=5432,
    to_port=5432,
    cidr_ipv4="10.0.0.0/16",
    opts=options,
)

# elb-*
aws.lb.Listener(
    "http",
    load_balancer_arn="arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188",
    port=80,
    protocol="HTTP",
    default_actions=[
        {
            "type": "forward",
            "target_group_arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/73e2d6bc24d8a067",
        }
    ],
    opts=options,
)

# iam-*
role = aws.iam.Role(
    "workload",
    assume_role_policy=document(
        Effect="Allow",
        Principal={"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"},
        Action="sts:AssumeRoleWithWebIdentity",
    ),
    opts=options,
)
aws.iam.RolePolicyAttachment(
    "administrator", role=role.name, policy_arn="arn:aws:iam::aws:policy/AdministratorAccess", opts=options
)
aws.iam.Policy("everything", policy=document(Effect="Allow", Action="*", Resource="*"), opts=options)
aws.iam.Policy("storage", policy=document(Effect="Allow", Action="s3:*", Resource="*"), opts=options)
