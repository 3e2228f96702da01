"""How the stand-in for pulumi-awsx lays out networks and sizes containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.providers.awsx.subnets import layout
from local.providers.awsx.tasks import _fargate_size
from local.providers.package import Refused


def blocks(network: str, zones: int, **given: object) -> dict[str, str]:
    return {subnet.label: str(subnet.block) for subnet in layout(network, zones, given)}


def test_the_default_layout_is_the_documented_one() -> None:
    # https://www.pulumi.com/docs/iac/clouds/aws/guides/vpc/: private /19 and public /20 in each of three zones.
    assert blocks("10.0.0.0/16", 3) == {
        "private-1": "10.0.0.0/19",
        "private-2": "10.0.64.0/19",
        "private-3": "10.0.128.0/19",
        "public-1": "10.0.32.0/20",
        "public-2": "10.0.96.0/20",
        "public-3": "10.0.160.0/20",
    }
    assert blocks("10.0.0.0/16", 3, subnetStrategy="Auto") == blocks("10.0.0.0/16", 3)


@given(
    kinds=st.lists(st.sampled_from(["Public", "Private", "Isolated"]), min_size=1, max_size=4),
    zones=st.integers(1, 4),
    prefix=st.integers(16, 20),
    strategy=st.sampled_from(["Legacy", "Auto"]),
)
def test_subnets_lie_in_the_network_and_apart(kinds: Sequence[str], zones: int, prefix: int, strategy: str) -> None:
    network = IPv4Network(("10.128.0.0", prefix))
    specs: list[Mapping[str, Any]] = [{"type": kind, "name": f"n{index}"} for index, kind in enumerate(kinds)]
    try:
        found = layout(str(network), zones, {"subnetSpecs": specs, "subnetStrategy": strategy})
    except Refused:
        # By default isolated subnets take what is left behind the others of their zone, which may be nothing.
        assert strategy == "Legacy"
        return
    assert len(found) == len(kinds) * zones
    assert strategy == "Legacy" or all(subnet.block.subnet_of(network) for subnet in found)
    assert not any(one.block.overlaps(other.block) for one in found for other in found if one is not other)


def test_explicit_blocks_are_taken_by_zone() -> None:
    specs = [
        {"type": "Public", "cidrBlocks": ["10.0.0.0/24", "10.0.1.0/24"]},
        {"type": "Private", "cidrBlocks": ["10.0.8.0/22", "10.0.12.0/22"]},
    ]
    found = blocks("10.0.0.0/16", 2, subnetSpecs=specs, subnetStrategy="Auto")
    assert found["public-2"] == "10.0.1.0/24"
    assert found["private-1"] == "10.0.8.0/22"
    with pytest.raises(Refused, match="must match the number of availability zones"):
        layout("10.0.0.0/16", 3, {"subnetSpecs": specs, "subnetStrategy": "Auto"})


def test_what_does_not_fit_is_refused() -> None:
    specs = [{"type": "Public", "cidrMask": 24}, {"type": "Private", "cidrMask": 18}]
    with pytest.raises(Refused, match="too large"):
        layout("10.0.0.0/16", 4, {"subnetSpecs": specs, "subnetStrategy": "Auto"})


@pytest.mark.parametrize(
    ("containers", "cpu", "memory"),
    [
        ([{}], "256", "512"),
        ([{"cpu": 512, "memory": 1500}], "512", "2048"),
        ([{"cpu": 256, "memory": 512}, {"cpu": 256, "memoryReservation": 900}], "512", "2048"),
        ([{"cpu": 1024}], "1024", "2048"),
        ([{"cpu": 16384, "memory": 32768}], "16384", "32768"),
    ],
)
def test_a_task_on_fargate_has_the_smallest_size_for_its_containers(
    containers: list[dict[str, Any]], cpu: str, memory: str
) -> None:
    assert _fargate_size(containers) == {"cpu": cpu, "memory": memory}


def test_more_than_fargate_offers_is_refused() -> None:
    with pytest.raises(Refused, match="exceed the maximum"):
        _fargate_size([{"memory": 250_000}])
