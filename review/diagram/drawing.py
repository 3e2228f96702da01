"""Draws docs/architecture.svg from the state of a deployed stack: `python -m review.diagram`.

The places of things are laid out by hand for legibility; everything that is written on them comes from the state.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from review import offline, resources
from review.diagram.architecture import ALB, CONTROL_PLANE, ENDPOINTS, INTERNET, NODES, POSTGRES, REDIS, Architecture
from review.diagram.svg import INK, MUTED, Box, Canvas, width, wrapped
from review.errors import ReviewError
from review.resources import Resource

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "architecture.svg"

_WIDTH = 1040
_CARD = "#ffffff"
_PUBLIC = ("#eef5ff", "#9dbfe8")
_PRIVATE = ("#edf8f0", "#95cba6")
_DATABASE = ("#fdf4e7", "#dfb677")
_REGION = ("#f6f8fa", "#c4ccd4")
_RECOVERY = ("#f5f1fd", "#b8a5e0")

_VPC = Box(195, 80, 605, 600)
_INNER = Box(209, 0, 577, 0)
_PUBLIC_TIER = Box(_VPC.x + 8, 116, _VPC.width - 16, 128)
_PRIVATE_TIER = Box(_VPC.x + 8, 262, _VPC.width - 16, 238)
_DATABASE_TIER = Box(_VPC.x + 8, 518, _VPC.width - 16, 154)
_ACTORS = Box(20, 0, 112, 0)
_SERVICES = Box(818, 80, 202, 600)
_RECOVERY_BAND = Box(20, 706, 1000, 112)
_TABLES_TOP = 850
_ROW = 21


def draw(architecture: Architecture) -> str:
    """The diagram of a stack as SVG."""
    canvas = Canvas(_WIDTH, 0)
    _title(canvas, architecture)
    _network(canvas, architecture)
    _cluster(canvas, architecture)
    _data(canvas, architecture)
    _services(canvas, architecture)
    _recovery(canvas, architecture)
    bottom = max(_connections(canvas, architecture), _keys(canvas, architecture))
    canvas.height = round(bottom) + 8
    return canvas.render(
        f"Architecture of the {architecture.stack} stack",
        "Network tiers in three zones, the cluster, data stores, copies in the recovery region, allowed connections,"
        " and what each key protects.",
    )


def _card(canvas: Canvas, box: Box, title: str, lines: Sequence[str] = (), key: str = "") -> None:
    """A white box with a title, some lines and the key that protects it."""
    canvas.box(box, fill=_CARD, stroke="#afb8c1", radius=6)
    canvas.text((box.x + 10, box.y + 20), title, bold=True)
    canvas.lines((box.x + 10, box.y + 38), lines)
    if key:
        canvas.tag(box.right - 8, box.y + 7, f"key {key}")


def _title(canvas: Canvas, architecture: Architecture) -> None:
    recovery = architecture.one("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication")
    canvas.text((20, 38), f"Trading platform: {architecture.stack}", size=21, bold=True)
    canvas.text(
        (20, 60),
        f"{architecture.region}, with copies in {recovery.inputs['region']}. Drawn from the deployed resources.",
        color=MUTED,
    )


def _network(canvas: Canvas, architecture: Architecture) -> None:
    canvas.box(_VPC, fill="#fbfcfd", stroke="#818b98", radius=10)
    canvas.text((_VPC.x + 14, _VPC.y + 23), f"VPC {architecture.vpc.inputs['cidrBlock']}", size=14, bold=True)
    tiers = (
        ("public", "Public subnets", _PUBLIC_TIER, _PUBLIC),
        ("private", "Private subnets", _PRIVATE_TIER, _PRIVATE),
        ("database", "Database subnets, no route to the internet", _DATABASE_TIER, _DATABASE),
    )
    for tier, label, box, (fill, stroke) in tiers:
        canvas.box(box, fill=fill, stroke=stroke)
        canvas.text((_INNER.x, box.y + 20), label, bold=True)
        zones = architecture.subnets(tier)
        step = _INNER.width / len(zones)
        for index, (zone, cidr) in enumerate(zones.items()):
            canvas.text((_INNER.x + index * step, box.y + 40), f"{zone}  {cidr}", size=12, color=MUTED)
    gateways = len(architecture.sorted("aws:ec2/natGateway:NatGateway"))
    nat = Box(_INNER.right - 128, _PUBLIC_TIER.y + 64, 128, 52)
    _card(canvas, nat, "NAT", [f"{gateways} gateway{'s' if gateways > 1 else ''}"])
    balancers = Box(_INNER.x, _PUBLIC_TIER.y + 64, 372, 52)
    _card(canvas, balancers, ALB, [f"security group {architecture.stack}-alb"])
    internet = Box(_ACTORS.x, balancers.y, _ACTORS.width, balancers.height)
    _card(canvas, internet, INTERNET)
    if ports := architecture.ports(INTERNET, ALB):
        _label_arrow(canvas, (internet.right, internet.middle), (balancers.x, balancers.middle), ports)


def _label_arrow(
    canvas: Canvas, start: tuple[float, float], end: tuple[float, float], ports: Sequence[str], gap: float = 7
) -> None:
    """A level arrow with its ports above it."""
    label = ", ".join(ports)
    middle = (start[0] + end[0] - width(label, 12, bold=True)) / 2
    canvas.arrow(start, end, label=label, label_at=(middle, start[1] - gap))


def _cluster(canvas: Canvas, architecture: Architecture) -> None:
    cluster = architecture.one("aws:eks/cluster:Cluster")
    network = cluster.inputs["vpcConfig"]
    top = _PRIVATE_TIER.y + 54
    control_plane = Box(_INNER.x, top, 178, 78)
    endpoint = "public and private endpoint" if network.get("endpointPublicAccess") else "private endpoint only"
    key = architecture.key_name(_at(cluster.inputs, "encryptionConfig", "provider", "keyArn"))
    lines = [str(cluster.inputs["name"]), f"Kubernetes {cluster.inputs['version']}", endpoint]
    _card(canvas, control_plane, "EKS", lines, key)
    nodes = Box(_INNER.x + 284, top, _INNER.width - 284, 174)
    _nodes(canvas, architecture, nodes)
    endpoints = Box(_INNER.x, top + 92, 178, 82)
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
    balancers, way_out, tier_top = nodes.x + 56, _INNER.right - 20, _PRIVATE_TIER.y
    if ports := architecture.ports(ALB, NODES):
        at = (balancers + 8, tier_top - 5)
        canvas.arrow((balancers, _PUBLIC_TIER.bottom - 12), (balancers, nodes.y), label=", ".join(ports), label_at=at)
    if ports := architecture.ports(NODES, INTERNET):
        canvas.arrow((way_out, nodes.y), (way_out, _PUBLIC_TIER.bottom - 12))
        label = f"to the internet: {', '.join(ports)}"
        canvas.text((way_out - 8, tier_top - 5), label, size=12, bold=True, anchor="end")
    for target, x in ((POSTGRES, nodes.x + 56), (REDIS, _INNER.right - 20)):
        if ports := architecture.ports(NODES, target):
            at = (x + 8, _DATABASE_TIER.y + 19) if x < nodes.x + 100 else (x - 40, _DATABASE_TIER.y + 19)
            canvas.arrow((x, nodes.bottom), (x, _DATABASE_TIER.y + 54), label=", ".join(ports), label_at=at)


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
    box = Box(_ACTORS.x, control_plane.y, _ACTORS.width, 46 + 16 * (len(lines) - 1))
    _card(canvas, box, "API clients", lines)
    middle = box.y + 30
    _label_arrow(canvas, (box.right, middle), (control_plane.x, middle), architecture.ports(cidrs[0], CONTROL_PLANE))


def _nodes(canvas: Canvas, architecture: Architecture, box: Box) -> None:
    groups = architecture.sorted("aws:eks/nodeGroup:NodeGroup")
    template = architecture.one("aws:ec2/launchTemplate:LaunchTemplate")
    disk = _at(template.inputs, "blockDeviceMappings", 0, "ebs", "kmsKeyId")
    canvas.box(box, fill=_CARD, stroke="#afb8c1", radius=6)
    canvas.text((box.x + 10, box.y + 20), NODES, bold=True)
    canvas.tag(box.right - 8, box.y + 7, f"key {architecture.key_name(disk)}")
    wide = (box.width - 30) / 2
    for index, group in enumerate(groups[:4]):
        inputs = group.inputs
        types, scaling = inputs["instanceTypes"], inputs["scalingConfig"]
        kind = types[0] if len(types) == 1 else f"{len(types)} types"
        spot = " spot" if inputs.get("capacityType") == "SPOT" else ""
        cell = Box(box.x + 10 + index % 2 * (wide + 10), box.y + 40 + index // 2 * 66, wide, 58)
        canvas.box(cell, fill=_PRIVATE[0], stroke=_PRIVATE[1], radius=6)
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
    _card(canvas, box, ENDPOINTS, wrapped(", ".join(names), 12, box.width - 20)[:3])


def _data(canvas: Canvas, architecture: Architecture) -> None:
    instances = sorted(
        architecture.here("aws:rds/instance:Instance"), key=lambda each: bool(each.inputs.get("replicateSourceDb"))
    )
    primary, replicas = instances[0], instances[1:]
    top = _DATABASE_TIER.y + 54
    box = Box(_INNER.x, top, 372, 88)
    inputs = primary.inputs
    standby = "standby in a second zone" if inputs.get("multiAz") else "no standby"
    size = f"PostgreSQL {inputs['engineVersion']}, {inputs['allocatedStorage']:g} GiB"
    lines = [f"{inputs['identifier']}: {inputs['instanceClass']}, {standby}"]
    lines += [f"{each.inputs['identifier']}: {each.inputs['instanceClass']}, reads" for each in replicas[:2]]
    _card(canvas, box, size, lines, architecture.key_name(inputs.get("kmsKeyId")))

    group = architecture.one("aws:elasticache/replicationGroup:ReplicationGroup").inputs
    nodes = int(group["numNodeGroups"]) * (int(group["replicasPerNodeGroup"]) + 1)
    shards = int(group["numNodeGroups"])
    _card(
        canvas,
        Box(box.right + 14, top, _INNER.right - box.right - 14, 88),
        f"Redis {group['engineVersion']}",
        [
            str(group["replicationGroupId"]),
            str(group["nodeType"]),
            f"{nodes} nodes, {shards} shard{'s' if shards > 1 else ''}",
        ],
        architecture.key_name(group.get("kmsKeyId")),
    )


Card = tuple[str, list[str], str]


def _services(canvas: Canvas, architecture: Architecture) -> None:
    fill, stroke = _REGION
    canvas.box(_SERVICES, fill=fill, stroke=stroke, radius=10)
    canvas.text((_SERVICES.x + 12, _SERVICES.y + 23), f"Services in {architecture.region}", size=14, bold=True)
    for (title, lines, key), box in _service_boxes(architecture):
        _card(canvas, box, title, lines, key)


def _service_boxes(architecture: Architecture) -> list[tuple[Card, Box]]:
    """Each card with its place, from the top down."""
    cards = _service_cards(architecture)
    heights = [33 + 16 * len(lines) for _, lines, _ in cards]
    gap = (_SERVICES.height - 44 - sum(heights)) / len(cards)
    placed, y = [], _SERVICES.y + 36
    for card, height in zip(cards, heights, strict=True):
        placed.append((card, Box(_SERVICES.x + 8, round(y), _SERVICES.width - 16, height)))
        y += height + gap
    return placed


def _service_cards(architecture: Architecture) -> list[Card]:
    """Title, lines and key of each card, the ones with copies in the recovery region last."""
    key = architecture.key_name
    buckets = _buckets_by_key(architecture)
    topic = architecture.one("aws:sns/topic:Topic").inputs
    alarms = len(architecture.here("aws:cloudwatch/metricAlarm:MetricAlarm"))
    group = architecture.one("aws:cloudwatch/logGroup:LogGroup").inputs
    groups = len(architecture.here("aws:cloudwatch/logGroup:LogGroup"))
    secrets = architecture.sorted("aws:secretsmanager/secret:Secret")
    cards: list[Card] = [
        ("Alarms", [f"{alarms} alarms tell", str(topic["name"])], key(topic.get("kmsMasterKeyId"))),
        ("Log groups", [f"{groups} groups"], key(group.get("kmsKeyId"))),
        (
            "Secrets",
            [str(secret.inputs["namePrefix"]).rstrip("-") for secret in secrets],
            key(secrets[0].inputs.get("kmsKeyId")),
        ),
    ]
    if trails := architecture.sorted("aws:cloudtrail/trail:Trail"):
        trail_key = key(trails[0].inputs.get("kmsKeyId"))
        lines = [str(trails[0].inputs["name"]), *(f"bucket {label}" for label in buckets.pop(trail_key, []))]
        cards.append(("Trail", lines, trail_key))
    if unkeyed := buckets.pop("", []):
        cards.append(("Access logs", [*(f"bucket {label}" for label in unkeyed), "under S3's own key"], ""))
    vault = architecture.one("aws:backup/vault:Vault")
    cards.append(("Backup vault", [str(vault.inputs["name"])], key(vault.inputs.get("kmsKeyArn"))))
    for name, labels in buckets.items():
        cards.append((_BUCKETS, [_noted(architecture, label) for label in labels], name))
    return cards


_BUCKETS = "Buckets"
_REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_KEY = ("rules", 0, "applyServerSideEncryptionByDefault", "kmsMasterKeyId")


def _buckets_by_key(architecture: Architecture) -> dict[str, list[str]]:
    """Labels of the stack's own region's buckets by the name of their key; no name for S3's own."""
    found: dict[str, list[str]] = {}
    for each in architecture.here(_ENCRYPTION):
        name = architecture.key_name(_at(each.inputs, *_KEY))
        found.setdefault(name, []).append(architecture.bucket_label(each))
    return found


