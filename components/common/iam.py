"""Policy documents as pure functions, and the roles that services and workloads assume."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.common.scope import Scope

GITHUB_ISSUER = "token.actions.githubusercontent.com"


class Statement(TypedDict):
    """One statement of a policy, in IAM's own spelling."""

    Sid: NotRequired[str]
    Effect: str
    Principal: NotRequired[Any]
    NotPrincipal: NotRequired[Any]
    Action: NotRequired[str | Sequence[str]]
    NotAction: NotRequired[str | Sequence[str]]
    Resource: NotRequired[str | Sequence[str]]
    NotResource: NotRequired[str | Sequence[str]]
    Condition: NotRequired[Mapping[str, Mapping[str, str | Sequence[str]]]]


def policy_document(*statements: Statement) -> str:
    """An IAM policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def service_trust(service: str, scope: Scope, source_arn: str | None = None) -> str:
    """Trust for an AWS service acting for this account only, and for one source where `source_arn` is given."""
    condition: dict[str, dict[str, str]] = {"StringEquals": {"aws:SourceAccount": scope.account_id}}
    if source_arn:
        condition["ArnLike"] = {"aws:SourceArn": source_arn}
    return policy_document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }
    )


def plain_service_trust(service: str) -> str:
    """Trust for a service that sends no source account, such as EC2 and EKS."""
    return policy_document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def web_identity_trust(
    provider_arn: str, issuer: str, subject: str | Sequence[str], audience: str = "sts.amazonaws.com"
) -> str:
    """Trust for exactly these subjects of an OIDC provider. `issuer` has no scheme, as IAM's condition keys want it."""
    return policy_document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{issuer}:sub": subject, f"{issuer}:aud": audience}},
        }
    )


def github_trust(scope: Scope, repository: str, *environments: str) -> str:
    """Trust for workflows of one repository in these GitHub environments, by the account's identity provider of GitHub.

    The provider is written out, so that a preview already shows who is trusted.
    """
    provider_arn = scope.global_arn("iam", f"oidc-provider/{GITHUB_ISSUER}")
    subjects = [f"repo:{repository}:environment:{environment}" for environment in environments]
    return web_identity_trust(provider_arn, GITHUB_ISSUER, subjects if len(subjects) > 1 else subjects[0])


def pod_identity_trust(cluster_arn: str, account_id: str, namespace: str, service_account: str) -> str:
    """Trust for the pods of one service account of a cluster, by EKS Pod Identity (EKS user guide: session tags)."""
    return policy_document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:SourceAccount": account_id,
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                },
                "ArnEquals": {"aws:SourceArn": cluster_arn},
            },
        }
    )


IdentityMode = Literal["IRSA", "BOTH", "POD_IDENTITY"]


@dataclass(frozen=True, kw_only=True)
class WorkloadIdentity:
    """How the pods of a cluster prove to AWS who they are."""

    mode: IdentityMode
    """By tokens of the cluster's OIDC provider, by EKS Pod Identity, or by either while pods move to the other."""
    provider_arn: pulumi.Input[str]
    """The cluster's identity provider in IAM."""
    issuer: pulumi.Input[str]
    """The provider's issuer, without a scheme."""
    cluster_name: pulumi.Input[str]
    """Known once the cluster exists."""
    cluster_arn: str
    """Known before."""
    account_id: str
    """Account of the cluster."""

    @property
    def annotates(self) -> bool:
        """Whether service accounts name their role."""
        return self.mode != "POD_IDENTITY"

    @property
    def associates(self) -> bool:
        """Whether EKS knows the role of each service account."""
        return self.mode != "IRSA"

    def trust(self, namespace: str, service_account: str) -> pulumi.Output[str]:
        """The trust of one service account's role."""
        subject = f"system:serviceaccount:{namespace}:{service_account}"
        pods = pod_identity_trust(self.cluster_arn, self.account_id, namespace, service_account)
        if not self.annotates:
            return pulumi.Output.from_input(pods)

        def document(known: Sequence[str]) -> str:
            tokens = web_identity_trust(known[0], known[1], subject)
            if not self.associates:
                return tokens
            return policy_document(*json.loads(tokens)["Statement"], *json.loads(pods)["Statement"])

        return pulumi.Output.all(self.provider_arn, self.issuer).apply(document)


class ServiceAccountRole(pulumi.ComponentResource):
    """An IAM role for the pods of one Kubernetes service account (guide: IRSA).

    Creates the role, its inline policy, the attachments of managed policies and, with Pod Identity, the association
    of the service account. `ready` lists what a consumer must wait for before it uses the role.
    """

    arn: pulumi.Output[str]
    """Of the role."""
    annotations: dict[str, pulumi.Input[str]]
    """Of the service account, whose pods need them to assume the role."""
    name: pulumi.Output[str]
    """Of the role."""
    ready: list[pulumi.Resource]
    """The role and its permissions: what a consumer waits for."""

    def __init__(
        self,
        name: str,
        *,
        identity: WorkloadIdentity,
        boundary_arn: pulumi.Input[str],
        namespace: str,
        service_account: str,
        policy: pulumi.Input[str] | None = None,
        managed_policy_arns: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Create the role.

        Args:
            name: Logical name.
            identity: Whom the role trusts, and how the service account comes to it.
            boundary_arn: Permissions boundary of the role.
            namespace: Kubernetes namespace of the service account.
            service_account: Name of the service account.
            policy: Document of the inline policy, where the role needs one.
            managed_policy_arns: Policies that AWS manages, by a label that names the attachment.
            opts: Options of the component.
        """
        super().__init__("platform:iam:ServiceAccountRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            description=f"Assumed by the service account {namespace}/{service_account}",
            assume_role_policy=identity.trust(namespace, service_account),
            permissions_boundary=boundary_arn,
            opts=child,
        )
        self.ready = [role]
        if policy is not None:
            self.ready.append(aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=child))
        for label, arn in (managed_policy_arns or {}).items():
            attachment = aws.iam.RolePolicyAttachment(f"{name}-{label}", role=role.name, policy_arn=arn, opts=child)
            self.ready.append(attachment)
        if identity.associates:
            association = aws.eks.PodIdentityAssociation(
                name,
                cluster_name=identity.cluster_name,
                namespace=namespace,
                service_account=service_account,
                role_arn=role.arn,
                opts=child,
            )
            self.ready.append(association)
        self.arn, self.name = role.arn, role.name
        self.annotations = {"eks.amazonaws.com/role-arn": role.arn} if identity.annotates else {}
        self.register_outputs({"arn": self.arn})
