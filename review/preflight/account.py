"""Reads an account: what it has of each quota, which zones, roles, versions and names there are. It changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from review.preflight.quotas import Quota, vcpus

_GIB_OF_TIB = 1024
Used = Callable[["Account", str], float]


class Account:
    """An account by the credentials of the environment, seen from any region."""

    def __init__(self, session: boto3.Session | None = None) -> None:
        self._session = session or boto3.Session()
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str) -> Any:
        """The client of a service in a region, made once."""
        if (service, region) not in self._clients:
            self._clients[service, region] = self._session.client(service, region_name=region)
        return self._clients[service, region]

    def identity(self, region: str) -> str | None:
        """The account's id; None without credentials."""
        if self._session.get_credentials() is None:
            return None
        return str(self.client("sts", region).get_caller_identity()["Account"])

    def pages(self, service: str, region: str, operation: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """The answers of a call, page by page."""
        client = self.client(service, region)
        if client.can_paginate(operation):
            yield from client.get_paginator(operation).paginate(**arguments)
        else:
            yield getattr(client, operation)(**arguments)

    def listed(self, service: str, region: str, operation: str, key: str, **arguments: Any) -> list[Any]:
        """What a call lists, from all pages."""
        return [each for page in self.pages(service, region, operation, **arguments) for each in page.get(key, ())]

    def quota(self, quota: Quota, region: str) -> float:
        """What the account may have: what it asked for, or else the default."""
        client = self.client("service-quotas", region)
        arguments = {"ServiceCode": quota.service, "QuotaCode": quota.code}
        try:
            return float(client.get_service_quota(**arguments)["Quota"]["Value"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchResourceException":
                raise
            return float(client.get_aws_default_service_quota(**arguments)["Quota"]["Value"])

    def used(self, quota: Quota, region: str) -> float:
        """What the account takes of a quota already; nothing of those that count in what the stack makes anew."""
        count = _USED.get(quota.code)
        return count(self, region) if count else 0.0


def reason(error: BotoCoreError | ClientError) -> str:
    """Why a call has no answer, in a line."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    return " ".join(str(error).split())


def _count(service: str, operation: str, key: str, **arguments: Any) -> Used:
    return lambda account, region: float(len(account.listed(service, region, operation, key, **arguments)))


def _vcpus(family: str, *, spot: bool) -> Used:
    """Virtual CPUs of running instances whose type begins with one of some letters."""

    def count(account: Account, region: str) -> float:
        running = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        reservations = account.listed("ec2", region, "describe_instances", "Reservations", Filters=running)
        instances = [each for found in reservations for each in found["Instances"]]
        own = [each for each in instances if (each.get("InstanceLifecycle") == "spot") is spot]
        kinds = [each for each in own if _class_of(each["InstanceType"]) == family]
        return float(sum(_processors(each) for each in kinds))

    return count


def _processors(instance: Mapping[str, Any]) -> int:
    options = instance.get("CpuOptions")
    return options["CoreCount"] * options["ThreadsPerCore"] if options else vcpus(instance["InstanceType"])


def _class_of(instance_type: str) -> str:
    """The class of families that share a quota: by the letters before the generation."""
    name = re.split(r"[\d-]", instance_type)[0]
    return {"g": "g", "gr": "g", "vt": "g", "p": "p", "inf": "inf", "trn": "trn"}.get(name, "standard")


def _gp3(account: Account, region: str) -> float:
    own = [{"Name": "volume-type", "Values": ["gp3"]}]
    volumes = account.listed("ec2", region, "describe_volumes", "Volumes", Filters=own)
    return float(sum(each["Size"] for each in volumes)) / _GIB_OF_TIB


def _storage(account: Account, region: str) -> float:
    databases = account.listed("rds", region, "describe_db_instances", "DBInstances")
    return float(sum(each.get("MaxAllocatedStorage") or each["AllocatedStorage"] for each in databases))


def _nodes(account: Account, region: str) -> float:
    clusters = account.listed("elasticache", region, "describe_cache_clusters", "CacheClusters")
    return float(sum(each["NumCacheNodes"] for each in clusters))


def _nat_gateways(account: Account, region: str) -> float:
    """Gateways of the zone that has most."""
    gateways = account.listed("ec2", region, "describe_nat_gateways", "NatGateways")
    zones = {
        each["SubnetId"]: each["AvailabilityZone"]
        for each in account.listed("ec2", region, "describe_subnets", "Subnets")
    }
    alive = [zones.get(each["SubnetId"], "") for each in gateways if each["State"] in ("pending", "available")]
    return float(max((alive.count(zone) for zone in alive), default=0))


def _gateway_endpoints(account: Account, region: str) -> float:
    gateways = [{"Name": "vpc-endpoint-type", "Values": ["Gateway"]}]
    return float(len(account.listed("ec2", region, "describe_vpc_endpoints", "VpcEndpoints", Filters=gateways)))


_USED: Mapping[str, Used] = {
    "L-F678F1CE": _count("ec2", "describe_vpcs", "Vpcs"),
    "L-A4707A72": _count("ec2", "describe_internet_gateways", "InternetGateways"),
    "L-FE5A380F": _nat_gateways,
    "L-E79EC296": _count("ec2", "describe_security_groups", "SecurityGroups"),
    "L-1B52E74A": _gateway_endpoints,
    "L-0263D0A3": _count("ec2", "describe_addresses", "Addresses"),
    "L-1216C47A": _vcpus("standard", spot=False),
    "L-34B43A08": _vcpus("standard", spot=True),
    "L-DB2E81BA": _vcpus("g", spot=False),
    "L-3819A6DF": _vcpus("g", spot=True),
    "L-417A185B": _vcpus("p", spot=False),
    "L-1945791B": _vcpus("inf", spot=False),
    "L-2C3B7624": _vcpus("trn", spot=False),
    "L-7A658B76": _gp3,
    "L-1194D53C": _count("eks", "list_clusters", "clusters"),
    "L-7B6409FD": _count("rds", "describe_db_instances", "DBInstances"),
    "L-7ADDB58A": _storage,
    "L-DFE45DF3": _nodes,
    "L-C2F1777E": _count("kms", "list_keys", "Keys"),
    "L-53DA6B97": _count("elbv2", "describe_load_balancers", "LoadBalancers"),
    "L-DC2B2D3D": _count("s3", "list_buckets", "Buckets"),
    "L-FE177D64": _count("iam", "list_roles", "Roles"),
    "L-E95E4862": _count("iam", "list_policies", "Policies", Scope="Local"),
}
