"""Restores that AWS Backup does and undoes by itself: a backup that nobody has restored is a hope."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.common.environment import Environment
from components.common.iam import plain_service_trust
from components.recovery.settings import RestoreTestSettings

_RESTORE_POLICY = "service-role/AWSBackupServiceRolePolicyForRestores"
_BUCKET_RESTORE_POLICY = "AWSBackupServiceRolePolicyForS3Restore"
# At nine on the first day of the period, when no window of maintenance is open and the daily backup is done.
_SCHEDULES = {
    "week": "cron(0 9 ? * 7 *)",
    "month": "cron(0 9 1 * ? *)",
    "quarter": "cron(0 9 1 1,4,7,10 ? *)",
}
_START_WITHIN_HOURS = 8
_WINDOW_DAYS = 7
"""The newest recovery point of these days is restored; there is one a day."""


def _pattern(plan_arn: str, **detail: object) -> str:
    return json.dumps(
        {
            "source": ["aws.backup"],
            "detail-type": ["Restore Job State Change"],
            "detail": {"restoreTestingPlanArn": [plan_arn], **detail},
        }
    )


def restored_pattern(plan_arn: str) -> str:
    """The event pattern of restores of a plan that are ready to be looked at."""
    return _pattern(plan_arn, status=["COMPLETED"], validationStatus=[{"exists": False}])


def failed_pattern(plan_arn: str) -> str:
    """The event pattern of restores that failed, that nobody found good, or that were not cleaned away."""
    failed = {"status": ["FAILED", "ABORTED"]}, {"validationStatus": ["FAILED", "TIMED_OUT"]}
    return _pattern(plan_arn, **{"$or": [*failed, {"deletionStatus": ["FAILED"]}]})


@dataclass(frozen=True, kw_only=True)
class RestoreTestsArgs:
    """What is restored for a test, and from where."""

    environment: Environment
    settings: RestoreTestSettings
    vault_arn: pulumi.Input[str]
    """Vault whose newest recovery points are restored."""
    postgres_arn: pulumi.Input[str]
    """The primary instance."""
    subnet_group_name: pulumi.Input[str]
    """Where the copy of the database lives for some hours, in the default security group, which lets nobody in."""
    volume_tags: Mapping[str, str]
    """Tags that the volumes of the cluster carry."""
    volume_key_arn: pulumi.Input[str]
    """Key of restored volumes."""
    bucket_arns: Mapping[str, pulumi.Input[str]]
    """Buckets by label, of which those that the settings name are restored."""


class RestoreTests(pulumi.ComponentResource):
    """A plan of AWS Backup that restores the newest backups, has them validated, and deletes what it restored.

    Creates:
        the plan `<prefix>_restore_tests` with a selection for the database, the cluster's volumes and buckets, as set;
        the role that restores, and no more than that;
        a rule that hands each restore to the validating function, where one is set, with its permission to call it;
        a rule that tells the alarm topic about restores that failed, in the eyes of AWS Backup or of the function.
    """

    plan_arn: pulumi.Output[str]
    """Of the plan."""

    def __init__(self, name: str, args: RestoreTestsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:recovery:RestoreTests", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        scope = args.environment.scope
        plan = aws.backup.RestoreTestingPlan(
            name,
            # AWS Backup takes letters, digits and underscores.
            name=scope.name("restore-tests").replace("-", "_"),
            schedule_expression=_SCHEDULES[args.settings.every],
            start_window_hours=_START_WITHIN_HOURS,
            recovery_point_selection=aws.backup.RestoreTestingPlanRecoveryPointSelectionArgs(
                algorithm="LATEST_WITHIN_WINDOW",
                include_vaults=[args.vault_arn],
                recovery_point_types=["SNAPSHOT"],
                selection_window_days=_WINDOW_DAYS,
            ),
            region=scope.region,
            tags={"Name": scope.name("restore-tests")},
            opts=self._child,
        )
        self._select(plan)
        self._tell(
            "failed", "Restore tests that failed", plan.arn.apply(failed_pattern), args.environment.alarm_topic_arn
        )
        if validator := args.settings.validator_arn:
            rule = self._tell("restored", "Restore tests to be validated", plan.arn.apply(restored_pattern), validator)
            aws.lambda_.Permission(
                name,
                statement_id=scope.name("restore-tests"),
                action="lambda:InvokeFunction",
                function=validator,
                principal="events.amazonaws.com",
                source_arn=rule.arn,
                source_account=scope.account_id,
                region=scope.region,
                opts=self._child,
            )
        self.plan_arn = plan.arn
        self.register_outputs({"planArn": self.plan_arn})

    def _selections(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Name, type and further arguments of what is restored."""
        args = self._args
        if args.settings.database:
            # In the platform's own subnets, and closed: without a group, it gets the VPC's default one.
            overrides = {"dbSubnetGroupName": args.subnet_group_name, "publiclyAccessible": "false", "multiAZ": "false"}
            yield (
                "database",
                "RDS",
                {
                    "protected_resource_arns": [args.postgres_arn],
                    "restore_metadata_overrides": overrides,
                },
            )
        if args.settings.volumes:
            tag = aws.backup.RestoreTestingSelectionProtectedResourceConditionsStringEqualArgs
            equal = [tag(key=f"aws:ResourceTag/{key}", value=value) for key, value in args.volume_tags.items()]
            yield (
                "volumes",
                "EBS",
                {
                    "protected_resource_arns": ["*"],
                    "protected_resource_conditions": aws.backup.RestoreTestingSelectionProtectedResourceConditionsArgs(
                        string_equals=equal
                    ),
                    "restore_metadata_overrides": {"kmsKeyId": args.volume_key_arn},
                },
            )
        if args.settings.buckets:
            arns = [args.bucket_arns[label] for label in args.settings.buckets]
            yield "buckets", "S3", {"protected_resource_arns": arns}

    def _select(self, plan: aws.backup.RestoreTestingPlan) -> None:
        role = aws.iam.Role(
            self._name,
            description="Restores backups for a test",
            assume_role_policy=plain_service_trust("backup.amazonaws.com"),
            permissions_boundary=self._args.environment.boundary_arn,
            opts=self._child,
        )
        policies = {"restore": _RESTORE_POLICY} | (
            {"buckets": _BUCKET_RESTORE_POLICY} if self._args.settings.buckets else {}
        )
        attachments = [
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{label}",
                role=role.name,
                policy_arn=self._args.environment.scope.managed_policy_arn(path),
                opts=self._child,
            )
            for label, path in policies.items()
        ]
        for label, type_, arguments in self._selections():
            aws.backup.RestoreTestingSelection(
                f"{self._name}-{label}",
                name=label,
                restore_testing_plan_name=plan.name,
                protected_resource_type=type_,
                iam_role_arn=role.arn,
                validation_window_hours=self._args.settings.validation_hours,
                region=self._args.environment.scope.region,
                **arguments,
                opts=pulumi.ResourceOptions(parent=self, depends_on=attachments),
            )

    def _tell(
        self, label: str, description: str, pattern: pulumi.Output[str], target_arn: pulumi.Input[str]
    ) -> aws.cloudwatch.EventRule:
        name, region = f"{self._name}-{label}", self._args.environment.scope.region
        rule = aws.cloudwatch.EventRule(
            name, description=description, event_pattern=pattern, region=region, opts=self._child
        )
        aws.cloudwatch.EventTarget(name, rule=rule.name, arn=target_arn, region=region, opts=self._child)
        return rule
