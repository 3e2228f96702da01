"""Policy documents as pure functions, and the roles that services and workloads assume."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.common.scope import Scope


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


def web_identity_trust(provider_arn: str, issuer: str, subject: str, audience: str = "sts.amazonaws.com") -> str:
    """Trust for exactly one subject of an OIDC provider. `issuer` has no scheme, as IAM's condition keys want it."""
    return policy_document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{issuer}:sub": subject, f"{issuer}:aud": audience}},
        }
    )


class ServiceAccountRole(pulumi.ComponentResource):
    """An IAM role that one Kubernetes service account assumes through the cluster's OIDC provider (guide: IRSA).

    Creates the role, its inline policy and the attachments of managed policies. `ready` lists what a consumer must
    wait for before it uses the role.
    """

    arn: pulumi.Output[str]
    """Of the role."""
    name: pulumi.Output[str]
    """Of the role."""
    ready: list[pulumi.Resource]
    """The role and its permissions: what a consumer waits for."""

    def __init__(
        self,
        name: str,
        *,
        provider_arn: pulumi.Input[str],
        issuer: pulumi.Input[str],
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
            provider_arn: The cluster's identity provider in IAM, which the role trusts.
            issuer: The provider's issuer, without a scheme.
            boundary_arn: Permissions boundary of the role.
            namespace: Kubernetes namespace of the service account.
            service_account: Name of the service account.
            policy: Document of the inline policy, where the role needs one.
            managed_policy_arns: Policies that AWS manages, by a label that names the attachment.
            opts: Options of the component.
        """
        super().__init__("platform:iam:ServiceAccountRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        subject = f"system:serviceaccount:{namespace}:{service_account}"
        role = aws.iam.Role(
            name,
            description=f"Assumed by the service account {namespace}/{service_account}",
            assume_role_policy=pulumi.Output.all(provider_arn, issuer).apply(
                lambda known: web_identity_trust(known[0], known[1], subject)
            ),
            permissions_boundary=boundary_arn,
            opts=child,
        )
        self.ready = [role]
        if policy is not None:
            self.ready.append(aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=child))
        for label, arn in (managed_policy_arns or {}).items():
            attachment = aws.iam.RolePolicyAttachment(f"{name}-{label}", role=role.name, policy_arn=arn, opts=child)
            self.ready.append(attachment)
        self.arn, self.name = role.arn, role.name
        self.register_outputs({"arn": self.arn})
