"""Who may administer and who may deploy: a role for people, a role for the repository's workflows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.access import (
    deploy_address,
    deploy_cluster,
    deploy_metrics,
    deploy_network,
    deploy_observability,
    deploy_storage,
    identity_policies,
)
from components.access.boundary import LABEL, boundary_arn, boundary_policy
from components.access.break_glass import BreakGlassWatch, BreakGlassWatchArgs, break_glass_trust
from components.access.deployment import Deployment
from components.access.people import admin_trust
from components.access.settings import AccessSettings
from components.common.iam import github_trust, policy_document

_HOUR_SECONDS = 3600
# A first deployment waits for the cluster and the databases for longer than an hour.
_DEPLOYMENT_HOURS = 4
_EMERGENCY_HOURS = 1
_VIEW = "job-function/ViewOnlyAccess"


def deploy_documents(deployment: Deployment) -> dict[str, str]:
    """What deployment needs, by field of work: each a managed policy of the deploy role."""
    documents = {
        "network": deploy_network.network_policy(deployment),
        "network-changes": deploy_network.network_changes_policy(deployment),
        "cluster": deploy_cluster.cluster_policy(deployment),
        "data": deploy_storage.data_policy(deployment),
        "storage": deploy_storage.storage_policy(deployment),
        "observability": deploy_observability.observability_policy(deployment),
        "identity": identity_policies.identity_policy(deployment),
    }
    # A role takes ten policies: what exists once, in the account or for the domain, is one.
    once = identity_policies.account_statements(deployment)
    if deployment.domain:
        once += deploy_address.address_statements(deployment, deployment.domain)
    if deployment.has_metrics:
        documents["metrics"] = deploy_metrics.metrics_policy(deployment)
    if once:
        documents["account"] = policy_document(*once)
    return documents


def operate_documents(deployment: Deployment) -> dict[str, str]:
    """What the administrator alone may do and may not do, beside what deployment may: each a policy within the role."""
    return {
        "operate": identity_policies.operate_policy(deployment),
        "guard": identity_policies.guard_policy(deployment),
    }


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """Who gets in, and to what."""

    settings: AccessSettings
    deployment: Deployment
    topic_arn: pulumi.Input[str]
    """Topic that is told when somebody breaks the glass."""


class Access(pulumi.ComponentResource):
    """The roles that change the platform (guide: Identity and Access).

    Creates:
        the policies `<prefix>-access-<field>`, one for each field of work of both roles;
        the permissions boundary `<prefix>-access-boundary` of every role that the platform makes;
        the role `<prefix>-admin` for people, who must use MFA or single sign-on: it sees everything, may do what
        deployment may and what the runbooks ask, but can neither blind the audit nor destroy keys and backups;
        the role `<prefix>-break-glass` for the same people in an emergency: an administrator without that guard, whose
        use the alarm topic is told;
        the role `<prefix>-deploy` for workflows of one repository in one GitHub environment.

    An administrator of the account deploys this component the first time and whenever it changes: none of the roles may
    change any of them, nor the policies. All have to write to IAM, which the boundary forbids. Their own policies limit
    them instead: they make and shape bounded roles only.
    """

    admin_role_arn: pulumi.Output[str]
    """Role of people who administer the platform."""
    break_glass_role_arn: pulumi.Output[str]
    """Role of the same people in an emergency."""
    deploy_role_arn: pulumi.Output[str]
    """Role of workflows that deploy the stack."""
    boundary_arn: pulumi.Output[str]
    """Known in previews; who uses it waits for the policy."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:access:Access", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        deploy = self._policies(deploy_documents(args.deployment))
        self.boundary_arn = self._boundary()
        self.admin_role_arn = self._admin(deploy).arn
        self.break_glass_role_arn = self._break_glass(deploy).arn
        self.deploy_role_arn = self._deploy(deploy).arn
        self.register_outputs(
            {
                "adminRoleArn": self.admin_role_arn,
                "breakGlassRoleArn": self.break_glass_role_arn,
                "deployRoleArn": self.deploy_role_arn,
                "boundaryArn": self.boundary_arn,
            }
        )

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "adminRoleArn": self.admin_role_arn,
            "breakGlassRoleArn": self.break_glass_role_arn,
            "deployRoleArn": self.deploy_role_arn,
        }

    def _policies(self, documents: Mapping[str, str]) -> dict[str, aws.iam.Policy]:
        scope = self._args.deployment.scope
        return {
            label: aws.iam.Policy(
                f"{self._name}-{label}",
                name=scope.name(f"access-{label}"),
                description=f"{scope.prefix}: {label}",
                policy=document,
                opts=self._child,
            )
            for label, document in documents.items()
        }

    def _boundary(self) -> pulumi.Output[str]:
        scope = self._args.deployment.scope
        (policy,) = self._policies({LABEL: boundary_policy(scope, self._args.settings.predecessor)}).values()
        # The name is an input, and so known before the policy exists; its ARN would not be.
        return policy.name.apply(lambda _: boundary_arn(scope))

    def _admin(self, policies: Mapping[str, aws.iam.Policy]) -> aws.iam.Role:
        scope = self._args.deployment.scope
        settings = self._args.settings
        trust = admin_trust(scope, settings)
        role = self._role("admin", "People administer the platform", trust, settings.admin_session_hours, policies)
        aws.iam.RolePolicyAttachment(
            f"{self._name}-admin-view", role=role.name, policy_arn=scope.managed_policy_arn(_VIEW), opts=self._child
        )
        for label, document in operate_documents(self._args.deployment).items():
            self._within(role, f"{self._name}-{label}", label, document)
        return role

    def _break_glass(self, policies: Mapping[str, aws.iam.Policy]) -> aws.iam.Role:
        deployment, settings = self._args.deployment, self._args.settings
        trust = break_glass_trust(deployment.scope, settings)
        role = self._role("break-glass", "People in an emergency, which is told", trust, _EMERGENCY_HOURS, policies)
        self._within(role, f"{self._name}-break-glass", "operate", operate_documents(deployment)["operate"])
        BreakGlassWatch(
            f"{self._name}-break-glass",
            BreakGlassWatchArgs(scope=deployment.scope, topic_arn=self._args.topic_arn),
            self._child,
        )
        return role

    def _within(self, role: aws.iam.Role, name: str, label: str, document: str) -> None:
        """A policy within a role, which takes none of the ten that can be attached."""
        policy_name = self._args.deployment.scope.name(f"access-{label}")
        aws.iam.RolePolicy(name, name=policy_name, role=role.name, policy=document, opts=self._child)

    def _deploy(self, policies: Mapping[str, aws.iam.Policy]) -> aws.iam.Role:
        """Its trust names GitHub's identity provider, which exists once an account and is part of its foundation."""
        settings = self._args.settings
        return self._role(
            "deploy",
            f"Workflows of {settings.github_repository} deploy",
            github_trust(self._args.deployment.scope, settings.github_repository, settings.github_environment),
            _DEPLOYMENT_HOURS,
            policies,
        )

    def _role(
        self,
        label: str,
        description: str,
        trust: str,
        hours: int,
        policies: Mapping[str, aws.iam.Policy],
    ) -> aws.iam.Role:
        scope = self._args.deployment.scope
        role = aws.iam.Role(
            f"{self._name}-{label}",
            name=scope.name(label),
            description=description,
            assume_role_policy=trust,
            max_session_duration=hours * _HOUR_SECONDS,
            opts=self._child,
        )
        for field, policy in policies.items():
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{label}-{field}",
                role=role.name,
                # Known by name, so that a preview shows and checks what will be attached.
                policy_arn=scope.global_arn("iam", f"policy/{scope.name(f'access-{field}')}"),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
            )
        return role