def _noted(architecture: Architecture, label: str) -> str:
    """A bucket with what is special about it."""
    locks = architecture.sorted("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    notes = ["write once"] if any(architecture.bucket_label(each) == label for each in locks) else []
    copies = architecture.sorted(_REPLICATION)
    notes += ["copied"] if any(architecture.bucket_label(each) == label for each in copies) else []
    return f"{label}: {', '.join(notes)}" if notes else label


def _recovery(canvas: Canvas, architecture: Architecture) -> None:
    backups = architecture.one("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication").inputs
    fill, stroke = _RECOVERY
    band = _RECOVERY_BAND
    canvas.box(band, fill=fill, stroke=stroke, radius=10)
    canvas.text((band.x + 14, band.y + 24), f"Recovery region {backups['region']}", size=14, bold=True)
    canvas.text((band.x + 14, band.y + 62), "Dashed: copies", size=12, color=MUTED)
    top = band.y + 38
    _standby(canvas, architecture, Box(_INNER.x, top, 215, 60))
    days = f"{backups['retentionPeriod']:g} days, any moment"
    copies = Box(_INNER.x + 225, top, 180, 60)
    _card(canvas, copies, "Backups", [days], architecture.key_name(backups.get("kmsKeyId")))
    canvas.arrow((copies.x + 30, _DATABASE_TIER.bottom - 12), (copies.x + 30, top), dashed=True)
    places = {card[0]: box for card, box in _service_boxes(architecture)}
    _copied_vault(canvas, architecture, places["Backup vault"], Box(copies.right + 10, top, 182, 60))
    _copied_bucket(canvas, architecture, places[_BUCKETS], Box(_SERVICES.x + 8, top, _SERVICES.width - 16, 60))


def _standby(canvas: Canvas, architecture: Architecture, box: Box) -> None:
    for instance in architecture.abroad("aws:rds/instance:Instance")[:1]:
        inputs = instance.inputs
        networks = [str(vpc.inputs["cidrBlock"]) for vpc in architecture.abroad("aws:ec2/vpc:Vpc")]
        lines = [str(inputs["identifier"]), f"closed network {', '.join(networks)}"]
        _card(canvas, box, "Standby", lines, architecture.key_name(inputs.get("kmsKeyId")))
        canvas.arrow((box.x + 30, _DATABASE_TIER.bottom - 12), (box.x + 30, box.y), dashed=True)


def _copied_vault(canvas: Canvas, architecture: Architecture, source: Box, box: Box) -> None:
    for vault in architecture.abroad("aws:backup/vault:Vault"):
        key = architecture.key_name(vault.inputs.get("kmsKeyArn"))
        _card(canvas, box, "Vault", ["daily copies"], key)
        channel, bend, x = (_VPC.right + _SERVICES.x) / 2, _RECOVERY_BAND.y - 13, box.right - 40
        path = ((source.x, source.middle), (channel, source.middle), (channel, bend), (x, bend), (x, box.y))
        canvas.arrow(*path, dashed=True)


def _copied_bucket(canvas: Canvas, architecture: Architecture, source: Box, box: Box) -> None:
    for replication in architecture.sorted(_REPLICATION)[:1]:
        destination = replication.inputs["rules"][0]["destination"]
        minutes = _at(destination, "replicationTime", "time", "minutes")
        key = architecture.key_name(_at(destination, "encryptionConfiguration", "replicaKmsKeyId"))
        _card(canvas, box, "Bucket", [architecture.bucket_label(replication)], key)
        canvas.text((box.x + 10, box.y + 54), f"within {minutes:g} minutes", size=12, color=MUTED)
        x = box.x + box.width / 2
        canvas.arrow((x, source.bottom), (x, box.y), dashed=True)


def _connections(canvas: Canvas, architecture: Architecture) -> float:
    canvas.text((20, _TABLES_TOP), "Who may connect to whom", size=14, bold=True)
    y: float = _TABLES_TOP + _ROW + 4
    for connection in architecture.connections():
        canvas.text((20, y), connection.source, size=12)
        canvas.text((128, y), "→", size=12, color=MUTED)
        canvas.text((150, y), connection.target, size=12)
        canvas.text((258, y), ", ".join(connection.ports), size=12, bold=True)
        y += _ROW
    return y


def _keys(canvas: Canvas, architecture: Architecture) -> float:
    left, text = 455, 632
    canvas.text((left, _TABLES_TOP), "Which key protects what", size=14, bold=True)
    y: float = _TABLES_TOP + _ROW + 4
    for key in architecture.customer_keys():
        canvas.text((left, y), key.name, size=12, bold=True)
        canvas.text((left + 105, y), key.region, size=12, color=MUTED)
        lines = wrapped(", ".join(key.protects), 12, _WIDTH - 20 - text)
        canvas.lines((text, y), lines, color=INK)
        y += _ROW + 16 * (len(lines) - 1)
    return y


def _at(value: Any, *path: str | int) -> Any:
    """What lies at a path below a value; None where the path ends early."""
    for step in path:
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m review.diagram", description=(__doc__ or "").partition(":")[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--state", type=Path, metavar="FILE", help="an exported state (one from the offline engine)")
    source.add_argument("--stack", default="production", metavar="NAME", help="which stack to deploy offline")
    parser.add_argument("--output", type=Path, default=TARGET, metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        if options.state:
            inventory = resources.from_state(json.loads(options.state.read_text(encoding="utf-8")))
        else:
            inventory = offline.deployed(ROOT, options.stack)
        options.output.write_text(draw(Architecture(inventory)), encoding="utf-8")
    except ReviewError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0
