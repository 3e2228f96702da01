"""AWS Load Balancer Controller: ingresses become application load balancers (guide: Deploy Kubernetes Components)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.helm import v3 as helm

from components.common.iam import ServiceAccountRole, Statement, WorkloadIdentity, policy_document
from components.common.images import image_values
from components.common.scope import Scope
from components.workloads.charts import (
    CONTAINER_SECURITY,
    Chart,
    pod_security,
    release,
    resources,
    spread_over_zones,
)

CHART = Chart(name="aws-load-balancer-controller", version="3.5.0", repository="https://aws.github.io/eks-charts")
_IMAGE = "public.ecr.aws/eks/aws-load-balancer-controller"
_IMAGE_TAG = "v3.5.0"

_NAMESPACE = "kube-system"
_SERVICE_ACCOUNT = "aws-load-balancer-controller"
_USER = 65534

# The controller marks everything that it makes with the cluster's name under this tag.
_TAG = "elbv2.k8s.aws/cluster"


def controller_policy(scope: Scope, cluster_name: str, vpc_id: str) -> str:
    """What controller v3.5.0 needs.

    The actions and conditions are those that the controller publishes for this version, within this account and
    region. Where it asks that its tag exists, the tag must name this cluster here, and rules of foreign groups may
    change in the cluster's network only: stacks that share an account leave each other's load balancers alone.
    """
    return policy_document(
        _service_linked_role(scope),
        _describe(),
        _integrations(),
        *_security_groups(scope, cluster_name, vpc_id),
        *_load_balancers(scope, cluster_name),
        *_listeners_and_targets(scope),
        *_load_balancer_tags(scope, cluster_name),
    )


def _service_linked_role(scope: Scope) -> Statement:
    service = "elasticloadbalancing.amazonaws.com"
    role = f"role/aws-service-role/{service}/AWSServiceRoleForElasticLoadBalancing"
    return {
        "Sid": "CreateServiceLinkedRole",
        "Effect": "Allow",
        "Action": "iam:CreateServiceLinkedRole",
        "Resource": scope.global_arn("iam", role),
        "Condition": {"StringEquals": {"iam:AWSServiceName": service}},
    }


_EC2_READS = (
    "DescribeAccountAttributes",
    "DescribeAddresses",
    "DescribeAvailabilityZones",
    "DescribeCoipPools",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeIpamPools",
    "DescribeNetworkInterfaces",
    "DescribeRouteTables",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
    "GetCoipPoolUsage",
    "GetSecurityGroupsForVpc",
)
_LOAD_BALANCING_READS = (
    "DescribeCapacityReservation",
    "DescribeListenerAttributes",
    "DescribeListenerCertificates",
    "DescribeListeners",
    "DescribeLoadBalancerAttributes",
    "DescribeLoadBalancers",
    "DescribeRules",
    "DescribeSSLPolicies",
    "DescribeTags",
    "DescribeTargetGroupAttributes",
    "DescribeTargetGroups",
    "DescribeTargetHealth",
    "DescribeTrustStores",
)


def _describe() -> Statement:
    """Reads, none of which can be narrowed to a resource."""
    reads = [f"ec2:{read}" for read in _EC2_READS]
    reads += [f"elasticloadbalancing:{read}" for read in _LOAD_BALANCING_READS]
    return {"Sid": "Describe", "Effect": "Allow", "Action": reads, "Resource": "*"}


def _integrations() -> Statement:
    """Certificates, sign-in and shields that an ingress may name."""
    return {
        "Sid": "UseIntegrations",
        "Effect": "Allow",
        "Action": [
            "acm:DescribeCertificate",
            "acm:ListCertificates",
            "cognito-idp:DescribeUserPoolClient",
            "elasticloadbalancing:SetWebAcl",
            "iam:GetServerCertificate",
            "iam:ListServerCertificates",
            "shield:CreateProtection",
            "shield:DeleteProtection",
            "shield:DescribeProtection",
            "shield:GetSubscriptionState",
            "waf-regional:AssociateWebACL",
            "waf-regional:DisassociateWebACL",
            "waf-regional:GetWebACL",
            "waf-regional:GetWebACLForResource",
            "wafv2:AssociateWebACL",
            "wafv2:DisassociateWebACL",
            "wafv2:GetWebACL",
            "wafv2:GetWebACLForResource",
        ],
        "Resource": "*",
    }


def _security_groups(scope: Scope, cluster_name: str, vpc_id: str) -> list[Statement]:
    groups = scope.arn("ec2", "security-group/*")
    vpc = scope.arn("ec2", f"vpc/{vpc_id}")
    return [
        {
            "Sid": "OpenNodesToLoadBalancers",
            "Effect": "Allow",
            "Action": ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
            "Resource": groups,
            "Condition": {"ArnEquals": {"ec2:Vpc": vpc}},
        },
        {
            "Sid": "CreateGroups",
            "Effect": "Allow",
            "Action": "ec2:CreateSecurityGroup",
            "Resource": [groups, vpc],
        },
        {
            "Sid": "TagNewGroups",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": groups,
            "Condition": {
                "StringEquals": {
                    "ec2:CreateAction": "CreateSecurityGroup",
                    f"aws:RequestTag/{_TAG}": cluster_name,
                }
            },
        },
        {
            "Sid": "TagOwnGroups",
            "Effect": "Allow",
            "Action": ["ec2:CreateTags", "ec2:DeleteTags"],
            "Resource": groups,
            "Condition": _owned_and_stays_so(cluster_name),
        },
        {
            "Sid": "ChangeOwnGroups",
            "Effect": "Allow",
            "Action": [
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:DeleteSecurityGroup",
                "ec2:RevokeSecurityGroupIngress",
            ],
            "Resource": groups,
            "Condition": {"StringEquals": {f"aws:ResourceTag/{_TAG}": cluster_name}},
        },
    ]


def _load_balancers(scope: Scope, cluster_name: str) -> list[Statement]:
    everything = scope.arn("elasticloadbalancing", "*")
    return [
        {
            "Sid": "CreateLoadBalancers",
            "Effect": "Allow",
            "Action": ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
            "Resource": everything,
            "Condition": {"StringEquals": {f"aws:RequestTag/{_TAG}": cluster_name}},
        },
        {
            "Sid": "ChangeOwnLoadBalancers",
            "Effect": "Allow",
            "Action": [
                "elasticloadbalancing:DeleteLoadBalancer",
                "elasticloadbalancing:DeleteTargetGroup",
                "elasticloadbalancing:ModifyCapacityReservation",
                "elasticloadbalancing:ModifyIpPools",
                "elasticloadbalancing:ModifyListenerAttributes",
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:SetIpAddressType",
                "elasticloadbalancing:SetSecurityGroups",
                "elasticloadbalancing:SetSubnets",
            ],
            "Resource": everything,
            "Condition": {"StringEquals": {f"aws:ResourceTag/{_TAG}": cluster_name}},
        },
    ]


def _listeners_and_targets(scope: Scope) -> list[Statement]:
    return [
        {
            # Listeners and rules carry the controller's tag only where its feature for that is on.
            "Sid": "ChangeListeners",
            "Effect": "Allow",
            "Action": [
                "elasticloadbalancing:AddListenerCertificates",
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:CreateRule",
                "elasticloadbalancing:DeleteListener",
                "elasticloadbalancing:DeleteRule",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyRule",
                "elasticloadbalancing:RemoveListenerCertificates",
                "elasticloadbalancing:SetRulePriorities",
            ],
            "Resource": scope.arn("elasticloadbalancing", "*"),
        },
        {
            "Sid": "RegisterPods",
            "Effect": "Allow",
            "Action": ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
            "Resource": scope.arn("elasticloadbalancing", "targetgroup/*/*"),
        },
    ]


def _load_balancer_tags(scope: Scope, cluster_name: str) -> list[Statement]:
    owners = [_balancing_arn(scope, kind) for kind in ("targetgroup", "loadbalancer/net", "loadbalancer/app")]
    parts = [
        _balancing_arn(scope, f"{kind}/{family}", depth=3)
        for kind in ("listener", "listener-rule")
        for family in ("net", "app")
    ]
    return [
        {
            "Sid": "TagNewLoadBalancers",
            "Effect": "Allow",
            "Action": "elasticloadbalancing:AddTags",
            "Resource": owners,
            "Condition": {
                "StringEquals": {
                    "elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"],
                    f"aws:RequestTag/{_TAG}": cluster_name,
                }
            },
        },
        {
            "Sid": "TagOwnLoadBalancers",
            "Effect": "Allow",
            "Action": ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
            "Resource": owners,
            "Condition": _owned_and_stays_so(cluster_name),
        },
        {
            "Sid": "TagListeners",
            "Effect": "Allow",
            "Action": ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
            "Resource": parts,
        },
    ]


def _balancing_arn(scope: Scope, kind: str, depth: int = 2) -> str:
    """ARNs of all resources of a kind, whose names have `depth` parts."""
    return scope.arn("elasticloadbalancing", "/".join([kind, *["*"] * depth]))


def _owned_and_stays_so(cluster_name: str) -> Mapping[str, Mapping[str, str]]:
    """The resource belongs to the cluster, and the request does not touch the tag that says so."""
    return {
        "Null": {f"aws:RequestTag/{_TAG}": "true"},
        "StringEquals": {f"aws:ResourceTag/{_TAG}": cluster_name},
    }


def controller_values(
    *,
    cluster_name: str,
    region: str,
    vpc_id: pulumi.Input[str],
    annotations: Mapping[str, pulumi.Input[str]],
    tags: Mapping[str, str],
    mirrors: Mapping[str, str],
    own_class: bool = True,
) -> Mapping[str, Any]:
    """Values of the chart. Without its own class, only classes that enforce their parameters lead to load balancers."""
    closed = {"createIngressClassResource": False, "disableIngressClassAnnotation": True}
    return {
        **({} if own_class else closed),
        "clusterName": cluster_name,
        # The instance metadata that would tell both is out of reach of pods.
        "region": region,
        "vpcId": vpc_id,
        "image": image_values(_IMAGE, _IMAGE_TAG, mirrors),
        "replicaCount": 2,
        "serviceAccount": {"name": _SERVICE_ACCOUNT, "annotations": dict(annotations)},
        # Tags of the AWS provider do not reach what the controller makes.
        "defaultTags": dict(tags),
        # Pods have addresses of the VPC, so load balancers need no port on every node.
        "defaultTargetType": "ip",
        # This webhook would refuse every new service of the cluster while the controller is not ready, first of all
        # those of the other charts.
        "enableServiceMutatorWebhook": False,
        "keepTLSSecret": True,
        "priorityClassName": "system-cluster-critical",
        "resources": resources(cpu="100m", memory="256Mi"),
        "podSecurityContext": pod_security(_USER),
        "securityContext": {**CONTAINER_SECURITY, "runAsNonRoot": True},
        "podDisruptionBudget": {"maxUnavailable": 1},
        "topologySpreadConstraints": spread_over_zones({"app.kubernetes.io/name": CHART.name}),
        "serviceMonitor": {"enabled": False},
    }


@dataclass(frozen=True, kw_only=True)
class LoadBalancerControllerArgs:
    """Which cluster and network to serve."""

    scope: Scope
    cluster_name: str
    """Physical name, which marks what the controller makes."""
    vpc_id: pulumi.Input[str]
    """Network of the load balancers."""
    identity: WorkloadIdentity
    """How the pods of its service account come to the role."""
    boundary_arn: pulumi.Input[str]
    """Permissions boundary of the role."""
    tags: Mapping[str, str]
    """Tags of every load balancer, target group and security group that the controller makes."""
    mirrors: Mapping[str, str]
    """What stands in place of public registries in the names of images."""
    cluster_ready: Sequence[pulumi.Resource]
    """Node groups and CoreDNS: pods cannot run before them."""
    own_class: bool = True
    """Whether there is the class `alb`, which leaves everything to its ingresses."""


class LoadBalancerController(pulumi.ComponentResource):
    """The release, and the role of its service account."""

    release: helm.Release
    """The installed chart. It outlives the namespaces of applications, to delete their load balancers."""
    role_arn: pulumi.Output[str]
    """Role of the service account: it makes load balancers and opens nodes to them."""

    def __init__(self, name: str, args: LoadBalancerControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:workloads:LoadBalancerController", name, None, opts)
        role = ServiceAccountRole(
            name,
            identity=args.identity,
            boundary_arn=args.boundary_arn,
            namespace=_NAMESPACE,
            service_account=_SERVICE_ACCOUNT,
            policy=pulumi.Output.from_input(args.vpc_id).apply(
                lambda vpc_id: controller_policy(args.scope, args.cluster_name, vpc_id)
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        values = controller_values(
            cluster_name=args.cluster_name,
            region=args.scope.region,
            vpc_id=args.vpc_id,
            annotations=role.annotations,
            tags=args.tags,
            mirrors=args.mirrors,
            own_class=args.own_class,
        )
        ready = pulumi.ResourceOptions(parent=self, depends_on=[*args.cluster_ready, *role.ready])
        self.release = release(name, CHART, namespace=_NAMESPACE, values=values, opts=ready)
        self.role_arn = role.arn
        self.register_outputs({"roleArn": self.role_arn})
