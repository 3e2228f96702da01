"""A network that exists already is taken as it is."""

from __future__ import annotations

from typing import Any

from tests.unit.components.test_network import ZONES, network


def existing(**changes: Any) -> dict[str, Any]:
    ids = {
        zone: {
            tier: f"subnet-{place}{number}000000000000000"
            for place, tier in enumerate(("public", "private", "database"))
        }
        for number, zone in enumerate(ZONES)
    }
    return {"id": "vpc-0123456789abcdef0", "subnets": ids, **changes}


def test_an_existing_vpc_is_taken_as_it_is() -> None:
    recording, taken = network(), network(existing=existing())
    made = {each.type for each in taken.resources}
    assert made == {
        "platform:network:Network",
        "aws:rds/subnetGroup:SubnetGroup",
        "aws:elasticache/subnetGroup:SubnetGroup",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    }
    groups = taken.one("aws:rds/subnetGroup:SubnetGroup").inputs["subnetIds"]
    assert set(groups) == {ids["database"] for ids in existing()["subnets"].values()}
    assert taken.one("aws:ec2/securityGroup:SecurityGroup").inputs["vpcId"] == "vpc-0123456789abcdef0"
    (*_, outputs), (*_, own) = taken.outputs.values(), recording.outputs.values()
    assert outputs.keys() == own.keys()
    assert outputs["privateSubnetIds"] == {zone: ids["private"] for zone, ids in existing()["subnets"].items()}


def test_endpoints_of_an_existing_vpc_are_its_owner_s_unless_named() -> None:
    named = network(existing=existing(), interface_endpoints=["sts"])
    assert named.names("aws:ec2/vpcEndpoint:VpcEndpoint") == {"network-sts"}
