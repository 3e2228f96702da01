"""Classes of ingresses that enforce what an ingress could otherwise choose: scheme, TLS, web ACL, access logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    IngressClass,
    IngressClassParametersReferenceArgs,
    IngressClassSpecArgs,
)

from components.address import DnsSettings, IngressClassSettings
from components.common.scope import Scope

_GROUP = "elbv2.k8s.aws"
_KIND = "IngressClassParams"
_CONTROLLER = "ingress.k8s.aws/alb"
# TLS 1.2 and 1.3 with forward secrecy (ELB user guide, Security policies).
_TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, kw_only=True)
class IngressArgs:
    """What stands behind the classes, and which domain answers."""

    domain: str
    """Where the platform answers."""
    zone_id: pulumi.Input[str]
    """Hosted zone of the domain."""
    certificate_arn: pulumi.Input[str]
    """Certificate of every listener."""
    web_acl_arn: pulumi.Input[str]
    """Before every load balancer."""
    log_bucket_name: pulumi.Input[str]
    """Where load balancers deliver their access logs."""
    classes: Mapping[str, IngressClassSettings]
    """By name."""
    keep_controller_class: bool
    """The controller's own class stays, too."""
    dns: DnsSettings
    """How records follow ingresses."""


def load_balancer_name(scope: Scope, label: str) -> str:
    """The name of a class's load balancer."""
    return scope.name(label)


def class_parameters(
    scope: Scope, label: str, settings: IngressClassSettings, args: IngressArgs, *, deletion_protection: bool
) -> dict[str, Any]:
    """What the class decides for its ingresses, in the field names of the controller's API (elbv2.k8s.aws/v1beta1).

    All of it outweighs what an ingress says. An ingress that asks for HTTP alone is refused: port 80 only redirects.
    """
    attributes: dict[str, pulumi.Input[str]] = {
        "access_logs.s3.enabled": "true",
        "access_logs.s3.bucket": args.log_bucket_name,
        "access_logs.s3.prefix": label,
        "deletion_protection.enabled": "true" if deletion_protection else "false",
        "routing.http.drop_invalid_header_fields.enabled": "true",
    }
    parameters: dict[str, Any] = {
        "loadBalancerName": load_balancer_name(scope, label),
        "group": {"name": load_balancer_name(scope, label)},
        "scheme": settings.scheme,
        "certificateArn": [args.certificate_arn],
        "sslPolicy": _TLS_POLICY,
        "sslRedirectPort": "443",
        "targetType": "ip",
        "wafv2AclArn": args.web_acl_arn,
        "loadBalancerAttributes": [{"key": key, "value": value} for key, value in attributes.items()],
    }
    if settings.inbound_cidrs:
        parameters["inboundCIDRs"] = [str(cidr) for cidr in settings.inbound_cidrs]
    if settings.namespaces:
        named = {"key": _NAMESPACE_LABEL, "operator": "In", "values": list(settings.namespaces)}
        parameters["namespaceSelector"] = {"matchExpressions": [named]}
    return parameters


def ingress_classes(
    name: str,
    scope: Scope,
    args: IngressArgs,
    *,
    deletion_protection: bool,
    controller: pulumi.Resource,
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """A class and its parameters for each label; the controller's webhook judges the parameters, so it runs first."""
    created: list[pulumi.Resource] = []
    for label, settings in args.classes.items():
        parameters = CustomResource(
            f"{name}-{label}",
            api_version=f"{_GROUP}/v1beta1",
            kind=_KIND,
            metadata=ObjectMetaArgs(name=label),
            spec=class_parameters(scope, label, settings, args, deletion_protection=deletion_protection),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[controller]),
        )
        created += [
            parameters,
            IngressClass(
                f"{name}-{label}",
                metadata=ObjectMetaArgs(name=label),
                spec=IngressClassSpecArgs(
                    controller=_CONTROLLER,
                    parameters=IngressClassParametersReferenceArgs(api_group=_GROUP, kind=_KIND, name=label),
                ),
                opts=pulumi.ResourceOptions(parent=parent, depends_on=[parameters]),
            ),
        ]
    return created
