"""What each type of resource is charged for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from review.cost.prices import Prices
from review.resources import Inventory, Resource

# Included in the price of a gp3 volume.
_GP3_IOPS = 3000
_GP3_MIBPS = 125
# Included in the price of a database's gp3 storage from 400 GiB on.
_RDS_IOPS = 12_000
_RDS_MIBPS = 500
# Series that the platform collects, counted from its lists of metrics: of the control plane and of name servers
# together, and of a node with about 40 containers. What pods serve by themselves is beyond that.
_CLUSTER_SERIES = 4_000
_NODE_SERIES = 800
_SECONDS_PER_HOUR = 3_600
# Metrics that EC2 sends each minute for an instance whose monitoring is detailed.
_DETAILED_METRICS = 7
# vCPUs of the sizes that are not a multiple of xlarge, which has four.
_SMALL_VCPUS = 2


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A quantity at a price."""

    what: str
    unit_price: Decimal | None
    """A month of one; None where the table lacks it."""
    quantity: Decimal = Decimal(1)
    commitment: str = ""
    """Which kind of commitment makes it cheaper."""
    steady: Decimal = Decimal()
    """The part of its price that is paid in every hour of the month."""

    @property
    def monthly(self) -> Decimal:
        """Price of all for a month."""
        return (self.unit_price or Decimal()) * self.quantity


Rule = Callable[[Resource, Inventory, Prices], Iterator[Charge]]


def charges(resource: Resource, resources: Inventory, prices: Prices) -> Iterator[Charge]:
    """Yield what a resource costs whatever its use."""
    if rule := _RULES.get(resource.type):
        yield from rule(resource, resources, prices)


def is_priced(type_: str) -> bool:
    """Whether resources of this type are in the estimate."""
    return type_ in _RULES


def _node_group(group: Resource, resources: Inventory, prices: Prices) -> Iterator[Charge]:
    """Instances at the desired size, all of the first type, and their disks."""
    scaling = group.inputs.get("scalingConfig") or {}
    desired, smallest = (Decimal(scaling.get(name) or 0) for name in ("desiredSize", "minSize"))
    types = group.inputs.get("instanceTypes") or group.outputs.get("instanceTypes") or ["t3.medium"]
    spot = group.inputs.get("capacityType") == "SPOT"
    price = prices.month_of(f"ec2.{types[0]}")
    yield Charge(
        what=f"{types[0]}{' (spot, at most)' if spot else ''}",
        unit_price=price,
        quantity=desired,
        commitment="" if spot else "ec2",
        steady=(price or Decimal()) * min(smallest, desired),
    )
    template = _launch_template(group, resources)
    mappings = template.get("blockDeviceMappings") or [{"ebs": {"volumeSize": group.inputs.get("diskSize") or 20}}]
    for charge in (charge for mapping in mappings for charge in _volume(mapping.get("ebs") or {}, prices)):
        yield Charge(what=charge.what, unit_price=charge.unit_price, quantity=charge.quantity * desired)
    if (template.get("monitoring") or {}).get("enabled"):
        metric = prices.monthly.get("cloudWatch.customMetric")
        yield Charge(what="metric of detailed monitoring", unit_price=metric, quantity=desired * _DETAILED_METRICS)


def _launch_template(group: Resource, resources: Inventory) -> Mapping[str, Any]:
    """Inputs of the group's launch template, of which a preview may know no more than its name."""
    wanted = (group.inputs.get("launchTemplate") or {}).get("id")
    templates = list(resources.of_type("aws:ec2/launchTemplate:LaunchTemplate"))
    by_id = (each for each in templates if each.id and each.id == wanted)
    by_name = (each for each in templates if wanted and each.name == group.name)
    found = next(by_id, None) or next(by_name, None)
    return found.inputs if found else {}


def _volume(volume: Mapping[str, Any], prices: Prices) -> Iterator[Charge]:
    kind = volume.get("volumeType") or volume.get("type") or "gp2"
    size = volume.get("volumeSize") or volume.get("size") or 0
    yield Charge(what=f"GiB of {kind} disk", unit_price=prices.monthly.get(f"ebs.{kind}PerGib"), quantity=Decimal(size))
    if kind == "gp3":
        yield from _beyond("IOPS", volume.get("iops"), _GP3_IOPS, prices.monthly.get("ebs.gp3PerIopsOver3000"))
        yield from _beyond("MiB/s", volume.get("throughput"), _GP3_MIBPS, prices.monthly.get("ebs.gp3PerMibpsOver125"))


def _beyond(unit: str, wanted: Any, included: int, price: Decimal | None) -> Iterator[Charge]:
    if wanted and wanted > included:
        yield Charge(what=f"{unit} beyond {included}", unit_price=price, quantity=Decimal(wanted) - included)


