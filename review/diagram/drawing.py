"""Draws docs/architecture.svg from the state of a deployed stack: `python -m review.diagram`.

The places of things are laid out by hand for legibility; everything that is written on them comes from the state.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from review import offline, resources
from review.diagram import tiers
from review.diagram.architecture import Architecture
from review.diagram.icons import Icon
from review.diagram.layout import (
    DATABASE_TIER,
    INNER,
    RECOVERY,
    RECOVERY_BAND,
    REGION,
    ROW,
    SERVICES,
    TABLES_TOP,
    VPC,
    WIDTH,
    card,
    lookup,
)
from review.diagram.svg import INK, MUTED, Box, Canvas, wrapped
from review.errors import ReviewError

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "architecture.svg"


def draw(architecture: Architecture) -> str:
    """The diagram of a stack as SVG."""
    canvas = Canvas(WIDTH, 0)
    _title(canvas, architecture)
    tiers.draw_network(canvas, architecture)
    tiers.draw_cluster(canvas, architecture)
    tiers.draw_data(canvas, architecture)
    _services(canvas, architecture)
    _recovery(canvas, architecture)
    bottom = max(_connections(canvas, architecture), _keys(canvas, architecture))
    canvas.height = round(bottom) + 8
    return canvas.render(
        f"Architecture of the {architecture.stack} stack",
        "Network tiers in three zones, the cluster, data stores, copies in the recovery region, allowed connections,"
        " and what each key protects.",
    )


def _title(canvas: Canvas, architecture: Architecture) -> None:
    recovery = architecture.one("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication")
    canvas.text((20, 38), f"Trading platform: {architecture.stack}", size=21, bold=True)
    canvas.text(
        (20, 60),
        f"{architecture.region}, with copies in {recovery.inputs['region']}. Drawn from the deployed resources."
        " Yellow: the key that protects it.",
        color=MUTED,
    )


Card = tuple[str, list[str], str]


def _services(canvas: Canvas, architecture: Architecture) -> None:
    fill, stroke = REGION
    canvas.box(SERVICES, fill=fill, stroke=stroke, radius=10)
    canvas.text((SERVICES.x + 12, SERVICES.y + 23), f"Services in {architecture.region}", size=14, bold=True)
    for (title, lines, key), box in _service_boxes(architecture):
        card(canvas, box, title, lines, key, icon=_SIGNS.get(title))


def _service_boxes(architecture: Architecture) -> list[tuple[Card, Box]]:
    """Each card with its place, from the top down."""
    cards = _service_cards(architecture)
    heights = [33 + 16 * len(lines) for _, lines, _ in cards]
    gap = (SERVICES.height - 44 - sum(heights)) / len(cards)
    placed, y = [], SERVICES.y + 36
    for each, height in zip(cards, heights, strict=True):
        placed.append((each, Box(SERVICES.x + 8, round(y), SERVICES.width - 16, height)))
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
    cards += _address(architecture) + _registry(architecture)
    vault = architecture.one("aws:backup/vault:Vault")
    cards.append(("Backup vault", [str(vault.inputs["name"])], key(vault.inputs.get("kmsKeyArn"))))
    for name, labels in buckets.items():
        cards.append((_BUCKETS, [_noted(architecture, label) for label in labels], name))
    return cards


def _address(architecture: Architecture) -> list[Card]:
    """Where the platform answers, and what stands before its load balancers."""
    checks = len(architecture.sorted("aws:route53/healthCheck:HealthCheck"))
    firewalls = [f"web ACL {each.inputs['name']}" for each in architecture.here("aws:wafv2/webAcl:WebAcl")]
    checked = [f"{checks} check{'s' if checks > 1 else ''} from outside"] if checks else []
    certificates = architecture.here("aws:acm/certificate:Certificate")
    return [("Address", [str(each.inputs["domainName"]), *firewalls, *checked], "") for each in certificates]


def _registry(architecture: Architecture) -> list[Card]:
    repositories = architecture.here("aws:ecr/repository:Repository")
    if not repositories:
        return []
    key = lookup(repositories[0].inputs, "encryptionConfigurations", 0, "kmsKey")
    return [("Registry", [str(each.inputs["name"]) for each in repositories[:3]], architecture.key_name(key))]


_BUCKETS = "Buckets"
_SIGNS: Mapping[str, Icon] = {
    "Alarms": "bell",
    "Log groups": "scroll",
    "Trail": "scroll",
    "Access logs": "scroll",
    "Secrets": "lock",
    "Backup vault": "lock",
    _BUCKETS: "bucket",
}
_REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_KEY = ("rules", 0, "applyServerSideEncryptionByDefault", "kmsMasterKeyId")


def _buckets_by_key(architecture: Architecture) -> dict[str, list[str]]:
    """Labels of the stack's own region's buckets by the name of their key; no name for S3's own."""
    found: dict[str, list[str]] = {}
    for each in architecture.here(_ENCRYPTION):
        name = architecture.key_name(lookup(each.inputs, *_KEY))
        found.setdefault(name, []).append(architecture.bucket_label(each))
    return found


