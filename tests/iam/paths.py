"""Ways out of an environment that are known, and what each is tried on."""

from __future__ import annotations

from collections.abc import Mapping

from tests.iam.simulator import Request
from tests.unit.stacks import parsed

# Two environments of one account.
OURS, OTHERS = "development", "staging"
ACCOUNT = parsed(OURS).account_id
TAGGED = {"aws:ResourceTag/Environment": OTHERS}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{resource}"


def identity(kind: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}"


OPEN_KEY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": identity("root")}, "Action": "kms:*", "Resource": "*"}],
}


def request(action: str, resource: str, context: Mapping[str, str] | None = None) -> Request:
    """A request; keys leave to IAM what their account's roles may do, as AWS's default policy does."""
    policy = OPEN_KEY if action.startswith("kms:") else None
    return Request(action=action, resource=resource, context=context or {}, resource_policy=policy)


# Ways to let others in, tried on what the environment itself has.
SHARING = {
    "s3:PutBucketPolicy": f"arn:aws:s3:::{OURS}-x",
    "s3:PutObjectAcl": f"arn:aws:s3:::{OURS}-x/y",
    "kms:PutKeyPolicy": arn("kms", "key/1"),
    "kms:CreateGrant": arn("kms", "key/1"),
    "ec2:ModifySnapshotAttribute": "arn:aws:ec2:us-east-1::snapshot/snap-1",
    "ec2:ModifyImageAttribute": "arn:aws:ec2:us-east-1::image/ami-1",
    "rds:ModifyDBSnapshotAttribute": arn("rds", f"snapshot:{OURS}-x"),
    "eks:CreateAccessEntry": arn("eks", f"cluster/{OURS}-eks-cluster"),
    "eks:AssociateAccessPolicy": arn("eks", f"access-entry/{OURS}-eks-cluster/role/1/x/2"),
    "secretsmanager:PutResourcePolicy": arn("secretsmanager", f"secret:{OURS}/x"),
    "ecr:SetRepositoryPolicy": arn("ecr", f"repository/{OURS}/x"),
    "sns:AddPermission": arn("sns", f"{OURS}-alarms"),
    "sqs:AddPermission": arn("sqs", f"{OURS}-x"),
    "backup:PutBackupVaultAccessPolicy": arn("backup", f"backup-vault:{OURS}-backups"),
}
# What another environment holds and is, with its tag.
TAKING = {
    "kms:Decrypt": arn("kms", "key/1"),
    "ec2:CreateVolume": "arn:aws:ec2:us-east-1::snapshot/snap-1",
    "ec2:TerminateInstances": arn("ec2", "instance/i-1"),
    "ec2:DeleteSecurityGroup": arn("ec2", "security-group/sg-1"),
    "ecr:BatchGetImage": arn("ecr", f"repository/{OTHERS}/x"),
    "eks:AccessKubernetesApi": arn("eks", f"cluster/{OTHERS}-eks-cluster"),
    "rds:DeleteDBInstance": arn("rds", f"db:{OTHERS}-postgres"),
    "rds:DownloadDBLogFilePortion": arn("rds", f"db:{OTHERS}-postgres"),
    "rds:RestoreDBInstanceFromDBSnapshot": arn("rds", "snapshot:awsbackup:job-1"),
    "elasticache:Connect": arn("elasticache", f"replicationgroup:{OTHERS}-redis"),
    "elasticache:DeleteReplicationGroup": arn("elasticache", f"replicationgroup:{OTHERS}-redis"),
    "sns:Publish": arn("sns", f"{OTHERS}-alarms"),
    "backup:StartRestoreJob": arn("rds", "snapshot:awsbackup:job-1"),
}
# What is known by its name alone.
NAMED = {
    "s3:GetObject": f"arn:aws:s3:::{OTHERS}-data-1/x",
    "s3:PutObject": f"arn:aws:s3:::{OTHERS}-data-1/x",
    "s3:DeleteObject": f"arn:aws:s3:::{OTHERS}-data-1/x",
    "s3:ListBucket": f"arn:aws:s3:::{OTHERS}-data-1",
    "secretsmanager:GetSecretValue": arn("secretsmanager", f"secret:{OTHERS}/postgres-1"),
    "ssm:GetParameter": arn("ssm", f"parameter/{OTHERS}/x"),
    "ssm:PutParameter": arn("ssm", f"parameter/{OTHERS}/x"),
    "logs:GetLogEvents": arn("logs", f"log-group:/aws/eks/{OTHERS}-eks-cluster/cluster:log-stream:x"),
    "logs:FilterLogEvents": arn("logs", f"log-group:/trading-platform/{OTHERS}/trading"),
}
