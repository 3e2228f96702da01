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


# Rhino Security Labs, "AWS IAM privilege escalation: methods and mitigation", with the edges of PMapper and the paths
# of pathfinding.cloud: the way, and what it is tried on. Whatever passes a role on fails at iam:PassRole; the others
# use what somebody else runs in the account, which carries no tag of an environment.
USERS = (
    *("AddUserToGroup", "AttachGroupPolicy", "AttachUserPolicy", "CreateAccessKey", "CreateLoginProfile"),
    *("DeactivateMFADevice", "PutGroupPolicy", "PutUserPolicy", "UpdateLoginProfile"),
)
ESCALATIONS = {
    **{f"iam:{name}": identity("group/some" if "Group" in name else "user/someone") for name in USERS},
    "iam:CreateVirtualMFADevice": identity("mfa/someone"),
    **{f"iam:{name}": identity(f"policy/{OTHERS}-x") for name in ("CreatePolicyVersion", "SetDefaultPolicyVersion")},
    **{
        f"iam:{name}": identity(f"role/{OTHERS}-x")
        for name in ("AttachRolePolicy", "CreateRole", "PassRole", "PutRolePolicy", "UpdateAssumeRolePolicy")
    },
    "iam:DeleteRolePermissionsBoundary": identity(f"role/{OURS}-x"),
    "iam:AddRoleToInstanceProfile": identity("instance-profile/x"),
    "iam:CreateOpenIDConnectProvider": identity("oidc-provider/x"),
    "iam:CreateSAMLProvider": identity("saml-provider/x"),
    "sts:AssumeRole": identity(f"role/{OTHERS}-deploy"),
    "apprunner:UpdateService": arn("apprunner", "service/x/1"),
    "batch:SubmitJob": arn("batch", "job-definition/x:1"),
    "bedrock-agentcore:InvokeCodeInterpreter": arn("bedrock-agentcore", "code-interpreter-custom/x-0123456789"),
    "bedrock-agentcore:StartCodeInterpreterSession": arn("bedrock-agentcore", "code-interpreter-custom/x-0123456789"),
    "cloudformation:CreateStackInstances": arn("cloudformation", "stackset/x:1"),
    "cloudformation:ExecuteChangeSet": arn("cloudformation", "stack/x/1"),
    "cloudformation:UpdateStack": arn("cloudformation", "stack/x/1"),
    "cloudformation:UpdateStackSet": arn("cloudformation", "stackset/x:1"),
    "codebuild:StartBuild": arn("codebuild", "project/x"),
    "codebuild:StartBuildBatch": arn("codebuild", "project/x"),
    "codebuild:UpdateProject": arn("codebuild", "project/x"),
    "codedeploy:CreateDeployment": arn("codedeploy", "deploymentgroup:x/y"),
    "codepipeline:StartPipelineExecution": arn("codepipeline", "x"),
    "datapipeline:PutPipelineDefinition": arn("datapipeline", "pipeline/x"),
    "ec2-instance-connect:SendSSHPublicKey": arn("ec2", "instance/i-1"),
    "ec2-instance-connect:SendSerialConsoleSSHPublicKey": arn("ec2", "instance/i-1"),
    "ec2:CreateLaunchTemplateVersion": arn("ec2", "launch-template/lt-1"),
    "ec2:CreateReplaceRootVolumeTask": arn("ec2", "instance/i-1"),
    "ec2:ModifyInstanceAttribute": arn("ec2", "instance/i-1"),
    "ec2:ModifyLaunchTemplate": arn("ec2", "launch-template/lt-1"),
    "ecs:ExecuteCommand": arn("ecs", "task/x/1"),
    "ecs:RunTask": arn("ecs", "task-definition/x:1"),
    "ecs:UpdateService": arn("ecs", "service/x/y"),
    "elasticbeanstalk:UpdateEnvironment": arn("elasticbeanstalk", "environment/x/y"),
    "elasticmapreduce:AddJobFlowSteps": arn("elasticmapreduce", "cluster/j-1"),
    "glue:CreateTrigger": arn("glue", "trigger/x"),
    "glue:RunStatement": arn("glue", "session/x"),
    "glue:StartJobRun": arn("glue", "job/x"),
    "glue:UpdateDevEndpoint": arn("glue", "devEndpoint/x"),
    "glue:UpdateJob": arn("glue", "job/x"),
    "lambda:AddPermission": arn("lambda", "function:x"),
    "lambda:CreateEventSourceMapping": "*",
    "lambda:UpdateFunctionCode": arn("lambda", "function:x"),
    "lambda:UpdateFunctionConfiguration": arn("lambda", "function:x"),
    "rolesanywhere:UpdateProfile": arn("rolesanywhere", "profile/1"),
    "sagemaker:CreateNotebookInstanceLifecycleConfig": arn("sagemaker", "notebook-instance-lifecycle-config/x"),
    "sagemaker:CreatePresignedDomainUrl": arn("sagemaker", "user-profile/d-1/x"),
    "sagemaker:CreatePresignedNotebookInstanceUrl": arn("sagemaker", "notebook-instance/x"),
    "sagemaker:UpdateNotebookInstance": arn("sagemaker", "notebook-instance/x"),
    "servicecatalog:ProvisionProduct": f"arn:aws:catalog:us-east-1:{ACCOUNT}:product/prod-1",
    "ssm:CreateAssociation": arn("ec2", "instance/i-1"),
    "ssm:SendCommand": arn("ec2", "instance/i-1"),
    "ssm:StartAutomationExecution": arn("ssm", "automation-execution/1"),
    "ssm:StartSession": arn("ec2", "instance/i-1"),
    "states:UpdateStateMachine": arn("states", "stateMachine:x"),
}
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
