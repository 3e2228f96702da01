"""The trading platform: one stack is one environment, shaped only by its configuration."""

from __future__ import annotations

from dataclasses import replace

import pulumi
import pulumi_aws as aws

import config
from components.access import Access, AccessArgs, Deployment, StateBackend, preview_role_arn
from components.audit import Audit, AuditArgs
from components.buckets import Buckets, BucketsArgs
from components.cluster import Cluster, ClusterArgs, cluster_name
from components.common.scope import Scope
from components.kms import KeyDomain, Kms, KmsArgs
from components.network import Network, NetworkArgs
from components.observability import AlarmTopic, AlarmTopicArgs, Observability, ObservabilityArgs, Watched
from components.postgres import Postgres, PostgresArgs, Standby, StandbyArgs
from components.recovery import Recovery, RecoveryArgs, objectives, recovery_domains
from components.redis import RedisCluster, RedisClusterArgs
from components.workloads import DataStores, Surroundings, Workloads, WorkloadsArgs

stack = config.load()
scope = Scope(prefix=stack.stack, account_id=stack.account_id, region=stack.region)
recovery_scope = scope.in_region(stack.recovery.region)
thresholds = stack.observability.thresholds
tags = {
    "Environment": stack.stack,
    "Owner": stack.owner,
    "CostCenter": stack.cost_center,
    "Project": stack.project,
    "ManagedBy": "Pulumi",
}
provider = aws.Provider(
    "aws",
    region=stack.region,
    # A stack that is pointed at the wrong account stops before it changes anything.
    allowed_account_ids=[stack.account_id],
    default_tags=aws.ProviderDefaultTagsArgs(tags=tags),
)
opts = pulumi.ResourceOptions(provider=provider)

keys = Kms("keys", KmsArgs(scope=scope, settings=stack.kms, deletion_protection=stack.deletion_protection), opts)
recovery_keys = Kms(
    "recovery-keys",
    KmsArgs(
        scope=recovery_scope,
        settings=stack.kms,
        deletion_protection=stack.deletion_protection,
        domains=recovery_domains(stack.recovery),
        qualifier="recovery-",
    ),
    opts,
)
alarm_topic = AlarmTopic(
    "alarms",
    AlarmTopicArgs(scope=scope, key_arn=keys.arn(KeyDomain.SNS), emails=stack.observability.alarm_emails),
    opts,
)
state = stack.access.state
deployment = Deployment(
    scope=scope,
    recovery_region=stack.recovery.region,
    account=stack.account,
    deletion_protection=stack.deletion_protection,
    state=StateBackend(bucket=state.bucket, key_alias=state.key_alias) if state else None,
)
access = Access("access", AccessArgs(settings=stack.access, deployment=deployment), opts)

network = Network(
    "network",
    NetworkArgs(
        scope=scope,
        settings=stack.network,
        boundary_arn=access.boundary_arn,
        logs_key_arn=keys.arn(KeyDomain.LOGS),
        api_cidrs=stack.cluster.private_cidrs,
    ),
    opts,
)
cluster = Cluster(
    "cluster",
    ClusterArgs(
        scope=scope,
        settings=stack.cluster,
        boundary_arn=access.boundary_arn,
        node_groups=stack.node_groups,
        vpc_id=network.vpc_id,
        vpc_cidr=network.vpc_cidr,
        private_subnet_ids=network.private_subnet_ids,
        alb_security_group_id=network.alb_security_group_id,
        secrets_key_arn=keys.arn(KeyDomain.EKS),
        ebs_key_arn=keys.arn(KeyDomain.EBS),
        logs_key_arn=keys.arn(KeyDomain.LOGS),
        node_prerequisites=network.private_egress,
        tags=tags,
        admin_role_arn=access.admin_role_arn,
        deploy_role_arn=access.deploy_role_arn,
        # The foundation that keeps the state also has the role for previews.
        preview_role_arn=preview_role_arn(replace(scope, prefix=stack.project)) if state else None,
        deletion_protection=stack.deletion_protection,
        alarm_topic_arn=alarm_topic.arn,
        thresholds=thresholds,
        container_log_retention_days=stack.observability.log_retention_days,
    ),
    opts,
)

