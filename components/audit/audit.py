"""Who did what in the account: CloudTrail, alarms on what it records, and the account's security services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi
import pulumi_aws as aws

from components.audit.account import Account, AccountArgs
from components.audit.settings import REGIONAL_SWITCHES, AccountSettings
from components.audit.trail_alarms import TRAIL_ALARMS, calls_pattern
from components.buckets import LifecycleSettings, ObjectLockSettings, SecureBucket, SecureBucketArgs, bucket_arn
from components.common.alarms import Alarm, metric_alarm
from components.common.environment import Environment
from components.common.iam import Statement, plain_service_trust, policy_document
from components.common.logs import log_group
from components.common.scope import Scope
from components.kms import trail_arn

BUCKET_LABEL = "audit"
CONFIG_LABEL = "config"
# Volumes of the recovery region are made under keys of the stack that takes over.
_KEY_OF_ITS_OWN = ("ebs_encryption_by_default",)
# Trails and histories are read for some months and kept for seven years, as financial records are.
_LIFECYCLE = LifecycleSettings(
    standard_ia_days=30, glacier_ir_days=90, deep_archive_days=365, expiration_days=2557, noncurrent_expiration_days=30
)


def trail_statements(scope: Scope, audit_bucket_arn: str) -> list[Statement]:
    """What the audit bucket lets CloudTrail do, and only for this trail."""
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    return [
        {
            "Sid": "TrailChecksBucket",
            "Effect": "Allow",
            "Principal": cloudtrail,
            "Action": "s3:GetBucketAcl",
            "Resource": audit_bucket_arn,
            "Condition": {"StringEquals": {"aws:SourceArn": trail_arn(scope)}},
        },
        {
            "Sid": "TrailDelivers",
            "Effect": "Allow",
            "Principal": cloudtrail,
            "Action": "s3:PutObject",
            "Resource": f"{audit_bucket_arn}/AWSLogs/{scope.account_id}/*",
            "Condition": {
                "StringEquals": {"aws:SourceArn": trail_arn(scope), "s3:x-amz-acl": "bucket-owner-full-control"}
            },
        },
    ]


def trail_log_group(scope: Scope) -> str:
    """The log group of the trail."""
    return f"/aws/cloudtrail/{scope.name('trail')}"


def trail_logs_policy(scope: Scope) -> str:
    """What the trail's role may do: write to its own streams of its group."""
    stream = f"{trail_log_group(scope)}:log-stream:{scope.account_id}_CloudTrail_{scope.region}*"
    return policy_document(
        {
            "Sid": "WriteEvents",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": scope.arn("logs", f"log-group:{stream}"),
        }
    )


@dataclass(frozen=True, kw_only=True)
class RecoveryPlace:
    """The region of the copies, and who is told there."""

    scope: Scope
    """The same environment in the recovery region."""
    topic_arn: pulumi.Input[str]
    """Its alarm topic there."""


@dataclass(frozen=True, kw_only=True)
class AuditArgs:
    """What to record, and where to."""

    environment: Environment
    settings: AccountSettings
    trail_key_arn: pulumi.Input[str]
    """Key of the domain `trail`: its policy names the trail."""
    ebs_key_arn: pulumi.Input[str]
    """Default key of new volumes in the region."""
    data_bucket_arns: Mapping[str, pulumi.Input[str]]
    """Buckets by label, of which every read and write of an object is recorded."""
    access_log_bucket_name: pulumi.Input[str]
    """Where access to the audit buckets is logged."""
    recovery: RecoveryPlace | None = None
    """Where copies are. Needed by the switch for the recovery region."""


