"""Who is let in by the policy or the list of a resource: nowhere everyone, nowhere an unknown account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pulumi_policy import Severity

from policies.support.accounts import TRUSTED_ACCOUNTS, foreign, own_accounts
from policies.support.documents import Statement, statements
from policies.support.grants import lets_anyone_in
from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule
from policies.support.values import UnknownValueError, Values

TABLE = Path(__file__).with_name("resource_policies.txt")


def read_table(file: Path = TABLE) -> dict[str, str]:
    """Where each type of the SDK holds a policy that lets principals in; empty where its policy does something else."""
    lines = (line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    table = {}
    for line in lines:
        token, path, *_ = line.split()
        table[token] = "" if path == "-" else path
    return table


_PATHS = {token: path for token, path in read_table().items() if path}
KEYS = (
    "aws:kms/key:Key",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
    "aws:kms/keyPolicy:KeyPolicy",
)
PERMISSIONS = ("aws:lambda/permission:Permission", "aws:lambda/layerVersionPermission:LayerVersionPermission")
EVENT_PERMISSIONS = ("aws:cloudwatch/eventPermission:EventPermission",)
FUNCTION_URLS = ("aws:lambda/functionUrl:FunctionUrl",)
IMAGE_PERMISSIONS = (
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission",
    "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission",
    "aws:rds/snapshot:Snapshot",
    "aws:rds/clusterSnapshot:ClusterSnapshot",
    "aws:rds/snapshotCopy:SnapshotCopy",
    "aws:ssm/document:Document",
)
ACCESS_LISTS = (
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:s3/bucketAcl:BucketAcl",
    "aws:s3/bucketAclV2:BucketAclV2",
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/objectCopy:ObjectCopy",
)
_PUBLIC_LISTS = ("public-read", "public-read-write", "website", "authenticated-read")
_PUBLIC_GROUPS = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


def _documents(resource: Resource) -> Iterator[list[Statement]]:
    """The policies of a resource; one that lies below a block may be there several times."""
    holder, _, name = _PATHS[resource.type].rpartition(".")
    for values in resource.each(holder) if holder else [resource]:
        yield statements(values, name)


@rule(
    "resource-policy-not-public",
    types=[token for token in _PATHS if token not in KEYS],
    severity=Severity.CRITICAL,
    frameworks=(
        Control("CKV_AWS_32", types=("aws:ecr/repositoryPolicy:RepositoryPolicy",)),
        Control("CKV_AWS_70", types=("aws:s3/bucketPolicy:BucketPolicy",)),
        Control("CKV_AWS_167", types=("aws:glacier/vault:Vault",)),
        Control("CKV_AWS_168", types=("aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy")),
        Control("CKV_AWS_387", types=("aws:sqs/queuePolicy:QueuePolicy",)),
        Control("CKV_AWS_169", types=("aws:sns/topicPolicy:TopicPolicy",)),
        Control("SQS.3", types=("aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy")),
        Control("SNS.4", types=("aws:sns/topic:Topic", "aws:sns/topicPolicy:TopicPolicy")),
    ),
    remedy="Name the principals, or add a condition on aws:SourceArn, aws:SourceAccount or aws:PrincipalOrgID",
)
def resource_policy_not_public(resource: Resource, _context: Context) -> Findings:
    """No policy of a resource lets everyone in."""
    documents = [document for document in _documents(resource) if document]
    if not documents:
        raise NotApplicable("it has no policy")
    for document in documents:
        for number in lets_anyone_in(document):
            yield f"statement {number} of {_PATHS[resource.type]} lets everyone in"


@rule(
    "resource-policy-own-accounts",
    types=tuple(_PATHS),
    severity=Severity.HIGH,
    remedy="Remove the account, or list it in the rule's parameter accounts",
    parameters=(TRUSTED_ACCOUNTS,),
    joined=True,
)
def resource_policy_own_accounts(resource: Resource, context: Context) -> Findings:
    """Policies of resources let in the stack's own account and those that configuration lists."""
    documents = [document for document in _documents(resource) if document]
    if not documents:
        raise NotApplicable("it has no policy")
    for document in documents:
        yield from foreign(resource, document, _PATHS[resource.type], context)


