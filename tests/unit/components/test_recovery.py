"""Copies in the recovery region."""

from __future__ import annotations

import json
from functools import partial

import pulumi_aws as aws
import pytest

from components.recovery.recovery import Recovery, RecoveryArgs, backup_hour, failed_jobs_pattern, vault_policy
from components.recovery.settings import RecoverySettings, VaultLockSettings
from tests.unit.environments import SCOPE, environment
from tests.unit.harness import Recording, document, record

DATABASE = "arn:aws:rds:us-east-1:123456789012:db:production-postgres"
LOCK = VaultLockSettings(min_retention_days=7, max_retention_days=365)


def recover(*, lock: VaultLockSettings | None = LOCK, deletion_protection: bool = True) -> Recording:
    args = partial(
        RecoveryArgs,
        environment=environment(
            boundary_arn="arn:boundary", alarm_topic_arn="arn:topic", deletion_protection=deletion_protection
        ),
        recovery_scope=SCOPE.in_region("us-west-2"),
        settings=RecoverySettings(region="us-west-2", backup_retention_days=35, vault_lock=lock),
        postgres_arn=DATABASE,
        postgres_retention_days=30,
        postgres_windows=("03:00-04:00", "sun:05:00-sun:06:00"),
        recovery_rds_key_arn="arn:recovery-rds",
        backup_key_arn="arn:backup",
        recovery_backup_key_arn="arn:recovery-backup",
        cluster_name="production-eks-cluster",
    )

    def program() -> None:
        replica = aws.rds.Instance("read", instance_class="db.r6g.large")
        Recovery("recovery", args(postgres_replicas=[replica]))

    return record(program)


def test_automated_backups_wait_for_the_read_replicas() -> None:
    recording = recover()
    replication = recording.one("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication")
    assert "aws:rds/instance:Instance::read" in recording.depends_on(replication)


def test_automated_backups_are_replicated_under_the_recovery_regions_key() -> None:
    inputs = recover().one("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication").inputs
    assert inputs == {
        "sourceDbInstanceArn": DATABASE,
        "kmsKeyId": "arn:recovery-rds",
        "retentionPeriod": 30,
        "region": "us-west-2",
    }


def test_each_region_has_a_vault_under_its_own_key() -> None:
    vaults = {vault.inputs["region"]: vault.inputs for vault in recover().of_type("aws:backup/vault:Vault")}
    assert vaults["us-east-1"]["kmsKeyArn"] == "arn:backup"
    assert vaults["us-west-2"]["kmsKeyArn"] == "arn:recovery-backup"
    for vault in vaults.values():
        assert 2 <= len(vault["name"]) <= 50
        assert vault["forceDestroy"] is False


def test_an_unprotected_stack_deletes_its_vaults_with_their_content() -> None:
    vaults = recover(deletion_protection=False).of_type("aws:backup/vault:Vault")
    assert all(vault.inputs["forceDestroy"] for vault in vaults)


def test_both_vaults_are_locked_where_the_settings_say_so() -> None:
    type_ = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
    locks = recover().of_type(type_)
    assert {lock.inputs["region"] for lock in locks} == {"us-east-1", "us-west-2"}
    assert all((lock.inputs["minRetentionDays"], lock.inputs["maxRetentionDays"]) == (7, 365) for lock in locks)
    assert all("changeableForDays" not in lock.inputs for lock in locks)
    assert not recover(lock=None).of_type(type_)


def test_only_the_roles_that_expire_recovery_points_delete_them() -> None:
    recording = recover()
    policies = recording.of_type("aws:backup/vaultPolicy:VaultPolicy")
    assert len(policies) == 2
    (statement,) = document(policies[0])
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert "backup:DeleteRecoveryPoint" in statement["Action"]
    role = recording.one("aws:iam/role:Role")
    assert statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == [
        f"arn:aws:mock:us-east-1:123456789012:{role.name}",
        "arn:aws:iam::123456789012:role/aws-service-role/backup.amazonaws.com/*",
    ]
    # A policy that also closed itself could never be opened again.
    assert not any("VaultAccessPolicy" in action for action in statement["Action"])