data_clients = {"nodes": cluster.node_security_group_id}
postgres = Postgres(
    "postgres",
    PostgresArgs(
        scope=scope,
        settings=stack.postgres,
        boundary_arn=access.boundary_arn,
        vpc_id=network.vpc_id,
        subnet_group_name=network.database_subnet_group_name,
        clients=data_clients,
        storage_key_arn=keys.arn(KeyDomain.RDS),
        logs_key_arn=keys.arn(KeyDomain.LOGS),
        secrets_key_arn=keys.arn(KeyDomain.SECRETS),
        deletion_protection=stack.deletion_protection,
        secret_recovery_days=stack.secret_recovery_days,
        alarm_topic_arn=alarm_topic.arn,
        thresholds=thresholds,
    ),
    opts,
)
redis = RedisCluster(
    "redis",
    RedisClusterArgs(
        scope=scope,
        settings=stack.redis,
        vpc_id=network.vpc_id,
        subnet_group_name=network.cache_subnet_group_name,
        clients=data_clients,
        key_arn=keys.arn(KeyDomain.REDIS),
        logs_key_arn=keys.arn(KeyDomain.LOGS),
        secrets_key_arn=keys.arn(KeyDomain.SECRETS),
        secret_recovery_days=stack.secret_recovery_days,
        deletion_protection=stack.deletion_protection,
        alarm_topic_arn=alarm_topic.arn,
        thresholds=thresholds,
    ),
    opts,
)
buckets = Buckets(
    "buckets",
    BucketsArgs(
        scope=scope,
        recovery_region=stack.recovery.region,
        settings=stack.buckets,
        boundary_arn=access.boundary_arn,
        key_arn=keys.arn(KeyDomain.S3),
        recovery_key_arn=recovery_keys.arn(KeyDomain.S3),
        deletion_protection=stack.deletion_protection,
    ),
    opts,
)

workloads = Workloads(
    "workloads",
    WorkloadsArgs(
        scope=scope,
        settings=stack.workloads,
        boundary_arn=access.boundary_arn,
        cluster_name=cluster_name(scope),
        kubernetes_version=stack.cluster.version,
        oidc_provider_arn=cluster.oidc_provider_arn,
        oidc_issuer=cluster.oidc_issuer,
        vpc_id=network.vpc_id,
        surroundings=Surroundings(
            public_cidrs=network.public_subnet_cidrs,
            private_cidrs=network.private_subnet_cidrs,
            database_cidrs=network.database_subnet_cidrs,
        ),
        cluster_ready=cluster.ready,
        backup_bucket_name=buckets.names["backups"],
        backup_bucket_arn=buckets.arns["backups"],
        s3_key_arn=keys.arn(KeyDomain.S3),
        ebs_key_arn=keys.arn(KeyDomain.EBS),
        tags=tags,
        data=DataStores(
            bucket_arns=buckets.arns,
            bucket_key_arn=keys.arn(KeyDomain.S3),
            secret_arns={"postgres": postgres.secret_arn, "redis": redis.secret_arn},
            secrets_key_arn=keys.arn(KeyDomain.SECRETS),
            database_resource_ids=postgres.resource_ids,
        ),
    ),
    pulumi.ResourceOptions(providers=[provider, cluster.kubernetes_provider]),
)
audit = Audit(
    "audit",
    AuditArgs(
        scope=scope,
        settings=stack.account,
        boundary_arn=access.boundary_arn,
        trail_key_arn=keys.arn(KeyDomain.TRAIL),
        logs_key_arn=keys.arn(KeyDomain.LOGS),
        ebs_key_arn=keys.arn(KeyDomain.EBS),
        topic_arn=alarm_topic.arn,
        data_bucket_arns=buckets.arns,
        access_log_bucket_name=buckets.access_log_bucket_name,
        deletion_protection=stack.deletion_protection,
    ),
    opts,
)
recovery = Recovery(
    "recovery",
    RecoveryArgs(
        scope=scope,
        recovery_scope=recovery_scope,
        settings=stack.recovery,
        boundary_arn=access.boundary_arn,
        postgres_arn=postgres.instance_arn,
        postgres_replicas=list(postgres.replicas.values()),
        postgres_retention_days=stack.postgres.backup_retention_days,
        postgres_windows=[stack.postgres.backup_window, stack.postgres.maintenance_window],
        recovery_rds_key_arn=recovery_keys.arn(KeyDomain.RDS),
        backup_key_arn=keys.arn(KeyDomain.BACKUP),
        recovery_backup_key_arn=recovery_keys.arn(KeyDomain.BACKUP),
        cluster_name=cluster_name(scope),
        topic_arn=alarm_topic.arn,
        deletion_protection=stack.deletion_protection,
    ),
    opts,
)
standby_address: pulumi.Output[str] | None = None
if stack.recovery.standby:
    recovery_topic = AlarmTopic(
        "recovery-alarms",
        AlarmTopicArgs(
            scope=recovery_scope,
            key_arn=recovery_keys.arn(KeyDomain.SNS),
            emails=stack.observability.alarm_emails,
        ),
        opts,
    )
    standby = Standby(
        "standby",
        StandbyArgs(
            scope=recovery_scope,
            settings=stack.recovery.standby,
            boundary_arn=access.boundary_arn,
            postgres=stack.postgres,
            source_arn=postgres.instance_arn,
            source_copies=[*postgres.replicas.values(), recovery.postgres_backups],
            monitoring_role_arn=postgres.monitoring_role_arn,
            storage_key_arn=recovery_keys.arn(KeyDomain.RDS),
            logs_key_arn=recovery_keys.arn(KeyDomain.LOGS),
            flow_log_retention_days=stack.network.flow_log_retention_days,
            deletion_protection=stack.deletion_protection,
            alarm_topic_arn=recovery_topic.arn,
            thresholds=thresholds,
        ),
        opts,
    )
    standby_address = standby.address
