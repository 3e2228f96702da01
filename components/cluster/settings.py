"""The settings of the control plane, its access entries and its node groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field

from components.cluster import images
from components.cluster.images import AmiType
from components.cluster.volume_settings import DEFAULT_VOLUME_CLASS, EKS_VOLUME_CLASS, VolumeClassSettings
from components.common import catalogue
from components.common.iam import IdentityMode
from components.common.settings import (
    DISTINCT,
    LIST,
    AvailabilityZone,
    Cidr,
    Label,
    LogRetention,
    Principals,
    Problem,
    Section,
    text,
    type_of_aws,
)
from components.network import VPC_RANGES


class AccessEntrySettings(Section):
    """IAM principals that may use the cluster, by Kubernetes role.

    The platform's own roles (`<stack>-admin`, `<stack>-deploy`, and the one for previews) have their entries, and so
    has the administrator who made the cluster, as its creator: never list those. The principals must exist, or EKS
    refuses the entry.
    """

    admins: Principals = ()
    """Administrators of the cluster."""
    developers: Principals = ()
    """May change workloads in the application namespaces. By these they reach all secrets and AWS roles there."""
    read_only: Principals = ()
    """May look at everything but secrets."""
    ci: Principals = ()
    """Pipelines that deploy applications. They reach what developers reach, and secrets without a detour."""

    def problems(self) -> Iterator[Problem]:
        """One entry for each principal: EKS allows no second one."""
        roles = {"admins": self.admins, "developers": self.developers, "readOnly": self.read_only, "ci": self.ci}
        owners: dict[str, str] = {}
        for role, principals in roles.items():
            for principal in principals:
                if principal in owners:
                    yield Problem((role,), f"{principal} is in {owners[principal]} already; EKS allows one entry each")
                owners.setdefault(principal, role)


KubernetesVersion = Annotated[str, text('a minor version in quotes, such as "1.36"', r"1\.\d{2}")]
AddonVersion = Annotated[str, text("an add-on version, such as v1.20.1-eksbuild.1", r"v\d+\.\d+\.\d+-eksbuild\.\d+")]
AddonName = Literal[
    "vpc-cni",
    "kube-proxy",
    "coredns",
    "eks-pod-identity-agent",
    "aws-ebs-csi-driver",
    "snapshot-controller",
    "metrics-server",
    "amazon-cloudwatch-observability",
]

# Networks that belong to organisations: RFC 1918 and the shared range that VPCs use for secondary CIDRs.
_PRIVATE_NETWORKS = (*VPC_RANGES, IPv4Network("100.64.0.0/10"))
# What is neither private nor reachable: this host, loopback, link-local, IETF, documentation, benchmarks, multicast.
_RESERVED_NETWORKS = tuple(
    IPv4Network(cidr)
    for cidr in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
# The private subnets' network ACL has 20 rules in a direction, and needs some of them itself.
_PRIVATE_CIDRS_MAX = 15
_PUBLIC_CIDRS_MAX = 40


def _is_private(cidr: IPv4Network) -> bool:
    return any(cidr.subnet_of(private) for private in _PRIVATE_NETWORKS)


# Where the control plane calls into nodes. Source: the EKS user guide, and the webhooks that the add-ons and the
# controllers of this platform serve.
_CONTROL_PLANE_PORTS: Mapping[int, str] = {
    443: "webhooks",
    4443: "metrics APIs",
    9443: "webhooks of controllers",
    10250: "kubelet",
    10251: "metrics-server",
}
# A security group takes 60 rules in a direction; those of the control plane's group are networks and these ports.
_FURTHER_PORTS = Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], LIST, DISTINCT, Field(max_length=20)]


class ClusterSettings(Section):
    """EKS control plane (guide: EKS Cluster)."""

    version: KubernetesVersion
    """Kubernetes minor version. EKS upgrades one minor at a time and never goes back."""
    allowed_cidrs: Annotated[tuple[Cidr, ...], LIST, DISTINCT]
    """Who may reach the API: private CIDRs reach the private endpoint, public ones open the public endpoint."""
    support_type: Literal["STANDARD", "EXTENDED"] = "STANDARD"
    """What happens when standard support ends: an automatic upgrade, or extended support, which is billed."""
    log_retention_days: LogRetention = 365
    """How long CloudWatch keeps the control plane's logs."""
    addon_versions: dict[AddonName, AddonVersion] = {}
    """Pinned add-on versions. An add-on without a pin gets the default that EKS has for the cluster's version."""
    access: AccessEntrySettings = AccessEntrySettings()
    """Who may use the cluster."""
    workload_identity: IdentityMode = "IRSA"
    """How pods come to their roles in AWS: by tokens of the cluster's OIDC provider, or by EKS Pod Identity. The way
    from one to the other leads over `BOTH`, until every pod has been restarted."""
    volume_snapshots: bool = False
    """Whether snapshots of volumes can be asked for as objects: the snapshot controller, and the class `ebs`."""
    volume_classes: Annotated[dict[Label, VolumeClassSettings], Field(max_length=20)] = {}
    """Further classes of volumes by name, such as faster ones. None by default."""
    webhook_ports: _FURTHER_PORTS = ()
    """Further TCP ports of pods that the API server calls, such as 8443 of a webhook. 443, 4443, 9443, 10250 and 10251
    are open already."""

    @property
    def control_plane_ports(self) -> Mapping[int, str]:
        """Where the control plane calls into nodes and pods: TCP ports, and what answers there."""
        return {**_CONTROL_PLANE_PORTS, **dict.fromkeys(self.webhook_ports, "webhooks of applications")}

    @property
    def private_cidrs(self) -> tuple[IPv4Network, ...]:
        """Allowed CIDRs that become rules on the private endpoint's security group."""
        return tuple(cidr for cidr in self.allowed_cidrs if _is_private(cidr))

    @property
    def public_cidrs(self) -> tuple[IPv4Network, ...]:
        """Allowed CIDRs that become `public_access_cidrs`; none means a private endpoint only."""
        return tuple(cidr for cidr in self.allowed_cidrs if not _is_private(cidr))

    def problems(self) -> Iterator[Problem]:
        """No CIDR that EKS refuses on the public endpoint, never the whole internet, and no more than AWS takes."""
        for name in (DEFAULT_VOLUME_CLASS, EKS_VOLUME_CLASS):
            if name in self.volume_classes:
                yield Problem(("volumeClasses", name), f"{name} is a class that every cluster has; choose another name")
        for index, port in enumerate(self.webhook_ports):
            if port in _CONTROL_PLANE_PORTS:
                yield Problem(("webhookPorts", str(index)), f"{port} is open already, for {_CONTROL_PLANE_PORTS[port]}")
        for index, cidr in enumerate(self.allowed_cidrs):
            key = ("allowedCidrs", str(index))
            if cidr.prefixlen == 0:
                yield Problem(key, f"{cidr} opens the API to the whole internet; list the networks that need it")
            elif not _is_private(cidr) and any(cidr.overlaps(net) for net in _RESERVED_NETWORKS + _PRIVATE_NETWORKS):
                yield Problem(key, f"{cidr} is reserved, or mixes private and public addresses; EKS allows neither")
        limits = (("private", self.private_cidrs, _PRIVATE_CIDRS_MAX), ("public", self.public_cidrs, _PUBLIC_CIDRS_MAX))
        for kind, cidrs, most in limits:
            if len(cidrs) > most:
                yield Problem(("allowedCidrs",), f"has {len(cidrs)} {kind} networks; at most {most} are allowed")


