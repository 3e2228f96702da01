"""The tiers of the network, and what stands in each: load balancers, nodes, stores of data."""

from __future__ import annotations

from collections.abc import Sequence

from review.diagram.architecture import ALB, CONTROL_PLANE, ENDPOINTS, INTERNET, NODES, POSTGRES, REDIS, Architecture
from review.diagram.layout import (
    ACTORS,
    CARD,
    DATABASE,
    DATABASE_TIER,
    INNER,
    PRIVATE,
    PRIVATE_TIER,
    PUBLIC,
    PUBLIC_TIER,
    VPC,
    card,
    lookup,
)
from review.diagram.svg import MUTED, Box, Canvas, width, wrapped
from review.resources import Resource


def draw_network(canvas: Canvas, architecture: Architecture) -> None:
    """Draw the VPC with its tiers and gateways."""
    canvas.box(VPC, fill="#fbfcfd", stroke="#818b98", radius=10)
    canvas.text((VPC.x + 14, VPC.y + 23), f"VPC {architecture.vpc.inputs['cidrBlock']}", size=14, bold=True)
    tiers = (
        ("public", "Public subnets", PUBLIC_TIER, PUBLIC),
        ("private", "Private subnets", PRIVATE_TIER, PRIVATE),
        ("database", "Database subnets, no route to the internet", DATABASE_TIER, DATABASE),
    )
    for tier, label, box, (fill, stroke) in tiers:
        canvas.box(box, fill=fill, stroke=stroke)
        canvas.text((INNER.x, box.y + 20), label, bold=True)
        zones = architecture.subnets(tier)
        step = INNER.width / len(zones)
        for index, (zone, cidr) in enumerate(zones.items()):
            canvas.text((INNER.x + index * step, box.y + 40), f"{zone}  {cidr}", size=12, color=MUTED)
    gateways = len(architecture.sorted("aws:ec2/natGateway:NatGateway"))
    nat = Box(INNER.right - 128, PUBLIC_TIER.y + 64, 128, 52)
    card(canvas, nat, "NAT", [f"{gateways} gateway{'s' if gateways > 1 else ''}"], icon="gateway")
    balancers = Box(INNER.x, PUBLIC_TIER.y + 64, 372, 52)
    card(canvas, balancers, ALB, [f"security group {architecture.stack}-alb"], icon="balancer")
    internet = Box(ACTORS.x, balancers.y, ACTORS.width, balancers.height)
    card(canvas, internet, INTERNET, icon="cloud")
    if ports := architecture.ports(INTERNET, ALB):
        _label_arrow(canvas, (internet.right, internet.middle), (balancers.x, balancers.middle), ports)


def _label_arrow(
    canvas: Canvas, start: tuple[float, float], end: tuple[float, float], ports: Sequence[str], gap: float = 7
) -> None:
    """A level arrow with its ports above it."""
    label = ", ".join(ports)
    middle = (start[0] + end[0] - width(label, 12, bold=True)) / 2
    canvas.arrow(start, end, label=label, label_at=(middle, start[1] - gap))


def draw_cluster(canvas: Canvas, architecture: Architecture) -> None:
    """Draw the control plane, the nodes and who reaches them."""
    cluster = architecture.one("aws:eks/cluster:Cluster")
    network = cluster.inputs["vpcConfig"]
    top = PRIVATE_TIER.y + 54
    control_plane = Box(INNER.x, top, 172, 78)
    endpoint = "public and private endpoint" if network.get("endpointPublicAccess") else "private endpoint only"
    key = architecture.key_name(lookup(cluster.inputs, "encryptionConfig", "provider", "keyArn"))
    lines = [str(cluster.inputs["name"]), f"Kubernetes {cluster.inputs['version']}", endpoint]
    card(canvas, control_plane, "EKS", lines, key, icon="cube")
    nodes = Box(INNER.x + 302, top, INNER.width - 302, 174)
    _nodes(canvas, architecture, nodes)
    endpoints = Box(INNER.x, top + 84, 172, 94)
    _endpoints(canvas, architecture, endpoints)

    if ports := architecture.ports(CONTROL_PLANE, NODES):
        start, end = (control_plane.right, top + 40), (nodes.x, top + 40)
        half = len(ports) // 2 + len(ports) % 2 if len(ports) > 3 else len(ports)
        _label_arrow(canvas, start, end, ports[:half], gap=22 if ports[half:] else 7)
        if ports[half:]:
            label = ", ".join(ports[half:])
            middle = (start[0] + end[0] - width(label, 12, bold=True)) / 2
            canvas.text((middle, start[1] - 6), label, size=12, bold=True)
    if ports := architecture.ports("VPC", CONTROL_PLANE):
        _label_arrow(canvas, (nodes.x, top + 64), (control_plane.right, top + 64), ports)
    if ports := architecture.ports("VPC", ENDPOINTS):
        _label_arrow(canvas, (nodes.x, endpoints.middle), (endpoints.right, endpoints.middle), ports)
    _arrows_of_nodes(canvas, architecture, nodes)
    _api_clients(canvas, architecture, control_plane)


