"""What the API server refuses in every stack, where roles cannot: they say who writes a kind, not what stands in it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.admissionregistration.v1 import (
    MatchConditionArgs,
    MatchResourcesArgs,
    NamedRuleWithOperationsArgs,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicyBindingSpecArgs,
    ValidatingAdmissionPolicySpecArgs,
    ValidationArgs,
    VariableArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs, Role, RoleBinding, RoleRefArgs, SubjectArgs

from components.cluster import RbacGroup

OPERATORS = "monitoring"
"""The namespace in which charts with rights beyond it run, beside what the applications' groups deploy there."""

_RBAC = "rbac.authorization.k8s.io"
_DEPLOYING = (RbacGroup.DEVELOPERS, RbacGroup.CI)
# Whatever starts pods, with the path to their specification.
_STARTERS = (
    NamedRuleWithOperationsArgs(
        api_groups=[""],
        api_versions=["v1"],
        resources=["pods", "replicationcontrollers"],
        operations=["CREATE", "UPDATE"],
    ),
    NamedRuleWithOperationsArgs(
        api_groups=["apps"],
        api_versions=["v1"],
        resources=["daemonsets", "deployments", "replicasets", "statefulsets"],
        operations=["CREATE", "UPDATE"],
    ),
    NamedRuleWithOperationsArgs(
        api_groups=["batch"], api_versions=["v1"], resources=["cronjobs", "jobs"], operations=["CREATE", "UPDATE"]
    ),
)
_POD = (
    "object.kind == 'Pod' ? object.spec : object.kind == 'CronJob' ? object.spec.jobTemplate.spec.template.spec"
    " : object.spec.template.spec"
)
_ACCOUNT = "variables.pod.?serviceAccountName.orValue('') == '' ? 'default' : variables.pod.serviceAccountName"


class Safeguards(pulumi.ComponentResource):
    """Three admission policies, which the API server itself evaluates; no webhook has to run for them.

    `no-external-ips`: no Service claims traffic to addresses that are not its own (`externalIPs`), whoever writes
    it. `service-account-tokens`: developers and CI make no secret that the cluster fills with the lasting token of an
    account. `service-accounts`: in the namespace of operators both deploy under the account `default`, those that the
    settings make there, and others that an administrator lets them `use`:

        kubectl -n monitoring create role use-grafana --verb=use --resource=serviceaccounts --resource-name=grafana
        kubectl -n monitoring create rolebinding use-grafana --role=use-grafana --group=trading-platform-ci

    The account of an operator that reads secrets or makes roles would otherwise be theirs, with all that it may do.
    """

    def __init__(
        self,
        name: str,
        namespace: pulumi.Resource,
        accounts: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Create the policies.

        Args:
            name: Logical name.
            namespace: That of operators, which the role inside waits for.
            accounts: Service accounts of applications in that namespace, by name.
            opts: Options of the component; its provider is the cluster's.
        """
        super().__init__("platform:workloads:Safeguards", name, None, opts)
        self._name = name
        self._external_ips()
        self._service_account_tokens()
        self._service_accounts()
        usable = sorted({"default", *accounts})
        self._grant_use(usable, namespace)
        self.register_outputs({"usableAccounts": usable})

    def _external_ips(self) -> None:
        services = NamedRuleWithOperationsArgs(
            api_groups=[""], api_versions=["v1"], resources=["services"], operations=["CREATE", "UPDATE"]
        )
        self._policy(
            "no-external-ips",
            ValidatingAdmissionPolicySpecArgs(
                match_constraints=MatchResourcesArgs(resource_rules=[services]),
                validations=[
                    ValidationArgs(
                        expression="object.spec.?externalIPs.orValue([]).size() == 0",
                        message="externalIPs would take over traffic to any address",
                        reason="Forbidden",
                    )
                ],
            ),
        )

    def _service_account_tokens(self) -> None:
        secrets = NamedRuleWithOperationsArgs(
            api_groups=[""], api_versions=["v1"], resources=["secrets"], operations=["CREATE", "UPDATE"]
        )
        self._policy(
            "service-account-tokens",
            ValidatingAdmissionPolicySpecArgs(
                match_constraints=MatchResourcesArgs(resource_rules=[secrets]),
                match_conditions=[_by(*_DEPLOYING)],
                validations=[
                    ValidationArgs(
                        expression="object.?type.orValue('') != 'kubernetes.io/service-account-token'",
                        message="a lasting token would be the account; pods get one of an hour by serviceAccountName",
                        reason="Forbidden",
                    )
                ],
            ),
        )

    def _service_accounts(self) -> None:
        self._policy(
            "service-accounts",
            ValidatingAdmissionPolicySpecArgs(
                match_constraints=MatchResourcesArgs(resource_rules=list(_STARTERS)),
                match_conditions=[_by(*_DEPLOYING)],
                variables=[
                    VariableArgs(name="pod", expression=_POD),
                    VariableArgs(name="account", expression=_ACCOUNT),
                ],
                validations=[
                    ValidationArgs(
                        expression="authorizer.group('').resource('serviceaccounts').namespace(request.namespace)"
                        ".name(variables.account).check('use').allowed()",
                        message_expression="'an administrator has not let you use the service account '"
                        " + variables.account",
                        reason="Forbidden",
                    )
                ],
            ),
            MatchResourcesArgs(
                namespace_selector=LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": OPERATORS})
            ),
        )

    def _grant_use(self, accounts: Sequence[str], namespace: pulumi.Resource) -> None:
        label = "account-user"
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        Role(
            f"{self._name}-{label}",
            metadata=ObjectMetaArgs(name=label, namespace=OPERATORS),
            rules=[
                PolicyRuleArgs(
                    api_groups=[""], resources=["serviceaccounts"], resource_names=list(accounts), verbs=["use"]
                )
            ],
            opts=inside,
        )
        RoleBinding(
            f"{self._name}-{label}",
            metadata=ObjectMetaArgs(name=label, namespace=OPERATORS),
            role_ref=RoleRefArgs(api_group=_RBAC, kind="Role", name=label),
            subjects=[SubjectArgs(api_group=_RBAC, kind="Group", name=group.value) for group in _DEPLOYING],
            opts=inside,
        )

    def _policy(
        self, label: str, spec: ValidatingAdmissionPolicySpecArgs, where: MatchResourcesArgs | None = None
    ) -> None:
        """Create a policy and put it into force; one that cannot be evaluated refuses."""
        spec.failure_policy = "Fail"
        policy = ValidatingAdmissionPolicy(
            f"{self._name}-{label}",
            metadata=ObjectMetaArgs(name=f"trading-platform-{label}"),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self),
        )
        ValidatingAdmissionPolicyBinding(
            f"{self._name}-{label}",
            metadata=ObjectMetaArgs(name=f"trading-platform-{label}"),
            spec=ValidatingAdmissionPolicyBindingSpecArgs(
                policy_name=f"trading-platform-{label}", validation_actions=["Deny"], match_resources=where
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )


def _by(*groups: RbacGroup) -> MatchConditionArgs:
    """Requests of members of these groups."""
    named = ", ".join(f"'{group.value}'" for group in groups)
    return MatchConditionArgs(name="groups", expression=f"request.userInfo.groups.exists(group, group in [{named}])")