_NAME_PART = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
LabelKey = Annotated[
    str, text("a Kubernetes label key, such as workload", rf"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?{_NAME_PART}", 63)
]
LabelValue = Annotated[
    str, text("a Kubernetes label value: up to 63 letters, digits and inner . _ -", rf"({_NAME_PART})?", 63)
]


class Taint(Section):
    """A taint of every node in a group."""

    key: LabelKey
    """Key that a pod's toleration names."""
    value: LabelValue
    """Value that a pod's toleration names."""
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]
    """What happens to pods that do not tolerate the taint."""


InstanceType = Annotated[str, type_of_aws("an EC2 instance type, such as m5.xlarge", r"[a-z0-9-]+\.[a-z0-9-]+")]
# The kubelet refuses labels in these domains, and EKS sets its own.
_RESERVED_LABEL_DOMAINS = ("kubernetes.io", "k8s.io", "eks.amazonaws.com")


# What every node says of its group.
NODE_GROUP_LABEL = "node-group"


def _is_reserved_label(key: str) -> bool:
    domain = key.partition("/")[0] if "/" in key else ""
    return any(domain == reserved or domain.endswith(f".{reserved}") for reserved in _RESERVED_LABEL_DOMAINS)


def _node_type_problems(path: tuple[str, ...], kind: str) -> Iterator[Problem]:
    if kind.startswith("mac"):
        yield Problem(path, f"{kind} runs macOS only; nodes run Linux")
    elif not catalogue.is_nitro(kind):
        yield Problem(path, f"{kind} is not built on Nitro, which the nodes' networking (prefix delegation) needs")
    elif catalogue.family(kind) == "a1":
        yield Problem(
            path, f"{kind} has Graviton processors of the first generation, which Amazon Linux 2023 does not run on"
        )
    elif catalogue.accelerator(kind) == "other":
        yield Problem(path, f"{kind} has an accelerator that no image of EKS has drivers for; choose another type")