def _arrows_of_nodes(canvas: Canvas, architecture: Architecture, nodes: Box) -> None:
    balancers, way_out, tier_top = nodes.x + 56, INNER.right - 20, PRIVATE_TIER.y
    if ports := architecture.ports(ALB, NODES):
        at = (balancers + 8, tier_top - 5)
        canvas.arrow((balancers, PUBLIC_TIER.bottom - 12), (balancers, nodes.y), label=", ".join(ports), label_at=at)
    if ports := architecture.ports(NODES, INTERNET):
        canvas.arrow((way_out, nodes.y), (way_out, PUBLIC_TIER.bottom - 12))
        label = f"internet: {', '.join(ports)}"
        canvas.text((way_out - 8, tier_top - 5), label, size=12, bold=True, anchor="end")
    for target, x in ((POSTGRES, nodes.x + 56), (REDIS, INNER.right - 20)):
        if ports := architecture.ports(NODES, target):
            at = (x + 8, DATABASE_TIER.y + 19) if x < nodes.x + 100 else (x - 40, DATABASE_TIER.y + 19)
            canvas.arrow((x, nodes.bottom), (x, DATABASE_TIER.y + 54), label=", ".join(ports), label_at=at)


def _api_clients(canvas: Canvas, architecture: Architecture, control_plane: Box) -> None:
    """Networks outside of the VPC that may reach the Kubernetes API."""
    cidrs = [
        connection.source
        for connection in architecture.connections()
        if connection.target == CONTROL_PLANE and "/" in connection.source
    ]
    if not cidrs:
        return
    lines = [*cidrs[:3], *(["..."] if len(cidrs) > 3 else [])]
    box = Box(ACTORS.x, control_plane.y, ACTORS.width, 46 + 16 * (len(lines) - 1))
    card(canvas, box, "API clients", lines, icon="people")
    middle = box.y + 30
    _label_arrow(canvas, (box.right, middle), (control_plane.x, middle), architecture.ports(cidrs[0], CONTROL_PLANE))


def _nodes(canvas: Canvas, architecture: Architecture, box: Box) -> None:
    groups = architecture.sorted("aws:eks/nodeGroup:NodeGroup")
    template = architecture.one("aws:ec2/launchTemplate:LaunchTemplate")
    disk = lookup(template.inputs, "blockDeviceMappings", 0, "ebs", "kmsKeyId")
    canvas.box(box, fill=CARD, stroke="#afb8c1", radius=6)
    canvas.text((box.x + 10, box.y + 20), NODES, bold=True)
    canvas.tag(box.right - 8, box.y + 7, architecture.key_name(disk))
    wide = (box.width - 30) / 2
    for index, group in enumerate(groups[:4]):
        inputs = group.inputs
        types, scaling = inputs["instanceTypes"], inputs["scalingConfig"]
        kind = types[0] if len(types) == 1 else f"{len(types)} types"
        spot = " spot" if inputs.get("capacityType") == "SPOT" else ""
        cell = Box(box.x + 10 + index % 2 * (wide + 10), box.y + 40 + index // 2 * 66, wide, 58)
        canvas.box(cell, fill=PRIVATE[0], stroke=PRIVATE[1], radius=6)
        canvas.text((cell.x + 9, cell.y + 19), _label_of(group), bold=True)
        sizes = f"{scaling['minSize']:g} to {scaling['maxSize']:g}"
        canvas.lines((cell.x + 9, cell.y + 35), [f"{kind}{spot}", f"{sizes} nodes"])


def _label_of(group: Resource) -> str:
    return str(group.inputs.get("labels", {}).get("node-group", group.name))


def _endpoints(canvas: Canvas, architecture: Architecture, box: Box) -> None:
    names = sorted(
        str(endpoint.inputs["serviceName"]).rpartition(f"com.amazonaws.{architecture.region}.")[2]
        for endpoint in architecture.sorted("aws:ec2/vpcEndpoint:VpcEndpoint")
    )
    card(canvas, box, ENDPOINTS, wrapped(", ".join(names), 12, box.width - 20)[:4], icon="plug")


def draw_data(canvas: Canvas, architecture: Architecture) -> None:
    """Draw the databases and the cache."""
    instances = sorted(
        architecture.here("aws:rds/instance:Instance"), key=lambda each: bool(each.inputs.get("replicateSourceDb"))
    )
    primary, replicas = instances[0], instances[1:]
    top = DATABASE_TIER.y + 54
    box = Box(INNER.x, top, 372, 88)
    inputs = primary.inputs
    standby = "with a standby" if inputs.get("multiAz") else "no standby"
    size = f"PostgreSQL {inputs['engineVersion']}, {inputs['allocatedStorage']:g} GiB"
    lines = [f"{inputs['identifier']}: {inputs['instanceClass']}, {standby}"]
    lines += [f"{each.inputs['identifier']}: {each.inputs['instanceClass']}, reads" for each in replicas[:2]]
    card(canvas, box, size, lines, architecture.key_name(inputs.get("kmsKeyId")), icon="database")

    group = architecture.one("aws:elasticache/replicationGroup:ReplicationGroup").inputs
    nodes = int(group["numNodeGroups"]) * (int(group["replicasPerNodeGroup"]) + 1)
    shards = int(group["numNodeGroups"])
    card(
        canvas,
        Box(box.right + 14, top, INNER.right - box.right - 14, 88),
        f"{'Valkey' if group.get('engine') == 'valkey' else 'Redis'} {group['engineVersion']}",
        [
            str(group["replicationGroupId"]),
            str(group["nodeType"]),
            f"{nodes} nodes, {shards} shard{'s' if shards > 1 else ''}",
        ],
        architecture.key_name(group.get("kmsKeyId")),
        icon="database",
    )
