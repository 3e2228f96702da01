"""What the API server refuses in the namespaces of applications, beyond Pod Security (Kubernetes: admission policies).

The rules hold for what people and pipelines write and for the pods that follow from it, so a workload is refused at
once and not when its pods are missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes.admissionregistration import v1 as admission
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs, ObjectMetaArgs

from components.cluster import RbacGroup
from components.workloads.settings import AdmissionSettings

# Where the pods of each kind of workload are described.
_VARIABLES = {
    "pod": (
        "object.kind == 'Pod' ? object.spec : "
        "object.kind == 'CronJob' ? object.spec.jobTemplate.spec.template.spec : object.spec.template.spec"
    ),
    "containers": (
        "variables.pod.containers + variables.pod.?initContainers.orValue([])"
        " + variables.pod.?ephemeralContainers.orValue([])"
    ),
}
# Those of volumes, too, which a pod can mount.
_IMAGES = {
    "images": (
        "variables.containers.map(each, each.?image.orValue(''))"
        " + variables.pod.?volumes.orValue([]).filter(each, has(each.image))"
        ".map(each, each.image.?reference.orValue(''))"
    ),
}
_WORKLOADS: Mapping[str, Sequence[str]] = {
    "": ("pods", "pods/ephemeralcontainers"),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "batch": ("cronjobs", "jobs"),
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One admission policy."""

    kinds: Mapping[str, Sequence[str]]
    """API group → resources that it looks at."""
    checks: Mapping[str, str]
    """Message → expression that has to hold."""
    groups: Sequence[str] = ()
    """Whose requests it looks at; everybody's if none is named."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the checks call by name."""


def rules(settings: AdmissionSettings) -> dict[str, Rule]:
    """The rules by name."""
    found = {
        "no-host-access": Rule(kinds=_WORKLOADS, checks=_HOST_CHECKS, variables=_VARIABLES),
    }
    if settings.image_registries:
        known = json.dumps([f"{registry}/" for registry in settings.image_registries])
        message = f"images come from {', '.join(settings.image_registries)}"
        expression = f"variables.images.all(image, {known}.exists(start, image.startsWith(start)))"
        found["known-registries"] = Rule(
            kinds=_WORKLOADS, checks={message: expression}, variables={**_VARIABLES, **_IMAGES}
        )
    if settings.ingress_classes:
        found["ingress-classes"] = Rule(kinds=_INGRESSES, checks=_ingress_checks(settings.ingress_classes))
    if settings.operator_service_accounts:
        names = json.dumps(list(settings.operator_service_accounts))
        expression = f"!(variables.pod.?serviceAccountName.orValue('default') in {names})"
        found["no-operator-accounts"] = Rule(
            kinds=_WORKLOADS,
            checks={"this service account belongs to an operator of the cluster": expression},
            groups=(RbacGroup.DEVELOPERS.value, RbacGroup.CI.value),
            variables=_VARIABLES,
        )
    return found


# What an ingress says of its own pods and rules (controller's guide, annotations: those that a Service may carry, and
# the rules). All others are about the load balancer, its listeners, or groups that several teams share.
_ANNOTATIONS = "alb.ingress.kubernetes.io/"
_OWN_ANNOTATIONS = (
    "actions.",
    "auth-",
    "backend-protocol",
    "conditions.",
    "healthcheck-",
    "healthy-threshold-count",
    "jwt-validation",
    "success-codes",
    "target-control-port.",
    "target-group-attributes",
    "target-type",
    "transforms.",
    "unhealthy-threshold-count",
    "use-regex-path-match",
)
_INGRESSES: Mapping[str, Sequence[str]] = {"networking.k8s.io": ("ingresses",)}


def _ingress_checks(classes: Sequence[str]) -> dict[str, str]:
    own = json.dumps([f"{_ANNOTATIONS}{start}" for start in _OWN_ANNOTATIONS])
    each = "object.metadata.?annotations.orValue({}).all(name, "
    return {
        f"ingressClassName is one of {', '.join(classes)}": (
            f"object.spec.?ingressClassName.orValue('') in {json.dumps(list(classes))}"
        ),
        "the class is named by ingressClassName alone": f"{each}name != 'kubernetes.io/ingress.class')",
        "load balancer, listeners and groups are up to the class": (
            f"{each}!name.startsWith('{_ANNOTATIONS}') || {own}.exists(start, name.startsWith(start)))"
        ),
        "actions lead to services of the namespace": (
            f"{each}!name.startsWith('{_ANNOTATIONS}actions.')"
            " || !object.metadata.annotations[name].lowerAscii().contains('targetgrouparn')"
            " && !object.metadata.annotations[name].lowerAscii().contains('targetgroupname'))"
        ),
    }


_HOST_CHECKS: Mapping[str, str] = {
    "the network, processes and memory of the host are closed": (
        "!['hostNetwork', 'hostPID', 'hostIPC'].exists(name, name in variables.pod && variables.pod[name] == true)"
    ),
    "directories of the host are closed": "variables.pod.?volumes.orValue([]).all(each, !has(each.hostPath))",
    "ports of the host are closed": (
        "variables.containers.all(each, each.?ports.orValue([]).all(port, port.?hostPort.orValue(0) == 0))"
    ),
    "privileged containers are closed": (
        "variables.containers.all(each, !each.?securityContext.?privileged.orValue(false))"
    ),
}


def admission_policies(
    name: str, settings: AdmissionSettings, namespaces: Sequence[str], opts: pulumi.ResourceOptions
) -> None:
    """A policy and its binding to the namespaces for each rule."""
    here = LabelSelectorArgs(
        match_expressions=[
            LabelSelectorRequirementArgs(key="kubernetes.io/metadata.name", operator="In", values=list(namespaces))
        ]
    )
    for label, rule in rules(settings).items():
        physical = f"trading-platform-{label}"
        policy = admission.ValidatingAdmissionPolicy(
            f"{name}-{label}", metadata=ObjectMetaArgs(name=physical), spec=_spec(rule), opts=opts
        )
        admission.ValidatingAdmissionPolicyBinding(
            f"{name}-{label}",
            metadata=ObjectMetaArgs(name=physical),
            spec=admission.ValidatingAdmissionPolicyBindingSpecArgs(
                policy_name=physical,
                validation_actions=["Deny"],
                match_resources=admission.MatchResourcesArgs(namespace_selector=here),
            ),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy])),
        )


def _spec(rule: Rule) -> admission.ValidatingAdmissionPolicySpecArgs:
    whose = f"request.userInfo.groups.exists(group, group in {json.dumps(list(rule.groups))})"
    return admission.ValidatingAdmissionPolicySpecArgs(
        failure_policy="Fail",
        match_constraints=admission.MatchResourcesArgs(
            resource_rules=[
                admission.NamedRuleWithOperationsArgs(
                    api_groups=[group], api_versions=["v1"], operations=["CREATE", "UPDATE"], resources=list(kinds)
                )
                for group, kinds in rule.kinds.items()
            ]
        ),
        match_conditions=[admission.MatchConditionArgs(name="whose", expression=whose)] if rule.groups else None,
        variables=[
            admission.VariableArgs(name=variable, expression=expression)
            for variable, expression in rule.variables.items()
        ]
        or None,
        validations=[
            admission.ValidationArgs(expression=expression, message=message)
            for message, expression in rule.checks.items()
        ],
    )