class NodeUpdateSettings(Section):
    """How many nodes of a group are replaced at once when its image, version or template changes."""

    max_unavailable: Annotated[int, Field(ge=1, le=100)] | None = None
    """Nodes at once. Without this and `maxUnavailablePercentage` it is one."""
    max_unavailable_percentage: Annotated[int, Field(ge=1, le=100)] | None = None
    """Percent of the nodes at once."""
    strategy: Literal["DEFAULT", "MINIMAL"] = "DEFAULT"
    """New nodes before the old go, or with `MINIMAL` the old first, where capacity is scarce."""

    def problems(self) -> Iterator[Problem]:
        """One way to count."""
        if self.max_unavailable and self.max_unavailable_percentage:
            yield Problem(("maxUnavailablePercentage",), "cannot be combined with maxUnavailable; choose one")


class NodeGroupSettings(Section):
    """One managed node group. Sizes are numbers of nodes; the autoscaler moves the desired size after creation."""

    instance_types: Annotated[tuple[InstanceType, ...], LIST, DISTINCT, Field(min_length=1, max_length=20)]
    """EC2 types of one processor architecture and one kind of accelerator, in order of preference."""
    ami_type: AmiType | None = None
    """Image of the nodes. By default it is Amazon Linux 2023 for what the types are: x86 or Arm, with the drivers of
    NVIDIA's or AWS's accelerators where they have some."""
    version: KubernetesVersion | None = None
    """Kubernetes minor of the nodes, to upgrade group by group: up to three behind the cluster's, which is the
    default."""
    zones: Annotated[tuple[AvailabilityZone, ...], LIST, DISTINCT] = ()
    """Availability zones of the nodes, out of the network's. All of them by default."""
    group_per_zone: bool = False
    """Whether each zone gets a group of its own, of these sizes each. The autoscaler then finds room in the zone in
    which a volume is, and EC2 never ends a node to balance the zones."""
    capacity_type: Literal["ON_DEMAND", "SPOT"] = "ON_DEMAND"
    """Spot nodes are cheap and can vanish within two minutes; they need at least 3 instance types."""
    min_size: Annotated[int, Field(ge=0, le=450)]
    """The autoscaler never goes below."""
    desired_size: Annotated[int, Field(ge=0, le=450)]
    """Nodes at creation, and where `scaledBy` says so."""
    max_size: Annotated[int, Field(ge=1, le=450)]
    """The autoscaler never goes above."""
    scaled_by: Literal["autoscaler", "configuration"] = "autoscaler"
    """Who decides on the number of nodes after creation. With `configuration` a deployment makes it `desiredSize`: for
    the one deployment whose minimum is above, or whose maximum is below, the nodes that there are, which EKS refuses
    otherwise."""
    disk_size_gib: Annotated[int, Field(ge=20, le=16384)] = 100
    """Root volume of each node, gp3 and encrypted."""
    disk_iops: Annotated[int, Field(ge=3_000, le=80_000)] | None = None
    """Operations a second of the root volume, at most 500 for each GiB; 3,000 are included."""
    disk_throughput_mibps: Annotated[int, Field(ge=125, le=2_000)] | None = None
    """MiB a second of the root volume, at most a quarter of its IOPS; 125 are included."""
    labels: dict[LabelKey, LabelValue] = {}
    """Kubernetes labels of the nodes."""
    taints: Annotated[tuple[Taint, ...], LIST, Field(max_length=50)] = ()
    """Taints that keep other pods away."""
    update: NodeUpdateSettings = NodeUpdateSettings()
    """How a change reaches the nodes."""
    repair: bool = False
    """Whether EKS replaces nodes that stay unhealthy. It does not ask whether anybody trades on them."""

    @property
    def image(self) -> AmiType:
        """The image of the nodes, chosen or derived."""
        return self.ami_type or images.derived(self.instance_types)

    @property
    def plugin(self) -> Literal["nvidia", "neuron"] | None:
        """The device plugin that offers the nodes' accelerators to pods; none where the image brings it along."""
        accelerator = catalogue.accelerator(self.instance_types[0])
        brought = accelerator == "nvidia" and images.is_bottlerocket(self.image)
        return None if accelerator == "other" or brought else accelerator

    @property
    def takes_any_pod(self) -> bool:
        """Whether pods without tolerations find a node in the group from the start."""
        return self.desired_size > 0 and all(taint.effect == "PREFER_NO_SCHEDULE" for taint in self.taints)

    def problems(self) -> Iterator[Problem]:
        """Sizes in order; spot capacity has a choice of types; one architecture; labels and taints that EKS accepts."""
        yield from self._size_problems()
        yield from self._disk_problems()
        if self.capacity_type == "SPOT" and len(self.instance_types) < 3:
            yield Problem(
                ("instanceTypes",), f"has {len(self.instance_types)} types; SPOT needs at least 3 to find capacity"
            )
        for mixture in images.mixtures(self.instance_types):
            yield Problem(("instanceTypes",), mixture)
        for index, kind in enumerate(self.instance_types):
            yield from _node_type_problems(("instanceTypes", str(index)), kind)
            for misfit in images.misfits(self.ami_type, kind) if self.ami_type else ():
                yield Problem(("amiType",), misfit)
        for label in filter(_is_reserved_label, self.labels):
            yield Problem(("labels", label), "is in a domain that Kubernetes or EKS keeps for itself")
        if NODE_GROUP_LABEL in self.labels:
            yield Problem(("labels", NODE_GROUP_LABEL), "is set by the platform to the group's own name")
        yield from self._tag_problems()
        seen: set[tuple[str, str]] = set()
        for index, taint in enumerate(self.taints):
            if (taint.key, taint.effect) in seen:
                yield Problem(("taints", str(index)), f"repeats {taint.key} with {taint.effect}; one is allowed")
            seen.add((taint.key, taint.effect))
        keys = [taint.key for taint in self.taints]
        if self.min_size == 0 and len(set(keys)) < len(keys):
            yield Problem(("taints",), "repeats a key; the autoscaler learns one taint for each key of an empty group")

    def _tag_problems(self) -> Iterator[Problem]:
        """The autoscaler's tags are told apart by keys whose slashes have become hyphens."""
        for path, keys in (("labels", tuple(self.labels)), ("taints", tuple(taint.key for taint in self.taints))):
            seen: dict[str, str] = {}
            for key in keys:
                other = seen.setdefault(key.replace("/", "-"), key)
                if other != key:
                    yield Problem((path,), f"{key} and {other} differ in / and - only; the group's tags would collide")

    def _disk_problems(self) -> Iterator[Problem]:
        """The proportions of gp3 volumes (EBS User Guide)."""
        iops = self.disk_iops or 3_000
        if iops > 500 * self.disk_size_gib:
            yield Problem(("diskIops",), f"{iops} is more than 500 for each GiB ({self.disk_size_gib})")
        if self.disk_throughput_mibps and 4 * self.disk_throughput_mibps > iops:
            yield Problem(
                ("diskThroughputMibps",),
                f"{self.disk_throughput_mibps} is more than a quarter of diskIops allows ({iops // 4})",
            )

    def _size_problems(self) -> Iterator[Problem]:
        if self.min_size > self.max_size:
            yield Problem(("minSize",), f"{self.min_size} is more than maxSize ({self.max_size})")
        elif not self.min_size <= self.desired_size <= self.max_size:
            yield Problem(
                ("desiredSize",),
                f"{self.desired_size} is not between minSize ({self.min_size}) and maxSize ({self.max_size})",
            )