observability = Observability(
    "observability",
    ObservabilityArgs(
        scope=scope,
        settings=stack.observability,
        topic_arn=alarm_topic.arn,
        logs_key_arn=keys.arn(KeyDomain.LOGS),
        application_namespaces=list(stack.workloads.quotas),
        watched=Watched(
            cluster_name=cluster_name(scope),
            database_ids=postgres.identifiers,
            redis_node_ids=redis.node_ids,
        ),
        alarm_arns={
            "cluster": {"nodes": cluster.alarm_arns},
            "database": postgres.alarm_arns,
            "cache": redis.alarm_arns,
        },
    ),
    opts,
)

outputs: dict[str, pulumi.Input[object]] = {
    "vpcId": network.vpc_id,
    "vpcCidr": network.vpc_cidr,
    "publicSubnetIds": network.public_subnet_ids,
    "privateSubnetIds": network.private_subnet_ids,
    "databaseSubnetIds": network.database_subnet_ids,
    "natPublicIps": network.nat_public_ips,
    "albSecurityGroupId": network.alb_security_group_id,
    "nodeSecurityGroupId": cluster.node_security_group_id,
    "clusterName": cluster.cluster_name,
    "clusterEndpoint": cluster.endpoint,
    "oidcProviderArn": cluster.oidc_provider_arn,
    "serviceAccountRoleArns": workloads.service_accounts.role_arns,
    "kubeconfig": cluster.kubeconfig,
    "updateKubeconfigCommand": pulumi.Output.format(
        "aws eks update-kubeconfig --region {} --name {}", stack.region, cluster.cluster_name
    ),
    "postgresIdentifier": postgres.identifier,
    "postgresAddress": postgres.address,
    "postgresPort": postgres.port,
    "postgresReplicaAddresses": postgres.replica_addresses,
    "postgresSecretArn": postgres.secret_arn,
    "redisIdentifier": redis.identifier,
    "redisConfigurationEndpoint": redis.configuration_endpoint,
    "redisPort": redis.port,
    "redisSecretArn": redis.secret_arn,
    "bucketNames": buckets.names,
    "bucketArns": buckets.arns,
    "replicaBucketNames": buckets.replica_names,
    "keyArns": keys.arns,
    "recoveryKeyArns": recovery_keys.arns,
    "alarmTopicArn": alarm_topic.arn,
    "dashboardName": observability.dashboard_name,
    "applicationLogGroups": observability.application_log_groups,
    "trailArn": audit.trail_arn,
    "adminRoleArn": access.admin_role_arn,
    "deployRoleArn": access.deploy_role_arn,
    "backupVaultArn": recovery.vault_arn,
    "recoveryVaultArn": recovery.recovery_vault_arn,
    "backupRoleArn": recovery.role_arn,
    "standbyAddress": standby_address,
    "recoveryObjectives": [
        objective.output
        for objective in objectives(
            postgres=stack.postgres,
            redis=stack.redis,
            buckets=stack.buckets,
            recovery=stack.recovery,
            thresholds=thresholds,
        )
    ],
}
for label, value in outputs.items():
    pulumi.export(label, value)
