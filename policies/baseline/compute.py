"""Clusters and the machines below them: supported versions, logs, and the metadata service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pulumi_policy import Severity

from policies.support.parameters import Parameter
from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule

CLUSTERS = ("aws:eks/cluster:Cluster",)
INSTANCES = ("aws:ec2/instance:Instance", "aws:ec2/spotInstanceRequest:SpotInstanceRequest")
TEMPLATES = ("aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/launchConfiguration:LaunchConfiguration")
MACHINES = (*TEMPLATES, *INSTANCES)

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")

# Last day of standard support (EKS user guide, "Kubernetes versions"). Versions newer than these are supported.
_SUPPORT_ENDS: Mapping[str, date] = {
    "1.31": date(2025, 11, 26),
    "1.32": date(2026, 3, 23),
    "1.33": date(2026, 7, 29),
    "1.34": date(2026, 12, 2),
    "1.35": date(2027, 3, 27),
    "1.36": date(2027, 8, 2),
}


@rule(
    "eks-version-supported",
    types=CLUSTERS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_339", "EKS.2"),
    remedy="Upgrade the cluster to a Kubernetes version in standard support, one minor version at a time",
)
def eks_version_supported(cluster: Resource, context: Context) -> Findings:
    """EKS clusters run a Kubernetes version in standard support."""
    version = cluster.text("version")
    if not version:
        yield "version is not set, so that it is not known when support ends"
        return
    ends = _SUPPORT_ENDS.get(version)
    older = _minor(version) < min(_minor(known) for known in _SUPPORT_ENDS)
    if older or (ends and ends < context.today):
        yield "standard support of version has ended"


def _minor(version: str) -> int:
    minor = version.rpartition(".")[2]
    return int(minor) if minor.isdigit() else 0


@rule(
    "eks-logs",
    types=CLUSTERS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_37", "EKS.8"),
    remedy="Set enabledClusterLogTypes to api, audit, authenticator, controllerManager and scheduler",
)
def eks_logs(cluster: Resource, _context: Context) -> Findings:
    """EKS clusters send all five logs of the control plane."""
    enabled = cluster.strings("enabledClusterLogTypes")
    for kind in LOG_TYPES:
        if kind not in enabled:
            yield f"enabledClusterLogTypes lacks {kind}"


def _skip_followers(machine: Resource) -> None:
    if machine.has("launchTemplate") and not machine.has("metadataOptions"):
        raise NotApplicable("it follows its launch template")


@rule(
    "ec2-imdsv2",
    types=MACHINES,
    severity=Severity.HIGH,
    frameworks=(
        "CKV_AWS_79",
        Control("EC2.8", types=INSTANCES),
        Control("CIS5 5.7", types=INSTANCES),
        Control("EC2.170", types=TEMPLATES[:1]),
    ),
    remedy="Set metadataOptions.httpTokens to required",
)
def ec2_imdsv2(machine: Resource, _context: Context) -> Findings:
    """The instance metadata service asks for a session token."""
    _skip_followers(machine)
    options = machine.child("metadataOptions")
    if options.text("httpEndpoint") != "disabled" and options.text("httpTokens") != "required":
        yield "metadataOptions.httpTokens is not required"


@rule(
    "ec2-imds-hop-limit",
    types=MACHINES,
    severity=Severity.MEDIUM,
    frameworks=(Control("CKV_AWS_341", types=TEMPLATES),),
    remedy="Set metadataOptions.httpPutResponseHopLimit to 1, so that pods do not reach the node's credentials",
    parameters=(
        Parameter(
            name="maximumHops",
            kind="number",
            default=1,
            least=1,
            most=2,
            description="Network hops that a response may take, 1 or 2.",
        ),
    ),
)
def ec2_imds_hop_limit(machine: Resource, context: Context) -> Findings:
    """Answers of the instance metadata service do not leave the instance."""
    _skip_followers(machine)
    hops = machine.child("metadataOptions").number("httpPutResponseHopLimit")
    if hops is not None and hops > context.number("maximumHops"):
        yield f"metadataOptions.httpPutResponseHopLimit is more than {context.number('maximumHops')}"
    elif hops is None:
        yield "metadataOptions.httpPutResponseHopLimit is not set, so that the image decides"
