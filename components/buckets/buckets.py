"""The platform's buckets, where their access is logged, and their copies in the recovery region (guide: S3 Storage)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.buckets.alarms import REPLICATION_MINUTES, REPLICATION_RULE, behind_alarm, failed_alarm
from components.buckets.policies import access_log_statement, replication_policy
from components.buckets.secure_bucket import SecureBucket, SecureBucketArgs, bucket_arn
from components.buckets.settings import BucketSettings, LifecycleSettings
from components.common.alarms import metric_alarm
from components.common.environment import Environment
from components.common.iam import plain_service_trust
from components.common.scope import Scope

__all__ = ["Buckets", "BucketsArgs", "SecureBucket", "SecureBucketArgs", "access_log_bucket", "bucket_arn"]

ACCESS_LOG_LABEL = "access-logs"
# A year of access logs answers the questions of an audit.
_ACCESS_LOG_LIFECYCLE = LifecycleSettings(expiration_days=365, noncurrent_expiration_days=30)


@dataclass(frozen=True, kw_only=True)
class BucketsArgs:
    """Which buckets there are, and under which keys."""

    environment: Environment
    recovery_region: str
    """Where copies go."""
    settings: Mapping[str, BucketSettings]
    """Buckets by label."""
    key_arn: pulumi.Input[str]
    """Key of the buckets in the stack's region."""
    recovery_key_arn: pulumi.Input[str] | None = None
    """Key of the copies, in the recovery region. None where no bucket is copied."""
    recovery_topic_arn: pulumi.Input[str] | None = None
    """Who is told in the recovery region when a copy falls behind. None where no bucket is copied."""


def access_log_bucket(
    name: str, scope: Scope, *, deletion_protection: bool, opts: pulumi.ResourceOptions
) -> SecureBucket:
    """The target of access logs in the scope's region: logs can only be delivered within a region."""
    return SecureBucket(
        name,
        SecureBucketArgs(
            scope=scope,
            label=ACCESS_LOG_LABEL,
            key_arn=None,
            access_log_bucket=None,
            deletion_protection=deletion_protection,
            lifecycle=_ACCESS_LOG_LIFECYCLE,
            statements=[access_log_statement(scope, bucket_arn(scope, ACCESS_LOG_LABEL))],
        ),
        opts,
    )


def replication_rule(
    replica_arn: pulumi.Input[str], replica_key_arn: pulumi.Input[str]
) -> aws.s3.BucketReplicationConfigRuleArgs:
    """Copies every version and delete marker within 15 minutes, measured, and encrypts the copy under its own key."""
    return aws.s3.BucketReplicationConfigRuleArgs(
        id=REPLICATION_RULE,
        status="Enabled",
        priority=1,
        filter=aws.s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
        delete_marker_replication=aws.s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(status="Enabled"),
        source_selection_criteria=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
            sse_kms_encrypted_objects=(
                aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(status="Enabled")
            )
        ),
        destination=aws.s3.BucketReplicationConfigRuleDestinationArgs(
            bucket=replica_arn,
            encryption_configuration=aws.s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
                replica_kms_key_id=replica_key_arn
            ),
            replication_time=aws.s3.BucketReplicationConfigRuleDestinationReplicationTimeArgs(
                status="Enabled",
                time=aws.s3.BucketReplicationConfigRuleDestinationReplicationTimeTimeArgs(minutes=REPLICATION_MINUTES),
            ),
            metrics=aws.s3.BucketReplicationConfigRuleDestinationMetricsArgs(
                status="Enabled",
                event_threshold=aws.s3.BucketReplicationConfigRuleDestinationMetricsEventThresholdArgs(
                    minutes=REPLICATION_MINUTES
                ),
            ),
        ),
    )


