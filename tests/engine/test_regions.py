"""Other regions and partitions: a deployment there names nothing of another partition, and only zones that exist."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.session  # type: ignore[import-untyped]
import pytest
import yaml

from tests.engine.conftest import Checkout
from tests.engine.deployed import Deployed, deploy, view

pytestmark = pytest.mark.engine

# Region, its zones, the recovery region and its zones, as `aws ec2 describe-availability-zones` names them.
PLACES = {
    "eu-central-1": ("abc", "eu-west-1", "abc"),
    "ap-northeast-1": ("acd", "ap-southeast-2", "abc"),
    "ca-central-1": ("abd", "us-west-2", "abc"),
    "us-gov-west-1": ("abc", "us-gov-east-1", "abc"),
    "cn-north-1": ("abc", "cn-northwest-1", "abc"),
}
# Interface endpoints of China by the names that `aws ec2 describe-vpc-endpoint-services` gives them there.
CHINESE_ENDPOINTS = {
    "com.amazonaws.cn-north-1.s3",
    "cn.com.amazonaws.cn-north-1.ec2",
    "cn.com.amazonaws.cn-north-1.ecr.api",
    "cn.com.amazonaws.cn-north-1.ecr.dkr",
    "cn.com.amazonaws.cn-north-1.sts",
    "com.amazonaws.cn-north-1.kms",
    "com.amazonaws.cn-north-1.logs",
    "com.amazonaws.cn-north-1.secretsmanager",
    "com.amazonaws.cn-north-1.ssm",
}


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def moved(content: dict[str, Any], region: str) -> dict[str, Any]:
    """Production in another region, with the same networks."""
    own, recovery, theirs = PLACES[region]
    found = copy.deepcopy(content)
    values = found["config"]
    subnets = values["trading-platform:network"]["subnets"].values()
    values["trading-platform:region"] = region
    values["trading-platform:network"]["subnets"] = dict(zip([f"{region}{each}" for each in own], subnets, strict=True))
    values["trading-platform:recovery"]["region"] = recovery
    standby = values["trading-platform:recovery"]["standby"]
    zones = [f"{recovery}{each}" for each in theirs]
    standby["subnets"] = dict(zip(zones, standby["subnets"].values(), strict=True))
    types = values["trading-platform:nodeGroups"]["batch"]["instanceTypes"]
    # AMD's sixth generation of the c family is sold in commercial regions only.
    types[:] = [kind for kind in types if not kind.startswith("c6a.") or not region.startswith(("cn-", "us-gov-"))]
    return found


def abroad(checkout: Checkout, region: str) -> Deployed:
    path = checkout.path / "Pulumi.production.yaml"
    content = moved(yaml.safe_load(path.read_text(encoding="utf-8")), region)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return view(deploy(checkout.path, "production"))


@pytest.mark.parametrize("region", PLACES)
def test_a_stack_is_of_its_partition(checkout: Checkout, region: str) -> None:
    d = abroad(checkout, region)
    partition = botocore.session.get_session().get_partition_for_region(region)
    arns = {text for resource in d for side in (resource.inputs, resource.outputs) for text in texts(side)}
    partitions = {found for text in arns for found in re.findall(r"\barn:([a-z*-]+):", text)}
    assert partitions == {partition}
    regions = {found for text in arns for found in re.findall(r"\barn:[a-z-]+:[a-z0-9-]+:([a-z]+-[a-z-]+-\d)", text)}
    assert regions == {region, PLACES[region][1]}
    assert {resource["availabilityZone"] for resource in d.of_type("aws:ec2/subnet:Subnet")} == {
        *(f"{region}{letter}" for letter in PLACES[region][0]),
        *(f"{PLACES[region][1]}{letter}" for letter in PLACES[region][2]),
    }


def test_china_has_hosts_principals_and_endpoints_of_its_own(checkout: Checkout) -> None:
    d = abroad(checkout, "cn-north-1")
    (role,) = [each for each in d.of_type("aws:iam/role:Role") if each.name.endswith("-node")]
    assert role.document("assumeRolePolicy")[0]["Principal"] == {"Service": "ec2.amazonaws.com.cn"}
    logs = json.loads(d.one("aws:kms/key:Key", "keys-logs").inputs["policy"])
    principals = {str(statement["Principal"].get("Service")) for statement in logs["Statement"]}
    assert "logs.cn-north-1.amazonaws.com.cn" in principals
    names = {each["serviceName"] for each in d.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")}
    assert names == CHINESE_ENDPOINTS
    assert d.outputs["clusterEndpoint"].endswith(".cn-north-1.eks.amazonaws.com.cn")
    assert d.outputs["postgresAddress"].endswith(".cn-north-1.rds.amazonaws.com.cn")
    (provider,) = [
        each for each in d.of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider") if "eks" in each["url"]
    ]
    assert ".cn-north-1.amazonaws.com.cn/id/" in provider["url"]
    hosts = [host for text in texts(dict(d.outputs)) for host in re.findall(r"[\w.-]+\.amazonaws\.com[.\w]*", text)]
    assert len(hosts) > 5
    assert [host for host in hosts if not host.endswith(".amazonaws.com.cn")] == []


# Route 53 tells of health checks in this region alone (developer guide, Monitoring health checks).
HEALTH = "us-east-1"


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_an_address_is_of_its_partition_and_region(checkout: Checkout, region: str) -> None:
    checks = {"orders": {"host": "orders.trading.example.com"}} if not region.startswith(("us-gov-", "cn-")) else {}
    path = checkout.path / "Pulumi.production.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["config"]["trading-platform:address"] = {"domain": "trading.example.com", "healthChecks": checks}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    d = abroad(checkout, region)
    partition = botocore.session.get_session().get_partition_for_region(region)
    acl = d.one("aws:wafv2/webAcl:WebAcl")
    assert acl["arn"].split(":")[1:4] == [partition, "wafv2", region]
    assert d.one("aws:acm/certificate:Certificate")["arn"].split(":")[1:4] == [partition, "acm", region]
    parameters = next(each for each in d if each.type.endswith(":IngressClassParams"))
    assert parameters.inputs["spec"]["wafv2AclArn"] == acl["arn"]
    role = d.one("aws:iam/role:Role", "workloads-external-dns")
    policies = [each for each in d.of_type("aws:iam/rolePolicy:RolePolicy") if each["role"] == role["name"]]
    written = policies[0].document()[0]["Resource"]
    assert written == f"arn:{partition}:route53:::hostedzone/{d.outputs['addressZoneId']}"
    # Only the commercial partition has accelerated recovery (Route 53 developer guide).
    assert d.one("aws:route53/zone:Zone")["enableAcceleratedRecovery"] is (partition == "aws")
    told = {each["region"] for each in d.of_type("aws:cloudwatch/metricAlarm:MetricAlarm") if "orders" in each.name}
    assert told == ({HEALTH} if checks else set())
