"""What everyday changes of production do to it: each is previewed against a deployment of the stack's file."""

from __future__ import annotations

import dataclasses
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import changes
from local.engine import Session
from local.project import Project
from review import previews
from review.errors import ReviewError
from review.markdown import table
from review.previews import Kind, Preview, changed
from review.resources import short_type, type_of
from review.settings import configured
from review.summary.verdicts import endangered

STACK = "production"
_TYPES_SHOWN = 12


@dataclass(frozen=True)
class Upgrade:
    """A change of a stack's settings, as somebody makes it on an ordinary day."""

    name: str
    settings: Mapping[str, Any]
    """New values by key, such as `postgres.instanceClass`; None removes the key."""
    meaning: str
    """What it means for whoever uses the platform."""


UPGRADES: Sequence[Upgrade] = (
    Upgrade(
        "next Kubernetes minor",
        {"cluster.version": "1.37", "cluster.addonVersions.kube-proxy": "v1.37.0-eksbuild.1"},
        "control plane first, then kube-proxy and, group by group, the nodes, which are drained",
    ),
    Upgrade(
        "larger nodes",
        {"nodeGroups.general.instanceTypes": ["m5.2xlarge"]},
        "the new group is there before the old goes",
    ),
    Upgrade(
        "more nodes",
        {
            "nodeGroups.trading.minSize": 4,
            "nodeGroups.trading.desiredSize": 4,
            "nodeGroups.trading.maxSize": 12,
            "nodeGroups.trading.scaledBy": "configuration",
        },
        "a node more at once, and limits of the autoscaler",
    ),
    Upgrade("larger disks of nodes", {"nodeGroups.general.diskSizeGib": 150}, "nodes are replaced one after the other"),
    Upgrade(
        "a fifth node group",
        {
            "nodeGroups.research": {
                "instanceTypes": ["c5.4xlarge"],
                "minSize": 1,
                "desiredSize": 1,
                "maxSize": 4,
                "labels": {"workload": "research"},
                "taints": [{"key": "workload", "value": "research", "effect": "NO_SCHEDULE"}],
            }
        },
        "nothing for what runs",
    ),
    Upgrade(
        "a private network at the API",
        {"cluster.allowedCidrs": ["10.0.0.0/8", "172.16.0.0/12"]},
        "one rule more in each tier",
    ),
    Upgrade(
        "a public network at the API",
        {"cluster.allowedCidrs": ["10.0.0.0/8", "52.94.76.0/24"]},
        "the public endpoint opens for this network; some minutes",
    ),
    Upgrade(
        "one NAT gateway for all zones",
        {"network.natGateways": "single"},
        "outgoing connections of two zones break off once; their addresses are given back",
    ),
    Upgrade("larger database", {"postgres.instanceClass": "db.r6g.4xlarge"}, "a failover in the maintenance window"),
    Upgrade("more storage of the database", {"postgres.allocatedStorageGib": 1000}, "online; not again for six hours"),
    Upgrade(
        "longer backups of the database",
        {"postgres.backupRetentionDays": 35},
        "at once; the copy in the recovery region starts anew beside the old one, which stays until it expires",
    ),
    Upgrade(
        "next major of the database",
        {"postgres.engineVersion": "16"},
        "refused by RDS, which is not told to allow it: the runbook upgrades, and the program adopts what it finds",
    ),
    Upgrade(
        "a second replica",
        {"postgres.replicas.reporting": {"instanceClass": "db.r6g.2xlarge"}},
        "clients learn of it by the secret",
    ),
    Upgrade(
        "a replica less", {"postgres.replicas": {}}, "refused while the replica is protected; the runbook says how"
    ),
    Upgrade(
        "larger Redis nodes", {"redis.nodeType": "cache.r7g.4xlarge"}, "node by node, with a failover of each shard"
    ),
    Upgrade("more Redis replicas", {"redis.replicasPerShard": 3}, "online"),
    Upgrade("more Redis shards", {"redis.shards": 2}, "online, slowly: keys move while the cluster serves"),
    Upgrade("longer snapshots of Redis", {"redis.snapshotRetentionDays": 14}, "at once"),
    Upgrade("one more bucket", {"buckets.research": {"lifecycle": {"standardIaDays": 30}}}, "nothing for the others"),
    Upgrade("objects move on later", {"buckets.data.lifecycle.standardIaDays": 60}, "for what is still to move"),
    Upgrade(
        "replication of a bucket",
        {"buckets.models.replicate": True},
        "new objects only; S3 Batch Replication takes the old ones",
    ),
    Upgrade("an alarm threshold", {"observability.thresholds.databaseConnections": 3000}, "at once"),
    Upgrade("longer logs of the database", {"postgres.logRetentionDays": 731}, "at once"),
    Upgrade("longer flow logs", {"network.flowLogRetentionDays": 731}, "at once"),
    Upgrade("another owner in the tags", {"owner": "Platform Team"}, "nodes are replaced one after the other"),
    Upgrade("a higher quota", {"workloads.quotas.trading.pods": 300}, "at once"),
    Upgrade("keys rotate more often", {"kms.rotationPeriodDays": 180}, "at once"),
    Upgrade("longer backups of volumes", {"recovery.backupRetentionDays": 60}, "for backups from now on"),
)
"""The changes of the table, in its order."""