class Audit(pulumi.ComponentResource):
    """The record of the account's API calls and configuration (guide: Audit Logging).

    Creates the trail `<prefix>-trail` of all regions with its locked bucket, its log group, and an alarm for each line
    of the CIS table; a bucket for the history of AWS Config, which delivers to none that is locked (AWS Config
    developer guide: delivery channel); the account's singletons, and those that exist once a region in the recovery
    region too, where that is switched on. A stack whose switches are all off creates nothing:
    another stack of the account has them.
    """

    trail_arn: pulumi.Output[str] | None
    """None where the trail is switched off."""
    bucket_name: pulumi.Output[str] | None
    """The trail's bucket; None where the trail is switched off."""
    alarm_arns: dict[str, pulumi.Output[str]]
    """Alarms on what the trail records, by label; empty without a trail."""

    def __init__(self, name: str, args: AuditArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:audit:Audit", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        settings = args.settings
        self.bucket_name = None
        self.trail_arn = None
        self.alarm_arns = {}
        if settings.cloud_trail:
            scope = args.environment.scope
            statements = trail_statements(scope, bucket_arn(scope, BUCKET_LABEL))
            bucket = self._bucket("bucket", BUCKET_LABEL, statements, settings.trail_lock)
            self.bucket_name = bucket.name
            group = log_group(
                f"{name}-trail",
                trail_log_group(args.environment.scope),
                retention_days=settings.trail_log_retention_days,
                key_arn=args.environment.logs_key_arn,
                opts=self._child,
            )
            self.trail_arn = self._trail(bucket, group).arn
            self._alarms(group)
        account = AccountArgs(
            scope=args.environment.scope,
            settings=settings,
            ebs_key_arn=args.ebs_key_arn,
            topic_arn=args.environment.alarm_topic_arn,
            boundary_arn=args.environment.boundary_arn,
            history_bucket=self._bucket("config", CONFIG_LABEL) if settings.config_recorder else None,
            history_key_arn=args.trail_key_arn,
        )
        Account(f"{name}-account", account, self._child)
        if settings.recovery_region and args.recovery:
            self._recovery_region(account, args.recovery)
        self.register_outputs({"trailArn": self.trail_arn, "bucketName": self.bucket_name})

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "trailArn": self.trail_arn,
        }

    def _recovery_region(self, home: AccountArgs, place: RecoveryPlace) -> None:
        """What exists once a region. The history of AWS Config goes to the bucket of the stack's region."""
        name = f"{self._name}-recovery"
        regional = {key: getattr(home.settings, key) for key in REGIONAL_SWITCHES if key not in _KEY_OF_ITS_OWN}
        Account(
            f"{name}-account",
            replace(
                home,
                scope=place.scope,
                settings=AccountSettings(**regional),
                topic_arn=place.topic_arn,
                records_global_types=False,
            ),
            self._child,
        )
        if home.settings.cloud_trail:
            rule = aws.cloudwatch.EventRule(
                f"{name}-calls",
                description="API calls that the trail's alarms watch, as events of this region",
                event_pattern=calls_pattern(),
                region=place.scope.region,
                opts=self._child,
            )
            aws.cloudwatch.EventTarget(
                f"{name}-calls", rule=rule.name, arn=place.topic_arn, region=place.scope.region, opts=self._child
            )

    def _bucket(
        self, name: str, label: str, statements: Sequence[Statement] = (), lock: ObjectLockSettings | None = None
    ) -> SecureBucket:
        args = self._args
        return SecureBucket(
            f"{self._name}-{name}",
            SecureBucketArgs(
                scope=args.environment.scope,
                label=label,
                key_arn=args.trail_key_arn,
                access_log_bucket=args.access_log_bucket_name,
                deletion_protection=args.environment.deletion_protection,
                lifecycle=_LIFECYCLE,
                object_lock=lock,
                statements=statements,
            ),
            self._child,
        )

    def _trail(self, bucket: SecureBucket, group: aws.cloudwatch.LogGroup) -> aws.cloudtrail.Trail:
        scope = self._args.environment.scope
        role = aws.iam.Role(
            f"{self._name}-trail",
            description="CloudTrail writes its events to CloudWatch Logs",
            # CloudTrail sends no source with this call, so a condition on it would refuse the trail.
            assume_role_policy=plain_service_trust("cloudtrail.amazonaws.com"),
            permissions_boundary=self._args.environment.boundary_arn,
            opts=self._child,
        )
        write = aws.iam.RolePolicy(
            f"{self._name}-trail",
            role=role.name,
            policy=trail_logs_policy(scope),
            opts=self._child,
        )
        return aws.cloudtrail.Trail(
            f"{self._name}-trail",
            name=scope.name("trail"),
            s3_bucket_name=bucket.name,
            kms_key_id=self._args.trail_key_arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            cloud_watch_logs_group_arn=group.arn.apply(lambda arn: f"{arn}:*"),
            cloud_watch_logs_role_arn=role.arn,
            advanced_event_selectors=self._selectors(),
            tags={"Name": scope.name("trail")},
            # CloudTrail tries both destinations when the trail is made.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[bucket.policy, write]),
        )

    def _selectors(self) -> Sequence[aws.cloudtrail.TrailAdvancedEventSelectorArgs]:
        """All management events; and each read and write of an object in the platform's buckets."""
        field = aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs
        management = aws.cloudtrail.TrailAdvancedEventSelectorArgs(
            name="Management events", field_selectors=[field(field="eventCategory", equals=["Management"])]
        )
        if not self._args.data_bucket_arns:
            return [management]
        objects = [pulumi.Output.concat(arn, "/") for arn in self._args.data_bucket_arns.values()]
        data = aws.cloudtrail.TrailAdvancedEventSelectorArgs(
            name="Objects of the platform's buckets",
            field_selectors=[
                field(field="eventCategory", equals=["Data"]),
                field(field="resources.type", equals=["AWS::S3::Object"]),
                field(field="resources.ARN", starts_withs=objects),
            ],
        )
        return [management, data]

    def _alarms(self, group: aws.cloudwatch.LogGroup) -> None:
        scope = self._args.environment.scope
        for alarm in TRAIL_ALARMS:
            metric = scope.name(alarm.label)
            counter = aws.cloudwatch.LogMetricFilter(
                f"{self._name}-{alarm.label}",
                name=metric,
                log_group_name=group.name,
                pattern=alarm.pattern,
                metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                    namespace="TradingPlatform/Audit", name=metric, value="1", default_value="0"
                ),
                opts=self._child,
            )
            self.alarm_arns[alarm.label] = metric_alarm(
                f"{self._name}-{alarm.label}",
                scope.name(f"audit-{alarm.label}"),
                Alarm(
                    namespace="TradingPlatform/Audit",
                    metric=metric,
                    threshold=alarm.threshold,
                    description=alarm.description,
                    runbook=alarm.runbook,
                    statistic="Sum",
                    period_seconds=300,
                    evaluation_periods=1,
                    missing_data="notBreaching",
                ),
                topic_arn=self._args.environment.alarm_topic_arn,
                runbooks=self._args.environment.runbooks,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[counter]),
            ).arn