@rule(
    "s3-acl-not-public",
    types=ACCESS_LISTS,
    severity=Severity.CRITICAL,
    frameworks=(
        Control("CKV_AWS_20", types=ACCESS_LISTS[:4]),
        Control("CKV_AWS_57", types=ACCESS_LISTS[:4]),
        Control("CKV_AWS_375", types=ACCESS_LISTS[2:4]),
        Control("CKV2_AWS_43", types=ACCESS_LISTS[2:4]),
    ),
    remedy="Remove the access list; share objects by policies that name principals",
)
def s3_acl_not_public(resource: Resource, _context: Context) -> Findings:
    """No access list of a bucket or an object lets everyone in."""
    if resource.text("acl") in _PUBLIC_LISTS:
        yield "acl lets everyone in"
    for path in ("grants", "accessControlPolicy.grants"):
        for grant in _below(resource, path):
            uris = [grant.text("uri"), grant.child("grantee").text("uri")]
            if any(uri and uri.endswith(_PUBLIC_GROUPS) for uri in uris):
                yield f"{path} lets everyone in"


def _below(values: Values, path: str) -> list[Values]:
    holder, _, name = path.rpartition(".")
    return [item for parent in (values.each(holder) if holder else [values]) for item in parent.each(name)]


@rule(
    "lambda-permission-limited",
    types=(*PERMISSIONS, *EVENT_PERMISSIONS),
    severity=Severity.HIGH,
    frameworks=(
        Control("CKV_AWS_364", types=PERMISSIONS[:1]),
        Control("Lambda.1", types=PERMISSIONS[:1]),
    ),
    remedy="Name the principal; for a service of AWS set sourceArn or sourceAccount, for everybody principalOrgId",
)
def lambda_permission_limited(permission: Resource, _context: Context) -> Findings:
    """Permissions to functions and event buses name who may call, and for services on whose behalf."""
    principal = permission.text("principal") or ""
    if permission.has("principalOrgId") or permission.has("organizationId") or permission.has("condition"):
        return
    source = permission.text("sourceArn") or ""
    limited = permission.has("sourceAccount") or (source and not source.startswith(("*", "arn:aws:*")))
    if not principal.strip("*"):
        if not limited:
            yield "principal is everyone"
    elif principal.endswith((".amazonaws.com", ".amazonaws.com.cn")) and not limited:
        yield "principal is a service that may call on anybody's behalf"


@rule(
    "lambda-permission-own-accounts",
    types=(*PERMISSIONS, *EVENT_PERMISSIONS),
    severity=Severity.HIGH,
    remedy="Remove the account, or list it in the rule's parameter accounts",
    parameters=(TRUSTED_ACCOUNTS,),
    joined=True,
)
def lambda_permission_own_accounts(permission: Resource, context: Context) -> Findings:
    """Permissions to functions and event buses go to the stack's own account and those that configuration lists."""
    principal = permission.text("principal") or ""
    account = principal if principal.isdigit() else principal.removeprefix("arn:aws:iam::")[:12]
    if not account.isdigit():
        raise NotApplicable("its principal is no account")
    own = own_accounts(context.stack, permission)
    if not own and account not in context.strings("accounts"):
        raise UnknownValueError("the stack's own account")
    if account not in {*own, *context.strings("accounts")}:
        yield "principal is another account"


@rule(
    "lambda-url-authenticated",
    types=FUNCTION_URLS,
    severity=Severity.CRITICAL,
    frameworks=("CKV_AWS_258",),
    remedy="Set authorizationType to AWS_IAM",
)
def lambda_url_authenticated(url: Resource, _context: Context) -> Findings:
    """URLs of functions ask who calls."""
    if url.text("authorizationType") != "AWS_IAM":
        yield "authorizationType is not AWS_IAM"


@rule(
    "images-not-shared",
    types=IMAGE_PERMISSIONS,
    severity=Severity.CRITICAL,
    frameworks=(
        Control("CKV_AWS_205", types=IMAGE_PERMISSIONS[:1]),
        Control("CKV_AWS_302", types=("aws:rds/snapshot:Snapshot",)),
        Control("CKV_AWS_303", types=("aws:ssm/document:Document",)),
    ),
    remedy="Share images, snapshots and documents with named accounts only, and list these in the parameter accounts",
    parameters=(TRUSTED_ACCOUNTS,),
    joined=True,
)
def images_not_shared(resource: Resource, context: Context) -> Findings:
    """Images, snapshots and documents are shared with nobody but known accounts."""
    if resource.text("group") == "all":
        yield "group is all"
    named = {account for path in ("accountId", "sharedAccounts") for account in resource.strings(path)}
    permissions = resource.child("permissions")
    named |= {part.strip() for text in permissions.strings("account_ids") for part in text.split(",") if part.strip()}
    if "all" in {name.lower() for name in named}:
        yield "it is shared with everyone"
    accounts = {name for name in named if name.isdigit()} - set(context.strings("accounts"))
    if accounts and not (own := own_accounts(context.stack, resource)):
        raise UnknownValueError("the stack's own account")
    if accounts and accounts - own:
        yield "it is shared with another account"
