"""The trading platform: one stack is one environment, shaped only by its configuration."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pulumi
import pulumi_aws as aws

import config
from components.access import Access, AccessArgs, Deployment, StateBackend, preview_role_arn
from components.address import METRICS_REGION, Address, AddressArgs
from components.audit import Audit, AuditArgs, RecoveryPlace
from components.buckets import Buckets, BucketsArgs
from components.cluster import Cluster, ClusterArgs, cluster_name
from components.common.environment import Environment
from components.kms import KeyDomain, Kms, KmsArgs
from components.metrics import Metrics, MetricsArgs
from components.network import Network, NetworkArgs
from components.observability import AlarmTopic, AlarmTopicArgs, Observability, ObservabilityArgs, Watched
from components.postgres import Postgres, PostgresArgs, Standby, StandbyArgs
from components.recovery import Recovery, RecoveryArgs, RestoreTests, RestoreTestsArgs, recovery_domains, volume_tags
from components.redis import RedisCluster, RedisClusterArgs
from components.registry import Registry, RegistryArgs, RegistrySettings, mirrors
from components.workloads import DataStores, IngressArgs, Surroundings, Workloads, WorkloadsArgs

stack = config.load()
scope = stack.scope
recovery_scope = scope.in_region(stack.recovery.region)
provider = aws.Provider(
    "aws",
    region=stack.region,
    # A stack that is pointed at the wrong account stops before it changes anything.
    allowed_account_ids=[stack.account_id],
    default_tags=aws.ProviderDefaultTagsArgs(tags=stack.tags),
)
opts = pulumi.ResourceOptions(provider=provider)

key_args = partial(KmsArgs, settings=stack.kms, deletion_protection=stack.deletion_protection)
keys = Kms("keys", key_args(scope=scope, publishers=["aps"] if stack.metrics else []), opts)
recovery_keys = Kms(
    "recovery-keys",
    key_args(scope=recovery_scope, domains=recovery_domains(stack.recovery), qualifier="recovery-"),
    opts,
)
topic_args = partial(AlarmTopicArgs, emails=stack.observability.alarm_emails)
alarm_topic = AlarmTopic(
    "alarms",
    topic_args(scope=scope, key_arn=keys.arn(KeyDomain.SNS), prometheus=stack.metrics is not None),
    opts,
)
recovery_topic: AlarmTopic | None = None
if stack.recovery.copies:
    recovery_topic = AlarmTopic(
        "recovery-alarms",
        topic_args(scope=recovery_scope, key_arn=recovery_keys.arn(KeyDomain.SNS)),
        opts,
    )
state = stack.access.state
deployment = Deployment(
    scope=scope,
    recovery_region=stack.recovery.region,
    account=stack.account,
    deletion_protection=stack.deletion_protection,
    existing_network=stack.network.existing.resources if stack.network.existing else (),
    shapes_registry=stack.registry != RegistrySettings(),
    registry_secrets=stack.registry.pull_through_cache.secret_arns if stack.registry.pull_through_cache else (),
    domain=stack.address.domain if stack.address else None,
    tests_restores=stack.recovery.restore_tests is not None,
    restore_validator=stack.recovery.restore_tests.validator_arn if stack.recovery.restore_tests else None,
    has_metrics=stack.metrics is not None,
    state=StateBackend(bucket=state.bucket, key_alias=state.key_alias, project=stack.project) if state else None,
)
access = Access("access", AccessArgs(settings=stack.access, deployment=deployment, topic_arn=alarm_topic.arn), opts)

environment = Environment(
    scope=scope,
    boundary_arn=access.boundary_arn,
    logs_key_arn=keys.arn(KeyDomain.LOGS),
    alarm_topic_arn=alarm_topic.arn,
    thresholds=stack.observability.thresholds,
    runbooks=f"https://github.com/{stack.access.github_repository}/blob/HEAD/docs/runbooks",
    deletion_protection=stack.deletion_protection,
    tags=stack.tags,
    mirrors=mirrors(scope, stack.registry),
)
registry: Registry | None = None
if stack.has_registry:
    image_keys = partial(key_args, domains=[KeyDomain.ECR])
    registry_keys = Kms("registry-keys", image_keys(scope=scope), opts)
    copies = stack.registry.replicated_stacks
    copy_keys = Kms("registry-copy-keys", image_keys(scope=recovery_scope, qualifier="copy-"), opts) if copies else None
    registry = Registry(
        "registry",
        RegistryArgs(
            environment=environment,
            repositories=stack.repositories,
            settings=stack.registry,
            key_arn=registry_keys.arn(KeyDomain.ECR),
            recovery_scope=recovery_scope,
            recovery_key_arn=copy_keys.arn(KeyDomain.ECR) if copy_keys else None,
        ),
        opts,
    )
network = Network(
    "network",
    NetworkArgs(
        environment=environment,
        settings=stack.network,
        api_cidrs=stack.cluster.private_cidrs,
        client_cidrs=stack.client_cidrs,
    ),
    opts,
)
cluster = Cluster(
    "cluster",
    ClusterArgs(
        environment=environment,
        settings=stack.cluster,
        node_groups=stack.node_groups,
        vpc_id=network.vpc_id,
        vpc_cidr=network.vpc_cidr,
        private_subnet_ids=network.private_subnet_ids,
        alb_security_group_id=network.alb_security_group_id,
        secrets_key_arn=keys.arn(KeyDomain.EKS),
        ebs_key_arn=keys.arn(KeyDomain.EBS),
        node_prerequisites=[*network.private_egress, *(registry.cache_ready if registry else ())],
        admin_role_arn=access.admin_role_arn,
        deploy_role_arn=access.deploy_role_arn,
        # The foundation that keeps the state also has the role for previews.
        preview_role_arn=preview_role_arn(replace(scope, prefix=stack.project)) if state else None,
        container_log_retention_days=stack.observability.log_retention_days,
    ),
    opts,
)

data_clients = {"nodes": cluster.node_security_group_id}
postgres = Postgres(
    "postgres",
    PostgresArgs(
        environment=environment,
        settings=stack.postgres,
        vpc_id=network.vpc_id,
        subnet_group_name=network.database_subnet_group_name,
        clients=data_clients,
        storage_key_arn=keys.arn(KeyDomain.RDS),
        secrets_key_arn=keys.arn(KeyDomain.SECRETS),
        secret_recovery_days=stack.secret_recovery_days,
    ),
    opts,
)
redis = RedisCluster(
    "redis",
    RedisClusterArgs(
        environment=environment,
        settings=stack.redis,
        vpc_id=network.vpc_id,
        subnet_group_name=network.cache_subnet_group_name,
        clients=data_clients,
        key_arn=keys.arn(KeyDomain.REDIS),
        secrets_key_arn=keys.arn(KeyDomain.SECRETS),
        secret_recovery_days=stack.secret_recovery_days,
    ),
    opts,
)
buckets = Buckets(
    "buckets",
    BucketsArgs(
        environment=environment,
        recovery_region=stack.recovery.region,
        settings=stack.buckets,
        key_arn=keys.arn(KeyDomain.S3),
        recovery_key_arn=recovery_keys.arn(KeyDomain.S3) if stack.recovery.copies else None,
        recovery_topic_arn=recovery_topic.arn if recovery_topic else None,
    ),
    opts,
)
address: Address | None = None
ingress: IngressArgs | None = None
if stack.address:
    health_topic = alarm_topic
    if stack.address.health_checks and stack.region != METRICS_REGION:
        # Route 53 tells of its checks in one region, and alarms reach topics of their own region only.
        health_scope = scope.in_region(METRICS_REGION)
        health_keys = Kms(
            "health-keys", key_args(scope=health_scope, domains=[KeyDomain.SNS], qualifier="health-"), opts
        )
        health_topic = AlarmTopic(
            "health-alarms",
            topic_args(scope=health_scope, key_arn=health_keys.arn(KeyDomain.SNS), label="health-alarms"),
            opts,
        )
    address = Address(
        "address",
        AddressArgs(
            environment=environment,
            settings=stack.address,
            access_log_bucket_name=buckets.access_log_bucket_name,
            health_topic_arn=health_topic.arn,
        ),
        opts,
    )
    ingress = IngressArgs(
        domain=stack.address.domain,
        zone_id=address.zone_id,
        certificate_arn=address.certificate_arn,
        web_acl_arn=address.web_acl_arn,
        log_bucket_name=address.log_bucket_name,
        classes=stack.address.classes,
        keep_controller_class=stack.address.keep_controller_class,
        dns=stack.address.dns,
    )

workloads = Workloads(
    "workloads",
    WorkloadsArgs(
        environment=environment,
        settings=stack.workloads,
        cluster_name=cluster_name(scope),
        kubernetes_version=stack.cluster.version,
        identity=cluster.identity,
        vpc_id=network.vpc_id,
        surroundings=Surroundings(
            public_cidrs=network.public_subnet_cidrs,
            private_cidrs=network.private_subnet_cidrs,
            database_cidrs=network.database_subnet_cidrs,
            control_plane_ports=list(stack.cluster.control_plane_ports),
            metrics_ports=stack.metrics.pod_ports if stack.metrics else (),
        ),
        cluster_ready=cluster.ready,
        backup_bucket_name=buckets.names["backups"],
        backup_bucket_arn=buckets.arns["backups"],
        s3_key_arn=keys.arn(KeyDomain.S3),
        ebs_key_arn=keys.arn(KeyDomain.EBS),
        volume_snapshots=stack.cluster.volume_snapshots,
        data=DataStores(
            bucket_arns=buckets.arns,
            bucket_key_arn=keys.arn(KeyDomain.S3),
            secret_arns={
                "postgres": postgres.secret_arn,
                "redis": redis.secret_arn,
                **{f"redis-{user}": arn for user, arn in redis.user_secret_arns.items()},
            },
            secrets_key_arn=keys.arn(KeyDomain.SECRETS),
            database_resource_ids=postgres.resource_ids,
        ),
        ingress=ingress,
    ),
    pulumi.ResourceOptions(providers=[provider, cluster.kubernetes_provider]),
)
audit = Audit(
    "audit",
    AuditArgs(
        environment=environment,
        settings=stack.account,
        trail_key_arn=keys.arn(KeyDomain.TRAIL),
        ebs_key_arn=keys.arn(KeyDomain.EBS),
        data_bucket_arns=buckets.arns | {f"recovery-{label}": arn for label, arn in buckets.replica_arns.items()},
        access_log_bucket_name=buckets.access_log_bucket_name,
        recovery=RecoveryPlace(scope=recovery_scope, topic_arn=recovery_topic.arn) if recovery_topic else None,
    ),
    opts,
)
recovery: Recovery | None = None
if stack.recovery.copies:
    recovery = Recovery(
        "recovery",
        RecoveryArgs(
            environment=environment,
            recovery_scope=recovery_scope,
            settings=stack.recovery,
            postgres_arn=postgres.instance_arn,
            postgres_replicas=list(postgres.replicas.values()),
            postgres_retention_days=stack.postgres.backup_retention_days,
            postgres_windows=[stack.postgres.backup_window, stack.postgres.maintenance_window],
            recovery_rds_key_arn=recovery_keys.arn(KeyDomain.RDS),
            backup_key_arn=keys.arn(KeyDomain.BACKUP),
            recovery_backup_key_arn=recovery_keys.arn(KeyDomain.BACKUP),
            cluster_name=cluster_name(scope),
            bucket_arns={label: buckets.arns[label] for label in stack.recovery.tested_buckets},
        ),
        opts,
    )
if recovery and stack.recovery.restore_tests:
    RestoreTests(
        "restore-tests",
        RestoreTestsArgs(
            environment=environment,
            settings=stack.recovery.restore_tests,
            vault_arn=recovery.vault_arn,
            postgres_arn=postgres.instance_arn,
            subnet_group_name=network.database_subnet_group_name,
            volume_tags=volume_tags(cluster_name(scope)),
            volume_key_arn=keys.arn(KeyDomain.EBS),
            bucket_arns=buckets.arns,
        ),
        opts,
    )
standby_address: pulumi.Output[str] | None = None
if recovery and recovery_topic and stack.recovery.standby:
    recovery_environment = replace(
        environment,
        scope=recovery_scope,
        logs_key_arn=recovery_keys.arn(KeyDomain.LOGS),
        alarm_topic_arn=recovery_topic.arn,
    )
    standby = Standby(
        "standby",
        StandbyArgs(
            environment=recovery_environment,
            settings=stack.recovery.standby,
            postgres=stack.postgres,
            source_arn=postgres.instance_arn,
            source_copies=[*postgres.replicas.values(), recovery.postgres_backups],
            monitoring_role_arn=postgres.monitoring_role_arn,
            storage_key_arn=recovery_keys.arn(KeyDomain.RDS),
            flow_log_retention_days=stack.network.flow_log_retention_days,
        ),
        opts,
    )
    standby_address = standby.address
metrics: Metrics | None = None
if stack.metrics:
    metrics_keys = Kms("metrics-keys", key_args(scope=scope, domains=[KeyDomain.METRICS]), opts)
    metrics = Metrics(
        "metrics",
        MetricsArgs(
            environment=environment,
            settings=stack.metrics,
            key_arn=metrics_keys.arn(KeyDomain.METRICS),
            cluster_name=cluster.cluster_name,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            api_security_group_id=cluster.api_security_group_id,
            node_security_group_id=cluster.node_security_group_id,
        ),
        opts,
    )
observability = Observability(
    "observability",
    ObservabilityArgs(
        environment=environment,
        settings=stack.observability,
        application_namespaces=list(stack.workloads.namespace_quotas),
        watched=Watched(
            cluster_name=cluster_name(scope),
            database_ids=postgres.identifiers,
            redis_node_ids=redis.node_ids,
        ),
        alarm_arns={
            "cluster": {"nodes": cluster.alarm_arns},
            "database": postgres.alarm_arns,
            "cache": redis.alarm_arns,
            "address": address.alarm_arns if address else {},
            "metrics": {"prometheus": metrics.alarm_arns} if metrics else {},
        },
    ),
    opts,
)

exports: dict[str, pulumi.Input[object]] = {
    "keyArns": keys.arns,
    "recoveryKeyArns": recovery_keys.arns,
    "alarmTopicArn": alarm_topic.arn,
    "standbyAddress": standby_address,
    "updateKubeconfigCommand": pulumi.Output.format(
        "aws eks update-kubeconfig --region {} --name {}", stack.region, cluster.cluster_name
    ),
}
parts = (
    access,
    network,
    cluster,
    workloads,
    postgres,
    redis,
    buckets,
    registry,
    address,
    audit,
    recovery,
    observability,
    metrics,
)
for part in parts:
    exports |= part.exports if part else {}
for name, value in exports.items():
    pulumi.export(name, value)