def test_the_plan_copies_each_daily_snapshot_to_the_other_region() -> None:
    (rule,) = recover().one("aws:backup/plan:Plan").inputs["rules"]
    assert rule["schedule"] == "cron(0 6 * * ? *)"
    assert rule["enableContinuousBackup"] is False
    assert rule["lifecycle"] == {"deleteAfter": 35}
    (copy,) = rule["copyActions"]
    assert copy["destinationVaultArn"].endswith("recovery-recovery-vault")
    assert copy["lifecycle"] == {"deleteAfter": 35}


def test_the_database_and_the_clusters_own_volumes_are_selected() -> None:
    recording = recover()
    database = recording.one("aws:backup/selection:Selection", "recovery-postgres")
    assert database.inputs["resources"] == [DATABASE]
    volumes = recording.one("aws:backup/selection:Selection", "recovery-volumes").inputs
    assert volumes["resources"] == ["arn:aws:ec2:*:*:volume/*"]
    (conditions,) = volumes["conditions"]
    assert {item["key"]: item["value"] for item in conditions["stringEquals"]} == {
        "aws:ResourceTag/ebs.csi.aws.com/cluster": "true",
        "aws:ResourceTag/kubernetes.io/cluster/production-eks-cluster": "owned",
    }


def test_selections_wait_for_what_their_role_may_do() -> None:
    recording = recover()
    for selection in recording.of_type("aws:backup/selection:Selection"):
        assert {
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment::recovery-backup",
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment::recovery-restore",
        } <= recording.depends_on(selection)


def test_jobs_that_fail_reach_the_alarm_topic() -> None:
    assert recover().one("aws:cloudwatch/eventTarget:EventTarget").inputs["arn"] == "arn:topic"
    pattern = json.loads(failed_jobs_pattern("arn:vault"))
    assert {"FAILED", "ABORTED", "EXPIRED"} <= set(pattern["detail"]["state"])


@pytest.mark.parametrize(
    ("windows", "hour"),
    [
        (("03:00-04:00", "sun:05:00-sun:06:00"), 6),
        (("03:00-04:00", "sun:14:00-sun:15:00"), 4),
        (("03:30-04:30", "mon:06:30-mon:07:30"), 8),
        (("22:00-23:00", "sun:23:30-mon:00:30"), 1),
        (("23:30-00:30", "sun:02:00-sun:03:00"), 3),
    ],
)
def test_backups_start_apart_from_the_databases_windows_and_the_hour_before_them(
    windows: tuple[str, str], hour: int
) -> None:
    assert backup_hour(windows) == hour


def test_windows_that_leave_no_hour_are_an_error() -> None:
    with pytest.raises(ValueError, match="leave no hour"):
        backup_hour(("00:00-12:00", "sun:12:00-sun:23:30"))


def test_the_vault_policy_is_one_that_security_standards_recognise() -> None:
    (statement,) = json.loads(vault_policy(["arn:role"]))["Statement"]
    assert (statement["Principal"], statement["Resource"]) == ("*", "*")


def test_every_resource_is_a_child_of_the_component() -> None:
    assert recover().unparented() == ["read", "recovery"]


def test_copies_that_do_not_come_are_told_in_the_region_of_their_jobs() -> None:
    recording = recover()
    alarm = recording.one("aws:cloudwatch/metricAlarm:MetricAlarm").inputs
    vault = next(each for each in recording.of_type("aws:backup/vault:Vault") if each.inputs["region"] == "us-east-1")
    # AWS Backup developer guide, metrics: jobs are counted by the vault that they start from.
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/Backup", "NumberOfCopyJobsCompleted")
    assert alarm["dimensions"] == {"BackupVaultName": vault.inputs["name"]}
    assert alarm["alarmActions"] == ["arn:topic"]
    # CloudWatch looks back at most seven days, and in periods of an hour or more (PutMetricAlarm).
    assert alarm["period"] >= 3600
    assert alarm["period"] * alarm["evaluationPeriods"] <= 7 * 24 * 3600