def _ebs_volume(volume: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
    yield from _volume(volume.inputs, prices)


def _instance(instance: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
    price = prices.month_of(f"ec2.{instance.inputs.get('instanceType')}")
    yield Charge(
        what=str(instance.inputs.get("instanceType")), unit_price=price, commitment="ec2", steady=price or Decimal()
    )


def _database(database: Resource, resources: Inventory, prices: Prices) -> Iterator[Charge]:
    """The instance and its storage, twice with a standby; a replica has the storage of its source."""
    source = _source(database, resources)
    engine = database.inputs.get("engine") or source.get("engine")
    kind = str(database.inputs.get("instanceClass"))
    copies = Decimal(2 if database.inputs.get("multiAz") else 1)
    suffix = " Multi-AZ" if copies > 1 else ""
    price = prices.month_of(f"rds.{engine}.{kind}")
    yield Charge(
        what=f"{kind}{suffix}",
        unit_price=None if price is None else price * copies,
        commitment="rds",
        steady=(price or Decimal()) * copies,
    )
    storage = database.inputs.get("storageType") or "gp2"
    size = database.inputs.get("allocatedStorage") or source.get("allocatedStorage") or 0
    per_gib = prices.monthly.get(f"rds.{storage}PerGib")
    yield Charge(
        what=f"GiB of {storage} storage{suffix}",
        unit_price=None if per_gib is None else per_gib * copies,
        quantity=Decimal(size),
    )
    if storage == "gp3":
        yield from _database_speed(database, prices, copies)
    yield from _extended_support({**source, **database.inputs}, prices, copies)
    if database.inputs.get("databaseInsightsMode") == "advanced":
        insights = prices.month_of("databaseInsights.advancedPerVcpu")
        yield Charge(what="vCPU with advanced Database Insights", unit_price=insights, quantity=_vcpus(kind))


def _database_speed(database: Resource, prices: Prices, copies: Decimal) -> Iterator[Charge]:
    """What gp3 storage is asked for beyond what striped storage includes."""
    for unit, key, included, name in (
        ("IOPS", "iops", _RDS_IOPS, "rds.gp3PerIopsOver12000"),
        ("MiB/s", "storageThroughput", _RDS_MIBPS, "rds.gp3PerMibpsOver500"),
    ):
        each = prices.monthly.get(name)
        yield from _beyond(unit, database.inputs.get(key), included, None if each is None else each * copies)


def _source(replica: Resource, resources: Inventory) -> Mapping[str, Any]:
    """Inputs of the database that a replica copies; a preview may not know which, but there is no choice of one."""
    wanted = replica.inputs.get("replicateSourceDb")
    if not wanted:
        return {}
    primaries = [each for each in resources.of_type(replica.type) if not each.inputs.get("replicateSourceDb")]
    known = (each for each in primaries if wanted in (each.outputs.get("arn"), each.inputs.get("identifier")))
    found = next(known, primaries[0] if len(primaries) == 1 else None)
    return found.inputs if found else {}


def _vcpus(instance_class: str) -> Decimal:
    """Virtual CPUs by size: two up to large, four for xlarge, and multiples of that."""
    found = re.search(r"\.(\d*)xlarge$", instance_class)
    return Decimal(4 * int(found[1] or 1) if found else _SMALL_VCPUS)


def _cache(cache: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
    shards = cache.inputs.get("numNodeGroups") or 1
    nodes = shards * (1 + (cache.inputs.get("replicasPerNodeGroup") or 0))
    nodes = cache.inputs.get("numCacheClusters") or nodes
    kind, engine = cache.inputs.get("nodeType"), cache.inputs.get("engine") or "redis"
    price = prices.month_of(f"elasticache.{engine}.{kind}")
    yield Charge(
        what=f"{kind} ({engine})",
        unit_price=price,
        quantity=Decimal(nodes),
        commitment="elasticache",
        steady=(price or Decimal()) * nodes,
    )


def _cluster(cluster: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
    """The control plane, and extended support where its version has come to that."""
    yield Charge(what="Kubernetes control plane", unit_price=prices.month_of("eks.cluster"))
    version = str(cluster.inputs.get("version") or "")
    if prices.years_of_extended_support("eks", version):
        yield Charge(
            what=f"extended support of Kubernetes {version}", unit_price=prices.month_of("eks.extendedSupport")
        )


def _extended_support(database: Mapping[str, Any], prices: Prices, copies: Decimal) -> Iterator[Charge]:
    """What RDS asks for a major past its standard support, by virtual CPU of each copy; more from the third year on."""
    version = str(database.get("engineVersion") or "")
    years = prices.years_of_extended_support("postgres", version) if version else 0
    if years and not str(database.get("engineLifecycleSupport") or "").endswith("disabled"):
        name = "rdsExtendedSupport.perVcpuFromThirdYear" if years > 2 else "rdsExtendedSupport.perVcpu"
        vcpus = _vcpus(str(database.get("instanceClass"))) * copies
        what = f"vCPU in extended support of PostgreSQL {version}"
        yield Charge(what=what, unit_price=prices.month_of(name), quantity=vcpus)


def _endpoint(endpoint: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
    """Gateway endpoints are free; interface endpoints are charged in each zone."""
    if endpoint.inputs.get("vpcEndpointType") == "Interface":
        zones = Decimal(len(endpoint.inputs.get("subnetIds") or ()))
        yield Charge(
            what="interface endpoint in a zone",
            unit_price=prices.month_of("vpc.interfaceEndpointPerZone"),
            quantity=zones,
        )


def _alarm(alarm: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
    """An alarm is charged by the metrics that it reads; those of a period below a minute cost more."""
    metrics = [query["metric"] for query in alarm.inputs.get("metricQueries") or () if query.get("metric")]
    periods = [metric.get("period") for metric in metrics] or [alarm.inputs.get("period")]
    fast = any(period and int(period) < 60 for period in periods)
    yield Charge(
        what="alarm metric of high resolution" if fast else "alarm metric",
        unit_price=prices.monthly.get("cloudWatch.highResolutionAlarm" if fast else "cloudWatch.alarm"),
        quantity=Decimal(len(periods)),
    )


def _load_balancer(balancer: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
    kind = balancer.inputs.get("loadBalancerType") or "application"
    yield Charge(what=f"{kind} load balancer", unit_price=prices.month_of(f"loadBalancer.{kind}"))


def _web_acl(acl: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
    yield Charge(what="web ACL", unit_price=prices.monthly.get("waf.webAcl"))
    rules = Decimal(len(acl.inputs.get("rules") or ()))
    yield Charge(what="web ACL rule", unit_price=prices.monthly.get("waf.rule"), quantity=rules)


def _health_check(check: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
    """A check of an endpoint in AWS, and each of its features: HTTPS, text, a short interval, latency."""
    inputs = check.inputs
    kind = str(inputs.get("type"))
    features = ("HTTPS" in kind, "STR_MATCH" in kind, inputs.get("requestInterval") == 10, inputs.get("measureLatency"))
    yield Charge(what="health check", unit_price=prices.monthly.get("route53.healthCheckAwsEndpoint"))
    yield Charge(
        what="feature of a health check",
        unit_price=prices.monthly.get("route53.healthCheckFeature"),
        quantity=Decimal(sum(map(bool, features))),
    )


def _collector(scraper: Resource, resources: Inventory, prices: Prices) -> Iterator[Charge]:
    """The collector by the hour, and the samples of all nodes at their desired number, as assumed above."""
    yield Charge(what="collector of metrics", unit_price=prices.month_of("prometheus.collector"))
    found = re.search(r'"scrape_interval": "(\d+)s"', str(scraper.inputs.get("scrapeConfiguration")))
    if not found:
        return
    groups = resources.of_type("aws:eks/nodeGroup:NodeGroup")
    nodes = sum(int((group.inputs.get("scalingConfig") or {}).get("desiredSize") or 0) for group in groups)
    series = Decimal(_CLUSTER_SERIES + nodes * _NODE_SERIES)
    yield Charge(
        what=f"million samples of the cluster and {nodes} nodes",
        unit_price=prices.monthly.get("prometheus.millionSamples"),
        quantity=series * prices.hours_per_month * _SECONDS_PER_HOUR / int(found[1]) / 1_000_000,
    )


def _hourly(what: str, name: str) -> Rule:
    def rule(_resource: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
        yield Charge(what=what, unit_price=prices.month_of(name))

    return rule


def _monthly(what: str, name: str) -> Rule:
    def rule(_resource: Resource, _resources: Inventory, prices: Prices) -> Iterator[Charge]:
        yield Charge(what=what, unit_price=prices.monthly.get(name))

    return rule


_RULES: Mapping[str, Rule] = {
    "aws:amp/scraper:Scraper": _collector,
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _monthly("composite alarm", "cloudWatch.compositeAlarm"),
    "aws:cloudwatch/dashboard:Dashboard": _monthly("dashboard", "cloudWatch.dashboard"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:ebs/volume:Volume": _ebs_volume,
    "aws:ec2/eip:Eip": _hourly("public IPv4 address", "vpc.publicIpv4Address"),
    "aws:ec2/instance:Instance": _instance,
    "aws:ec2/natGateway:NatGateway": _hourly("NAT gateway", "vpc.natGateway"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": _hourly(
        "transit gateway attachment", "vpc.transitGatewayAttachment"
    ),
    "aws:eks/cluster:Cluster": _cluster,
    "aws:eks/nodeGroup:NodeGroup": _node_group,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:grafana/workspace:Workspace": _monthly("active administrator of Grafana", "grafana.editor"),
    "aws:kms/key:Key": _monthly("customer key", "kms.key"),
    "aws:kms/replicaKey:ReplicaKey": _monthly("customer key", "kms.key"),
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:rds/instance:Instance": _database,
    "aws:route53/healthCheck:HealthCheck": _health_check,
    "aws:route53/zone:Zone": _monthly("hosted zone", "route53.hostedZone"),
    "aws:secretsmanager/secret:Secret": _monthly("secret", "secretsManager.secret"),
    "aws:wafv2/webAcl:WebAcl": _web_acl,
}