def _noted(architecture: Architecture, label: str) -> str:
    """A bucket with what is special about it."""
    locks = architecture.sorted("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    notes = ["locked"] if any(architecture.bucket_label(each) == label for each in locks) else []
    copies = architecture.sorted(_REPLICATION)
    notes += ["copied"] if any(architecture.bucket_label(each) == label for each in copies) else []
    return f"{label}: {', '.join(notes)}" if notes else label


def _recovery(canvas: Canvas, architecture: Architecture) -> None:
    backups = architecture.one("aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication").inputs
    fill, stroke = RECOVERY
    band = RECOVERY_BAND
    canvas.box(band, fill=fill, stroke=stroke, radius=10)
    canvas.text((band.x + 14, band.y + 24), f"Recovery region {backups['region']}", size=14, bold=True)
    canvas.text((band.x + 14, band.y + 62), "Dashed: copies", size=12, color=MUTED)
    top = band.y + 38
    _standby(canvas, architecture, Box(INNER.x, top, 215, 60))
    days = f"{backups['retentionPeriod']:g} days, any moment"
    copies = Box(INNER.x + 225, top, 180, 60)
    card(canvas, copies, "Backups", [days], architecture.key_name(backups.get("kmsKeyId")), icon="database")
    canvas.arrow((copies.x + 30, DATABASE_TIER.bottom - 12), (copies.x + 30, top), dashed=True)
    places = {card[0]: box for card, box in _service_boxes(architecture)}
    _copied_vault(canvas, architecture, places["Backup vault"], Box(copies.right + 10, top, 182, 60))
    _copied_bucket(canvas, architecture, places[_BUCKETS], Box(SERVICES.x + 8, top, SERVICES.width - 16, 60))


def _standby(canvas: Canvas, architecture: Architecture, box: Box) -> None:
    for instance in architecture.abroad("aws:rds/instance:Instance")[:1]:
        inputs = instance.inputs
        networks = [str(vpc.inputs["cidrBlock"]) for vpc in architecture.abroad("aws:ec2/vpc:Vpc")]
        lines = [str(inputs["identifier"]), f"closed network {', '.join(networks)}"]
        card(canvas, box, "Standby", lines, architecture.key_name(inputs.get("kmsKeyId")), icon="database")
        canvas.arrow((box.x + 60, DATABASE_TIER.bottom - 12), (box.x + 60, box.y), dashed=True)


def _copied_vault(canvas: Canvas, architecture: Architecture, source: Box, box: Box) -> None:
    for vault in architecture.abroad("aws:backup/vault:Vault"):
        key = architecture.key_name(vault.inputs.get("kmsKeyArn"))
        card(canvas, box, "Vault", ["daily copies"], key, icon="lock")
        channel, bend, x = (VPC.right + SERVICES.x) / 2, RECOVERY_BAND.y - 13, box.right - 40
        path = ((source.x, source.middle), (channel, source.middle), (channel, bend), (x, bend), (x, box.y))
        canvas.arrow(*path, dashed=True)


def _copied_bucket(canvas: Canvas, architecture: Architecture, source: Box, box: Box) -> None:
    for replication in architecture.sorted(_REPLICATION)[:1]:
        destination = replication.inputs["rules"][0]["destination"]
        minutes = lookup(destination, "replicationTime", "time", "minutes")
        key = architecture.key_name(lookup(destination, "encryptionConfiguration", "replicaKmsKeyId"))
        card(canvas, box, "Bucket", [architecture.bucket_label(replication)], key, icon="bucket")
        canvas.text((box.x + 10, box.y + 54), f"within {minutes:g} minutes", size=12, color=MUTED)
        x = box.x + box.width / 2
        canvas.arrow((x, source.bottom), (x, box.y), dashed=True)


def _connections(canvas: Canvas, architecture: Architecture) -> float:
    canvas.text((20, TABLES_TOP), "Who may connect to whom", size=14, bold=True)
    y: float = TABLES_TOP + ROW + 4
    for connection in architecture.connections():
        canvas.text((20, y), connection.source, size=12)
        canvas.text((128, y), "→", size=12, color=MUTED)
        canvas.text((150, y), connection.target, size=12)
        canvas.text((258, y), ", ".join(connection.ports), size=12, bold=True)
        y += ROW
    return y


def _keys(canvas: Canvas, architecture: Architecture) -> float:
    left, text = 485, 700
    canvas.text((left, TABLES_TOP), "Which key protects what", size=14, bold=True)
    y: float = TABLES_TOP + ROW + 4
    for key in architecture.customer_keys():
        canvas.text((left, y), key.name, size=12, bold=True)
        canvas.text((left + 135, y), key.region, size=12, color=MUTED)
        lines = wrapped(", ".join(key.protects), 12, WIDTH - 20 - text)
        canvas.lines((text, y), lines, color=INK)
        y += ROW + 16 * (len(lines) - 1)
    return y


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