class Buckets(pulumi.ComponentResource):
    """A bucket for each label, one for access logs, and for each replicated bucket its copy in the recovery region.

    Creates the buckets with their settings, and for replication the role, its policy, the replication rule and alarms
    on copies that fall behind or fail. The recovery region gets an access-log bucket of its own, since logs do not
    cross regions.
    """

    names: dict[str, pulumi.Output[str]]
    """Physical names by label."""
    arns: dict[str, pulumi.Output[str]]
    """By label."""
    replica_names: dict[str, pulumi.Output[str]]
    """Physical names of the copies by label."""
    replica_arns: dict[str, pulumi.Output[str]]
    """Of the copies, by label."""
    access_log_bucket_name: pulumi.Output[str]
    """Where access to the buckets of the stack's region is logged."""

    def __init__(self, name: str, args: BucketsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:storage:Buckets", name, None, opts)
        self._name = name
        self._args = args
        self._recovery_scope = args.environment.scope.in_region(args.recovery_region)
        self._child = pulumi.ResourceOptions(parent=self)

        self.access_log_bucket_name = self._create_access_log_bucket(ACCESS_LOG_LABEL, args.environment.scope)
        self.buckets = {
            label: self._create_bucket(label, label, args.environment.scope, args.key_arn, self.access_log_bucket_name)
            for label in args.settings
        }
        self.replicas = self._create_replicas()
        self.names = {label: bucket.name for label, bucket in self.buckets.items()}
        self.arns = {label: bucket.arn for label, bucket in self.buckets.items()}
        self.replica_names = {label: bucket.name for label, bucket in self.replicas.items()}
        self.replica_arns = {label: bucket.arn for label, bucket in self.replicas.items()}
        self.register_outputs(
            {
                "names": self.names,
                "arns": self.arns,
                "replicaArns": self.replica_arns,
                "accessLogBucketName": self.access_log_bucket_name,
            }
        )

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "bucketNames": self.names,
            "bucketArns": self.arns,
            "replicaBucketNames": self.replica_names,
        }

    @property
    def _recovery_key_arn(self) -> pulumi.Input[str]:
        if self._args.recovery_key_arn is None:
            raise ValueError("recovery_key_arn is missing; a bucket that is copied needs it")
        return self._args.recovery_key_arn

    @property
    def _recovery_topic_arn(self) -> pulumi.Input[str]:
        if self._args.recovery_topic_arn is None:
            raise ValueError("recovery_topic_arn is missing; a bucket that is copied needs it")
        return self._args.recovery_topic_arn

    def _create_access_log_bucket(self, role: str, scope: Scope) -> pulumi.Output[str]:
        """Its name, known once its policy lets S3 deliver."""
        bucket = access_log_bucket(
            f"{self._name}-{role}",
            scope,
            deletion_protection=self._args.environment.deletion_protection,
            opts=self._child,
        )
        return bucket.policy.bucket

    def _create_bucket(
        self,
        role: str,
        label: str,
        scope: Scope,
        key_arn: pulumi.Input[str],
        log_bucket: pulumi.Input[str],
    ) -> SecureBucket:
        settings = self._args.settings[label]
        return SecureBucket(
            f"{self._name}-{role}",
            SecureBucketArgs(
                scope=scope,
                label=label,
                key_arn=key_arn,
                access_log_bucket=log_bucket,
                deletion_protection=self._args.environment.deletion_protection,
                lifecycle=settings.lifecycle,
                object_lock=settings.object_lock,
            ),
            self._child,
        )

    def _create_replicas(self) -> dict[str, SecureBucket]:
        labels = [label for label, settings in self._args.settings.items() if settings.replicate]
        if not labels:
            return {}
        log_bucket = self._create_access_log_bucket(f"recovery-{ACCESS_LOG_LABEL}", self._recovery_scope)
        replicas = {}
        for label in labels:
            replica = self._create_bucket(
                f"recovery-{label}", label, self._recovery_scope, self._recovery_key_arn, log_bucket
            )
            self._replicate(label, self.buckets[label], replica)
            replicas[label] = replica
        return replicas

    def _create_replication_role(
        self, label: str, source: SecureBucket, replica: SecureBucket
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        """S3 names no source account when it assumes the role; the role is of use for these two buckets only."""
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-{label}-replication",
            description=f"S3 copies {args.environment.scope.global_name(label)} to {args.recovery_region}",
            assume_role_policy=plain_service_trust("s3.amazonaws.com"),
            permissions_boundary=args.environment.boundary_arn,
            opts=self._child,
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-{label}-replication",
            role=role.name,
            policy=pulumi.Output.all(
                source_arn=source.arn,
                replica_arn=replica.arn,
                source_key_arn=args.key_arn,
                replica_key_arn=self._recovery_key_arn,
            ).apply(lambda known: replication_policy(args.environment.scope, self._recovery_scope, **known)),
            opts=self._child,
        )
        return role, policy

    def _replicate(self, label: str, source: SecureBucket, replica: SecureBucket) -> None:
        """S3 refuses a rule whose buckets have no versions yet, and copies nothing while the role has no policy."""
        role, policy = self._create_replication_role(label, source, replica)
        aws.s3.BucketReplicationConfig(
            f"{self._name}-{label}",
            bucket=source.name,
            role=role.arn,
            rules=[replication_rule(replica.arn, self._recovery_key_arn)],
            region=self._args.environment.scope.region,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[source.versioning, replica.versioning, policy]),
        )
        self._watch(label, source, replica)

    def _watch(self, label: str, source: SecureBucket, replica: SecureBucket) -> None:
        """Each alarm is where S3 publishes its metric: the lag at the copy, failures at the source."""
        environment = self._args.environment
        for name, scope, alarm, topic_arn in (
            ("behind", self._recovery_scope, behind_alarm(label, source.name, replica.name), self._recovery_topic_arn),
            ("failed", environment.scope, failed_alarm(label, source.name, replica.name), environment.alarm_topic_arn),
        ):
            metric_alarm(
                f"{self._name}-{label}-copy-{name}",
                scope.name(f"{label}-copy-{name}"),
                alarm,
                topic_arn=topic_arn,
                runbooks=environment.runbooks,
                region=scope.region,
                opts=self._child,
            )