@dataclass(frozen=True)
class Effect:
    """What an upgrade does."""

    upgrade: Upgrade
    preview: Preview

    def of(self, kind: Kind) -> Counter[str]:
        """Number of resources by type to which this happens."""
        return Counter(type_of(change.urn) for change in changed(self.preview) if change.kind is kind)

    @property
    def data_lost(self) -> list[str]:
        """What holds data and is to be replaced or deleted."""
        return [change.urn for change in endangered(self.preview)]

    @property
    def refused(self) -> bool:
        """Whether the engine declines, because something is protected."""
        return any("protect" in error for error in self.preview.errors)


def effects(root: Path, upgrades: Iterable[Upgrade] = UPGRADES) -> Iterator[Effect]:
    """Preview each upgrade against one deployment.

    Raises:
        ReviewError: the stack cannot be deployed, or a preview fails for another reason than protection.
    """
    project = Project.load(root, STACK)
    with tempfile.TemporaryDirectory(prefix="upgrades-") as folder:
        with Session(project=project, backend=Path(folder)) as session:
            if not (outcome := session.up()).ok:
                raise ReviewError(f"{STACK} cannot be deployed: {outcome.errors}")
        for upgrade in upgrades:
            changed_project = dataclasses.replace(project, config=configured(project.config, upgrade.settings))
            with Session(project=changed_project, backend=Path(folder)) as session:
                effect = Effect(upgrade, previews.from_events(session.preview().events))
            if effect.preview.errors and not effect.refused:
                raise ReviewError(f"{upgrade.name}: {effect.preview.errors}")
            yield effect


def render(found: Sequence[Effect]) -> str:
    """The table of all effects as a page."""
    rows = [_row(effect) for effect in found]
    kept = sum(not effect.data_lost for effect in found)
    refused = sum(effect.refused for effect in found)
    lines = [
        "# What everyday changes do",
        "",
        f"Each row changes settings in `Pulumi.{STACK}.yaml`, previewed against a deployed stack on the offline",
        "engine. Generated by `make upgrades`, never edited; a test fails when it is out of date.",
        "",
        f"{kept} of {len(found)} changes leave all that holds data where it is; {refused} would delete what is",
        "protected, and the engine refuses. What counts as holding data is the table in `changes/data/`.",
        "",
        *table(("change", "plan", "what holds data", "what it means"), rows),
    ]
    return "\n".join(lines) + "\n"


def _row(effect: Effect) -> tuple[str, str, str, str]:
    keys = ", ".join(f"`{key}`" for key in effect.upgrade.settings)
    verbs = {Kind.CREATE: "creates", Kind.UPDATE: "updates", Kind.REPLACE: "replaces", Kind.DELETE: "deletes"}
    plan = [f"{verb} {_types(effect.of(kind))}" for kind, verb in verbs.items() if effect.of(kind)]
    return (f"{effect.upgrade.name}: {keys}", "; ".join(plan), _data(effect), effect.upgrade.meaning)


def _types(counts: Counter[str]) -> str:
    if len(counts) > _TYPES_SHOWN:
        return f"{counts.total()} resources of {len(counts)} types"
    named = {short_type(type_).removeprefix("aws:"): number for type_, number in counts.items()}
    return ", ".join(f"{number} `{name}`" if number > 1 else f"`{name}`" for name, number in sorted(named.items()))


def _data(effect: Effect) -> str:
    if effect.refused:
        return "**refused**: protected"
    touched = Counter({type_: number for type_, number in effect.of(Kind.UPDATE).items() if changes.holds(type_)})
    return f"in place: {_types(touched)}" if touched else "untouched"
