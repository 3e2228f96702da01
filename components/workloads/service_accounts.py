"""What applications may do in AWS: service accounts whose pods assume a role of their own (guide: IRSA)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.buckets import reader_statements, writer_statements
from components.common.iam import ServiceAccountRole, Statement, WorkloadIdentity, policy_document
from components.common.scope import Scope
from components.common.secrets import reading_statements
from components.postgres import connect_statement
from components.workloads.settings import ConnectionSecret, ServiceAccountSettings


@dataclass(frozen=True, kw_only=True)
class DataStores:
    """What applications can be let into."""

    bucket_arns: Mapping[str, pulumi.Input[str]]
    """Buckets by label."""
    bucket_key_arn: pulumi.Input[str]
    """Key of the buckets."""
    secret_arns: Mapping[ConnectionSecret, pulumi.Input[str]]
    """Secrets with connection documents, by store."""
    secrets_key_arn: pulumi.Input[str]
    """Key of the secrets."""
    database_resource_ids: Sequence[pulumi.Input[str]]
    """The `db-…` ids of the database's instances, the replicas included."""


@dataclass(frozen=True, kw_only=True)
class Grants:
    """What one service account may reach, by ARN and id."""

    reads: Sequence[str]
    """Buckets to read."""
    writes: Sequence[str]
    """Buckets to read and write."""
    bucket_key_arn: str
    """Key of the buckets."""
    secrets: Sequence[str]
    """Secrets to read."""
    secrets_key_arn: str
    """Key of the secrets."""


def grants_policy(scope: Scope, grants: Grants) -> str:
    """The policy of a service account's role: its buckets, its secrets, and the keys to use them."""
    statements = [
        *(each for arn in grants.reads for each in reader_statements(scope, arn, grants.bucket_key_arn)),
        *(each for arn in grants.writes for each in writer_statements(scope, arn, grants.bucket_key_arn)),
    ]
    if grants.secrets:
        statements += reading_statements(scope, grants.secrets, grants.secrets_key_arn)
    return policy_document(*_merged(statements))


def _merged(statements: Iterable[Statement]) -> list[Statement]:
    """One statement for what is said of several resources: IAM counts the characters of a policy."""
    found: dict[str, tuple[Statement, list[str]]] = {}
    for statement in statements:
        said = json.dumps({key: value for key, value in statement.items() if key != "Resource"})
        _, arns = found.setdefault(said, (statement, []))
        named = statement["Resource"]
        arns += [arn for arn in ([named] if isinstance(named, str) else named) if arn not in arns]
    return [{**statement, "Resource": arns} for statement, arns in found.values()]


@dataclass(frozen=True, kw_only=True)
class ServiceAccountsArgs:
    """Which service accounts there are, and what they can be let into."""

    scope: Scope
    """Names of the environment, its account and its region."""
    settings: Mapping[str, ServiceAccountSettings]
    """Service accounts by name."""
    identity: WorkloadIdentity
    """How the pods of service accounts come to their roles."""
    boundary_arn: pulumi.Input[str]
    """Permissions boundary of the roles."""
    data: DataStores
    """What the grants of the settings lead to."""
    namespaces: Mapping[str, pulumi.Resource]
    """Namespaces of the cluster by name."""


class ServiceAccounts(pulumi.ComponentResource):
    """The applications' service accounts, each with a role for exactly what the settings grant it.

    Creates for each account the role, which trusts nobody else, its policies, and the object in the cluster that names
    the role. Pods say `serviceAccountName` and find credentials of an hour at a time, with no key to keep or leak.
    They get no token for the API server unless they ask for one.
    """

    role_arns: dict[str, pulumi.Output[str]]
    """By service account."""

    def __init__(self, name: str, args: ServiceAccountsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:workloads:ServiceAccounts", name, None, opts)
        self._name = name
        self._args = args
        self.role_arns = {account: self._create(account, settings) for account, settings in args.settings.items()}
        self.register_outputs({"roleArns": self.role_arns})

    def _create(self, account: str, settings: ServiceAccountSettings) -> pulumi.Output[str]:
        args, logical_name = self._args, f"{self._name}-{account}"
        role = ServiceAccountRole(
            logical_name,
            identity=args.identity,
            boundary_arn=args.boundary_arn,
            namespace=settings.namespace,
            service_account=account,
            policy=self._policy(settings),
            opts=pulumi.ResourceOptions(parent=self),
        )
        if user := settings.database_user:
            # A policy of its own: the others must not wait for a database that is made on the day of a takeover.
            aws.iam.RolePolicy(
                f"{logical_name}-database",
                role=role.name,
                policy=pulumi.Output.all(*args.data.database_resource_ids).apply(
                    lambda ids: policy_document(connect_statement(args.scope, ids, user))
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        ServiceAccount(
            logical_name,
            metadata=ObjectMetaArgs(name=account, namespace=settings.namespace, annotations=role.annotations),
            automount_service_account_token=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.namespaces[settings.namespace], *role.ready]),
        )
        return role.arn

    def _policy(self, settings: ServiceAccountSettings) -> pulumi.Output[str] | None:
        """Waits for nothing that the account is not let into; none where it is let into nothing but the database."""
        scope, data = self._args.scope, self._args.data
        if not (settings.reads or settings.writes or settings.secrets):
            return None
        return pulumi.Output.all(
            reads=[data.bucket_arns[label] for label in settings.reads],
            writes=[data.bucket_arns[label] for label in settings.writes],
            bucket_key_arn=data.bucket_key_arn,
            secrets=[data.secret_arns[store] for store in settings.secrets],
            secrets_key_arn=data.secrets_key_arn,
        ).apply(lambda known: grants_policy(scope, Grants(**known)))
