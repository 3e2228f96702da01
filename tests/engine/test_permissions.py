"""Roles may make every call that AWS's own handlers make for what a stack consists of, and read no data on the way."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import pytest

from tests.conftest import Tell
from tests.engine.deployed import STACKS, Resource, deployed
from tests.iam.completeness import HANDLERS, Call, calls, is_allowed
from tests.iam.roles import ACCOUNT, foundation, preview_role, role
from tests.iam.simulator import NotDecidedError, Request, decide

pytestmark = pytest.mark.engine

# What handlers may call, and the platform's resources never make them call, with the reason.
NEVER = {
    "access-analyzer:*ArchiveRule": "no archive rules",
    "backup:*BackupVaultNotifications": "failures come through event rules",
    "cloudtrail:Put[EI]*": "no insights or enriched events: PutEventConfiguration, PutInsightSelectors",
    "ec2:AcceptAddressTransfer": "no address comes from another account",
    "ec2:AssociateAddress": "addresses belong to gateways",
    "ec2:*NatGatewayAddress": "a gateway has one address",
    "ec2:*SubnetCidrBlock": "no IPv6",
    "ec2:CreateVpcEncryptionControl": "not used",
    "ec2:ModifyVpcTenancy": "tenancy is the default",
    "eks:*ssociateAccessPolicy": "no entry has a policy of EKS's own: RBAC decides",
    "eks:ActivateCertificateAuthority": "certificates are those of EKS",
    "elasticache:*CacheCluster": "nodes belong to a replication group",
    "firehose:*": "logs go to CloudWatch",
    "iam:*InstanceProfile": "node profiles are made by EKS itself",
    "iam:DeleteRolePermissionsBoundary": "no role of the platform is without the boundary",
    "iam:ListRoles": "roles are known by name",
    "logs:*DataProtectionPolicy": "none is set",
    "logs:CreateLogStream": "the service that delivers makes streams",
    "logs:PutLogEvents": "the service that delivers writes",
    "organizations:*": "nothing is organization-wide",
    "rds:*RoleToDBInstance": "no instance has roles of its own",
    "rds:*RoleFromDBInstance": "no instance has roles of its own",
    "s3:*MetadataTableConfiguration": "not used",
    "s3:*BucketWebsite": "no website",
    "s3:Put[AM]*Configuration": "acceleration, analytics and metrics are not used",
    "s3:Put*Acl": "owners are enforced, access lists off",
    "s3:PutBucketCORS": "no browser reads a bucket",
    "s3:PutBucketNotification": "no notifications",
    "s3tables:*": "not used",
    "secretsmanager:GetRandomPassword": "passwords are made by the program",
    "secretsmanager:*Replicat*": "no secret is replicated",
    "securityhub:*Tag*": "the hub carries no tags",
    "securityhub:UntagResource": "the hub carries no tags",
    "securityhub:UpdateStandardsControl": "no control is switched",
    "sns:PutDataProtectionPolicy": "none is set",
    "vpc-lattice:*": "not used",
    "vpce:AllowMultiRegion": "endpoints are for services of their region",
}
# A parameter group of ElastiCache lists it; only the user groups of roles would need it.
NEVER_FOR = {("aws:elasticache/parameterGroup:ParameterGroup", "iam:PutRolePolicy")}
# Names that the schemas of AWS have and IAM does not.
NO_ACTIONS = frozenset(
    (
        "backup-storage:Mount",
        "s3:DeleteBucketAnalyticsConfiguration",
        "s3:DeleteBucketCors",
        "s3:DeleteBucketEncryption",
        "s3:DeleteBucketLifecycle",
        "s3:DeleteBucketMetricsConfiguration",
        "s3:DeleteBucketReplication",
        "s3:PutBucketReplication",
        "s3:PutObjectLockConfiguration",
        "s3:REST.PUT.OBJECT",
        "vpc-lattice:DescribeServiceNetworkVpcEndpointAssociation",
    )
)


def own(stack: str) -> list[Resource]:
    """What the deploy role deploys: everything but access itself."""
    return [r for r in deployed(stack) if not (r.type.startswith("aws:iam/") and r.name.startswith("access-"))]


def wanted(resources: Sequence[Resource], operations: tuple[str, ...]) -> list[Call]:
    found = [call for resource in resources for call in calls(resource, operations)]
    return [
        call
        for call in found
        if not any(fnmatchcase(call.action, pattern) for pattern in NEVER)
        and (call.resource.type, call.action) not in NEVER_FOR
        and call.action not in NO_ACTIONS
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_the_deploy_role_may_create_read_update_and_delete_everything(stack: str, tell: Tell) -> None:
    needed = wanted(own(stack), ("create", "read", "update", "delete"))
    assert len(needed) > 3000
    refused = [str(call) for call in needed if not is_allowed(call, role(stack, "deploy"), stack)]
    tell(f"deploy of {stack}: {len(needed)} calls needed, {len(needed) - len(refused)} allowed")
    assert refused == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_preview_role_may_read_everything(stack: str, tell: Tell) -> None:
    found = wanted(list(deployed(stack)), ("read",))
    # Secrets are open by their tags, and their keys to who reads them through Secrets Manager only: the next test asks.
    needed = [call for call in found if call.action not in ("secretsmanager:GetSecretValue", "kms:Decrypt")]
    assert len(needed) > 500
    refused = {str(call) for call in needed if not is_allowed(call, preview_role(stack), stack)}
    tell(f"preview of {stack}: {len(needed)} calls needed, {len(needed) - len(refused)} allowed")
    assert refused == set()


@pytest.mark.parametrize("stack", STACKS)
def test_a_refresh_reads_the_secrets_of_the_project_and_no_others(stack: str) -> None:
    secrets = deployed(stack).of_type("aws:secretsmanager/secret:Secret")
    assert secrets
    for secret in secrets:
        for tags, expected in (({"aws:ResourceTag/Project": "trading-platform"}, True), ({}, False)):
            request = Request(action="secretsmanager:GetSecretValue", resource=secret["arn"], context=tags)
            assert decide(preview_role(stack), request) is expected


# What reads content, by service: the read actions of data in the service authorization reference.
DATA = {
    "athena:GetQueryResults": "arn:aws:athena:us-east-1:{account}:workgroup/primary",
    "codecommit:GetFile": "arn:aws:codecommit:us-east-1:{account}:anything",
    "dynamodb:BatchGetItem": "arn:aws:dynamodb:us-east-1:{account}:table/anything",
    "dynamodb:GetItem": "arn:aws:dynamodb:us-east-1:{account}:table/anything",
    "dynamodb:GetRecords": "arn:aws:dynamodb:us-east-1:{account}:table/anything/stream/1",
    "dynamodb:Query": "arn:aws:dynamodb:us-east-1:{account}:table/anything",
    "dynamodb:Scan": "arn:aws:dynamodb:us-east-1:{account}:table/anything",
    "ec2:GetConsoleOutput": "arn:aws:ec2:us-east-1:{account}:instance/i-1",
    "ec2:GetPasswordData": "arn:aws:ec2:us-east-1:{account}:instance/i-1",
    "ecr:BatchGetImage": "arn:aws:ecr:us-east-1:{account}:repository/anything",
    "ecr:GetDownloadUrlForLayer": "arn:aws:ecr:us-east-1:{account}:repository/anything",
    "kinesis:GetRecords": "arn:aws:kinesis:us-east-1:{account}:stream/anything",
    "lambda:GetFunction": "arn:aws:lambda:us-east-1:{account}:function:anything",
    "logs:FilterLogEvents": "arn:aws:logs:us-east-1:{account}:log-group:anything",
    "logs:GetLogEvents": "arn:aws:logs:us-east-1:{account}:log-group:anything:log-stream:1",
    "logs:GetQueryResults": "*",
    "logs:StartQuery": "arn:aws:logs:us-east-1:{account}:log-group:anything",
    "rds:DownloadCompleteDBLogFile": "arn:aws:rds:us-east-1:{account}:db:production-postgres",
    "rds:DownloadDBLogFilePortion": "arn:aws:rds:us-east-1:{account}:db:production-postgres",
    "s3:GetObject": "arn:aws:s3:::production-data-{account}-us-east-1/anything",
    "s3:GetObjectVersion": "arn:aws:s3:::production-data-{account}-us-east-1/anything",
    "sqs:ReceiveMessage": "arn:aws:sqs:us-east-1:{account}:anything",
    "ssm:GetParameter": "arn:aws:ssm:us-east-1:{account}:parameter/anything",
    "ssm:GetParameterHistory": "arn:aws:ssm:us-east-1:{account}:parameter/anything",
    "ssm:GetParametersByPath": "arn:aws:ssm:us-east-1:{account}:parameter/anything",
    "sts:AssumeRole": "arn:aws:iam::{account}:role/production-deploy",
}


def test_the_preview_role_reads_no_data(tell: Tell) -> None:
    asked = [Request(action=action, resource=arn.format(account=ACCOUNT)) for action, arn in DATA.items()]
    read = [each.action for each in asked if decide(preview_role("production"), each)]
    tell(f"preview: {len(asked)} reads of data must be denied, {len(asked) - len(read)} denied")
    assert read == []


def test_the_preview_role_changes_nothing(tell: Tell) -> None:
    who = preview_role("production")
    changes = [call for call in wanted(own("production"), ("create", "update", "delete")) if is_change(call.action)]
    assert len(changes) > 1000
    made = [str(call) for call in changes if is_allowed(call, who, "production")]
    tell(f"preview: {len(changes)} changes must be denied, {len(changes) - len(made)} denied")
    assert made == []


def is_change(action: str) -> bool:
    verb = action.partition(":")[2]
    return not verb.startswith(
        ("BatchGet", "Describe", "Get", "List", "Decrypt", "PassRole", "CreateServiceLinkedRole", "View")
    )


def test_every_reason_is_needed() -> None:
    """No exception outlives what it stood for."""
    listed = {action for operations in HANDLERS.values() for actions in operations.values() for action in actions}
    assert [pattern for pattern in NEVER if not any(fnmatchcase(action, pattern) for action in listed)] == []
    assert listed >= NO_ACTIONS
    assert foundation("production")


def test_what_the_provider_calls_beside() -> None:
    """Calls of the provider that no handler lists, found in its source and its issues."""
    stack = "staging"
    account, name = deployed(stack).one("aws:kms/key:Key", "keys-rds")["arn"].split(":")[4], stack
    rows = (
        ("backup:DeleteRecoveryPoint", f"arn:aws:rds:us-east-1:{account}:snapshot:awsbackup:job-1"),
        ("backup:DescribeRecoveryPoint", f"arn:aws:rds:us-east-1:{account}:snapshot:awsbackup:job-1"),
        ("backup:ListRecoveryPointsByBackupVault", f"arn:aws:backup:us-east-1:{account}:backup-vault:{name}-backups"),
        ("rds:RestoreDBInstanceFromDBSnapshot", f"arn:aws:rds:us-east-1:{account}:snapshot:rds:{name}-postgres-1"),
        ("rds:RestoreDBInstanceFromDBSnapshot", f"arn:aws:rds:us-east-1:{account}:snapshot:awsbackup:job-1"),
        ("rds:AddSourceIdentifierToSubscription", f"arn:aws:rds:us-east-1:{account}:es:{name}-postgres"),
        ("sns:SetSubscriptionAttributes", f"arn:aws:sns:us-east-1:{account}:{name}-alarms"),
        ("iam:RemoveRoleFromInstanceProfile", f"arn:aws:iam::{account}:instance-profile/eks-0a1b"),
        ("s3:BypassGovernanceRetention", f"arn:aws:s3:::{name}-compliance-{account}-us-east-1/x"),
    )
    # Recovery points and copies carry the tags of their database.
    tags = {"aws:ResourceTag/Environment": stack}
    refused = [
        (action, arn)
        for action, arn in rows
        if not decide(role(stack, "deploy"), Request(action=action, resource=arn, context=tags))
    ]
    assert refused == []


def test_what_does_not_exist_is_not_decided() -> None:
    with pytest.raises(NotDecidedError):
        decide(role("staging", "deploy"), Request(action="s3:NoSuchAction", resource="*"))
