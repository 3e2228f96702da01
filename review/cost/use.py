"""What use adds to a month, by stated assumptions: transfer, logs, backups and their copies, storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from review.cost.prices import Prices
from review.cost.pricing import Charge
from review.errors import ReviewError
from review.resources import Inventory, Resource

DEFAULT = Path(__file__).with_name("use.yaml")
_DAYS_OF_A_MONTH = Decimal("30.4")


@dataclass(frozen=True)
class Use:
    """Assumed quantities of a month, by dotted name such as `nat.gibPerGateway`."""

    amounts: Mapping[str, Decimal]

    def __getitem__(self, name: str) -> Decimal:
        """How much of something is used."""
        return self.amounts[name]


def load(file: Path = DEFAULT) -> Use:
    """Read assumptions; what a file of one's own leaves out is as in the project's.

    Raises:
        ReviewError: it cannot be read, or has something that is no assumption or no number.
    """
    known = _flat(_content(DEFAULT))
    own = _flat(_content(file))
    if strange := sorted(set(own) - set(known)):
        raise ReviewError(f"{file}: {', '.join(strange)}: there is no such assumption; there are {', '.join(known)}")
    return Use({**known, **own})


def _content(file: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ReviewError(f"{file} is no file of assumptions: {' '.join(str(error).split())}") from None
    if not isinstance(content, Mapping):
        raise ReviewError(f"{file} is no file of assumptions: it holds no mapping")
    return content


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ReviewError(f"{prefix}{name}: {value!r}: must be a number, 0 or more")
        else:
            found[f"{prefix}{name}"] = Decimal(str(value))
    return found


Rule = Callable[[Resource, Inventory, Prices, Use], Iterator[Charge]]


def charges(resource: Resource, resources: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    """Yield what the assumed use of a resource costs."""
    if rule := _RULES.get(resource.type):
        yield from rule(resource, resources, prices, use)


def _charge(what: str, prices: Prices, price: str, quantity: Decimal) -> Charge:
    return Charge(what=what, unit_price=prices.use.get(price), quantity=quantity)


def _nat(_gateway: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    yield _charge("GiB through the NAT gateway", prices, "nat.perGib", use["nat.gibPerGateway"])


def _endpoint(endpoint: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    if endpoint.inputs.get("vpcEndpointType") == "Interface":
        yield _charge("GiB through the endpoint", prices, "endpoint.perGib", use["endpoints.gibPerEndpoint"])


def _nodes(group: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    nodes = Decimal((group.inputs.get("scalingConfig") or {}).get("desiredSize") or 0)
    both = 2 * nodes * use["transfer.interZoneGibPerNode"]
    yield _charge("GiB between zones, each side", prices, "transfer.interZonePerGib", both)


def _internet(_vpc: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    yield _charge("GiB to the internet", prices, "transfer.internetPerGib", use["transfer.internetGib"])


def _logs(group: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    """What is written, and what is kept of it for as long as the group keeps it; a year where it keeps it for ever."""
    written = use["logs.gibPerGroup"]
    months = Decimal(group.inputs.get("retentionInDays") or 365) / _DAYS_OF_A_MONTH
    yield _charge("GiB of logs written", prices, "logs.writtenPerGib", written)
    yield _charge("GiB of logs kept", prices, "logs.storedPerGib", written * months * use["logs.storedShare"])


def _database(database: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    """Backups beyond the size of the database, and what a replica in another region is sent."""
    size = Decimal(database.inputs.get("allocatedStorage") or 0)
    days = Decimal(database.inputs.get("backupRetentionPeriod") or 0)
    held = size * use["databases.usedShare"] * (1 + use["databases.dailyChange"] * days) if days else Decimal()
    yield _charge("GiB of backups beyond the free ones", prices, "rds.backupPerGib", max(held - size, Decimal()))


def _copies(copies: Resource, resources: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    """Backups in the other region, none of which is free, and what is sent there."""
    size, change = _replicated(resources) * use["databases.usedShare"], use["databases.dailyChange"]
    days = Decimal(copies.inputs.get("retentionPeriod") or 7)
    yield _charge("GiB of backups in the other region", prices, "rds.backupPerGib", size * (1 + change * days))
    sent = size * change * _DAYS_OF_A_MONTH
    yield _charge("GiB of backups sent to the other region", prices, "transfer.interRegionPerGib", sent)


def _replicated(resources: Inventory) -> Decimal:
    """Storage of the databases that have backups of their own."""
    databases = [each.inputs for each in resources.of_type("aws:rds/instance:Instance")]
    return sum(
        (Decimal(each.get("allocatedStorage") or 0) for each in databases if not each.get("replicateSourceDb")),
        Decimal(),
    )


def _standby(database: Resource, resources: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    yield from _database(database, resources, prices, use)
    source = str(database.inputs.get("replicateSourceDb") or "")
    region = str(database.inputs.get("region") or prices.region)
    if source.startswith("arn:") and source.split(":")[3] != region:
        sent = _replicated(resources) * use["databases.usedShare"] * use["databases.dailyChange"] * _DAYS_OF_A_MONTH
        yield _charge("GiB sent to the replica in another region", prices, "transfer.interRegionPerGib", sent)


def _vault(_vault_: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    yield _charge("GiB of recovery points", prices, "backup.perGib", use["vaults.gibPerVault"])


def _backup_plan(plan: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    """What copies send to the vault in another region: what changes in a month."""
    targets = [copy for rule in plan.inputs.get("rules") or () for copy in rule.get("copyActions") or ()]
    if targets:
        sent = use["vaults.gibPerVault"] * use["databases.dailyChange"] * _DAYS_OF_A_MONTH
        yield _charge("GiB of recovery points sent to the other region", prices, "transfer.interRegionPerGib", sent)


def _bucket(_bucket_: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    yield _charge("GiB of objects", prices, "s3.standardPerGib", use["buckets.gibPerBucket"])


def _replication(replication: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    gib = use["buckets.replicatedGibPerBucket"]
    yield _charge("GiB of objects sent to the other region", prices, "transfer.interRegionPerGib", gib)
    rules = replication.inputs.get("rules") or ()
    if any(((rule.get("destination") or {}).get("replicationTime") or {}).get("status") == "Enabled" for rule in rules):
        yield _charge("GiB of objects under replication time control", prices, "s3.replicationTimePerGib", gib)


def _balancer(_balancer_: Resource, _all: Inventory, prices: Prices, use: Use) -> Iterator[Charge]:
    hours = prices.use.get("loadBalancer.capacityUnitHour")
    price = None if hours is None else hours * prices.hours_per_month
    yield Charge(what="capacity unit", unit_price=price, quantity=use["loadBalancers.capacityUnits"])


_RULES: Mapping[str, Rule] = {
    "aws:backup/plan:Plan": _backup_plan,
    "aws:backup/vault:Vault": _vault,
    "aws:cloudwatch/logGroup:LogGroup": _logs,
    "aws:ec2/internetGateway:InternetGateway": _internet,
    "aws:ec2/natGateway:NatGateway": _nat,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:eks/nodeGroup:NodeGroup": _nodes,
    "aws:lb/loadBalancer:LoadBalancer": _balancer,
    "aws:rds/instance:Instance": _standby,
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": _copies,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": _replication,
}
