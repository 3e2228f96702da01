"""How networks, landing zones and small stacks are set."""

from __future__ import annotations

from typing import Any

import pytest

from components.network.settings import NatGateways
from tests.unit.config.complaints import complaints
from tests.unit.stacks import mistakes, parsed, put, values_of


class TestNetwork:
    def test_subnets_are_in_three_zones_or_in_two(self) -> None:
        values = values_of()
        del values["network"]["subnets"]["us-east-1c"]
        assert mistakes(values) == []
        del values["network"]["subnets"]["us-east-1b"]
        assert mistakes(values) == ["network.subnets: names 1 availability zones; 3 are allowed, or 2 to save"]

    def test_a_subnet_is_inside_the_vpc(self) -> None:
        (found,) = complaints("network.subnets.us-east-1a.public", "10.7.0.0/24")
        assert found == "network.subnets.us-east-1a.public: 10.7.0.0/24 is outside of vpcCidr (10.0.0.0/16)"

    def test_subnets_are_apart(self) -> None:
        (found,) = complaints("network.subnets.us-east-1b.private", "10.0.40.0/21")
        assert found == (
            "network.subnets.us-east-1b.private: 10.0.40.0/21 overlaps subnets.us-east-1a.private (10.0.32.0/19);"
            " subnets must be apart"
        )

    def test_a_subnet_is_not_too_small(self) -> None:
        (found,) = complaints("network.subnets.us-east-1c.database", "10.0.6.0/29")
        assert "10.0.6.0/29 is too small; AWS allows subnets from /16 to /28" in found

    @pytest.mark.parametrize(
        ("cidr", "reason"),
        [
            ("10.0.0.0/8", "must have a prefix length between /16 and /24"),
            ("8.8.0.0/16", "must be part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"),
            ("172.20.0.0/16", "overlaps 172.20.0.0/16, which services of the cluster use"),
        ],
    )
    def test_the_vpc_has_a_range_that_eks_accepts(self, cidr: str, reason: str) -> None:
        assert f"network.vpcCidr: {cidr} {reason}" in complaints("network.vpcCidr", cidr)

    def test_zones_may_share_a_nat_gateway(self) -> None:
        assert parsed("development").network.nat_gateways is NatGateways.SINGLE


class TestLandingZone:
    def existing(self, **zone: Any) -> dict[str, Any]:
        tiers = ("public", "private", "database")
        ids = {
            name: {tier: f"subnet-{number}{place}345678" for place, tier in enumerate(tiers)}
            for number, name in enumerate(values_of()["network"]["subnets"])
        }
        return {"id": "vpc-0123456789abcdef0", "subnets": {**ids, **zone}}

    def test_an_existing_vpc_may_be_smaller_and_without_public_subnets(self) -> None:
        values = values_of(network__existing=self.existing())
        for number, (zone, ids) in enumerate(values["network"]["existing"]["subnets"].items()):
            del ids["public"]
            values["network"]["subnets"][zone] = {
                "private": f"100.64.0.{64 * number}/26",
                "database": f"100.64.0.{192 + 16 * number}/28",
            }
        put(values, "network.vpcCidr", "100.64.0.0/24")
        assert mistakes(values) == []

    @pytest.mark.parametrize(
        ("path", "value", "complaint"),
        [
            ("existing.subnets.us-east-1c", ..., "existing.subnets.us-east-1c: is missing; subnets names the zone"),
            (
                "existing.subnets.us-east-1a.public",
                ...,
                "existing.subnets.us-east-1a.public: needs both its id here and its CIDR in subnets",
            ),
            ("existing.subnets.us-east-1a.private", "subnet-02345678", "existing.subnets: names subnet-02345678 twice"),
            ("existing.id", "vpc-1", 'existing.id: "vpc-1" must be the id of a VPC'),
            ("vpcCidr", "52.0.0.0/16", "vpcCidr: 52.0.0.0/16 must be a private network of /16 to /28"),
            (
                "transitGateway",
                {"id": "tgw-0123456789abcdef0", "networks": ["192.168.0.0/16"]},
                "transitGateway: belongs to the owner of the existing VPC",
            ),
        ],
    )
    def test_ids_and_addresses_belong_together(self, path: str, value: Any, complaint: str) -> None:
        values = values_of(network__existing=self.existing())
        put(values, f"network.{path}", value)
        assert any(line.startswith(f"network.{complaint}") for line in mistakes(values)), mistakes(values)

    def test_the_stack_s_own_vpc_has_public_subnets(self) -> None:
        (found,) = complaints("network.subnets.us-east-1a.public", ...)
        assert found == "network.subnets.us-east-1a.public: is missing; only an existing VPC may lack it"

    @pytest.mark.parametrize(
        ("network", "complaint"),
        [("8.8.0.0/16", "8.8.0.0/16 is not part of a private range"), ("10.0.128.0/24", "overlaps vpcCidr")],
    )
    def test_a_transit_gateway_leads_to_other_private_networks(self, network: str, complaint: str) -> None:
        (found,) = complaints("network.transitGateway", {"id": "tgw-0123456789abcdef0", "networks": [network]})
        assert found.startswith("network.transitGateway.networks[0]: ") or found.startswith(
            "network.transitGateway.networks.0: "
        )
        assert complaint in found

    @pytest.mark.parametrize("store", ["postgres", "redis"])
    @pytest.mark.parametrize(
        ("client", "complaint"),
        [
            ({}, "needs either securityGroupId or cidr"),
            ({"cidr": "10.0.32.0/19", "securityGroupId": "sg-01234567"}, "needs either securityGroupId or cidr"),
            ({"cidr": "0.0.0.0/0"}, "cidr: 0.0.0.0/0 is not part of a private range"),
            ({"cidr": "192.168.7.0/24"}, "cidr: 192.168.7.0/24 is neither in network.vpcCidr nor in"),
            ({"securityGroupId": "default"}, 'securityGroupId: "default" must be the id of a security group'),
        ],
    )
    def test_a_client_is_a_group_or_a_private_network_that_is_reached(
        self, store: str, client: dict[str, str], complaint: str
    ) -> None:
        found = complaints(f"{store}.clients", {"bastion": client})
        assert any(line.startswith(f"{store}.clients.bastion") and complaint in line for line in found), found

    def test_a_client_beyond_the_transit_gateway_is_reached(self) -> None:
        gateway = {"id": "tgw-0123456789abcdef0", "networks": ["192.168.0.0/16"]}
        client = {"office": {"cidr": "192.168.7.0/24"}}
        assert complaints("network.transitGateway", gateway, "postgres.clients", client) == []

    def test_access_lists_have_room(self) -> None:
        gateway = {"id": "tgw-0123456789abcdef0", "networks": [f"192.168.{n}.0/24" for n in range(8)]}
        clients = {f"client-{n}": {"cidr": f"192.168.{n}.0/24"} for n in range(5)}
        more = {f"client-{n}": {"cidr": f"192.168.{n}.0/24"} for n in range(2, 7)}
        assert complaints("network.transitGateway", gateway, "postgres.clients", clients) == []
        (found,) = complaints("network.transitGateway", gateway, "postgres.clients", clients, "redis.clients", more)
        assert found.startswith("postgres.clients: and those of redis name 7 networks")
        allowed = [f"10.9.{n}.0/24" for n in range(8)]
        (found,) = complaints("network.transitGateway", gateway, "cluster.allowedCidrs", allowed)
        assert found.startswith("network.transitGateway.networks: and cluster.allowedCidrs name 16 private networks")


class TestSandbox:
    @pytest.mark.parametrize(
        ("path", "value", "complaint"),
        [
            ("buckets.compliance.replicate", True, "buckets.compliance.replicate: true needs recovery.copies"),
            (
                "recovery.vaultLock",
                {"minRetentionDays": 1, "maxRetentionDays": 30},
                "recovery.vaultLock: needs copies; with copies: false there are no vaults and no second region",
            ),
            (
                "recovery.standby",
                {
                    "instanceClass": "db.t4g.medium",
                    "vpcCidr": "10.9.0.0/20",
                    "subnets": {
                        "us-west-2a": "10.9.0.0/24",
                        "us-west-2b": "10.9.1.0/24",
                    },
                },
                "recovery.standby: needs copies; with copies: false there are no vaults and no second region",
            ),
        ],
    )
    def test_what_needs_copies_is_refused_without_them(self, path: str, value: Any, complaint: str) -> None:
        values = values_of("development", recovery__copies=False, buckets__compliance__replicate=False)
        assert mistakes(values, "development") == []
        put(values, path, value)
        assert [line for line in mistakes(values, "development") if line.startswith(complaint)]


class TestCluster:
    def test_allowed_networks_split_into_private_and_public(self) -> None:
        allowed = ["10.0.0.0/8", "52.95.0.0/16", "100.64.0.0/10", "192.168.1.0/24", "8.8.8.8/32"]
        cluster = parsed("production", cluster__allowedCidrs=allowed).cluster
        assert [str(cidr) for cidr in cluster.private_cidrs] == ["10.0.0.0/8", "100.64.0.0/10", "192.168.1.0/24"]
        assert [str(cidr) for cidr in cluster.public_cidrs] == ["52.95.0.0/16", "8.8.8.8/32"]

    def test_the_guides_private_network_means_a_private_endpoint_only(self) -> None:
        assert parsed("production").cluster.public_cidrs == ()

    def test_the_whole_internet_is_refused(self) -> None:
        (found,) = complaints("cluster.allowedCidrs", ["10.0.0.0/8", "0.0.0.0/0"])
        assert found.startswith("cluster.allowedCidrs[1]: 0.0.0.0/0 opens the API to the whole internet")

    @pytest.mark.parametrize("cidr", ["203.0.113.0/24", "127.0.0.0/8", "169.254.0.0/16", "8.0.0.0/5", "240.0.0.0/4"])
    def test_reserved_and_mixed_networks_are_refused(self, cidr: str) -> None:
        (found,) = complaints("cluster.allowedCidrs", [cidr])
        assert f"{cidr} is reserved, or mixes private and public addresses" in found

    def test_lists_have_the_limits_of_eks_and_of_access_lists(self) -> None:
        public = [f"52.95.{n}.0/24" for n in range(41)]
        private = [f"10.9.{n}.0/24" for n in range(16)]
        assert complaints("cluster.allowedCidrs", public + private) == [
            "cluster.allowedCidrs: has 16 private networks; at most 15 are allowed",
            "cluster.allowedCidrs: has 41 public networks; at most 40 are allowed",
        ]

    @pytest.mark.parametrize("name", ["production-admin", "production-deploy", "trading-platform-preview"])
    def test_the_platform_s_own_roles_are_never_listed(self, name: str) -> None:
        role = f"arn:aws:iam::{values_of()['accountId']}:role/{name}"
        (found,) = complaints("cluster.access", {"ci": [role, f"{role}-of-others"]})
        assert found == f"cluster.access.ci: {role} has its entry already; EKS allows one entry each"

    def test_a_principal_has_one_role(self) -> None:
        role = "arn:aws:iam::123456789012:role/platform"
        (found,) = complaints("cluster.access", {"admins": [role], "readOnly": [role]})
        assert found == f"cluster.access.readOnly: {role} is in admins already; EKS allows one entry each"


class TestNodeGroups:
    def test_desired_is_between_least_and_most(self) -> None:
        (found,) = complaints("nodeGroups.general.desiredSize", 2)
        assert found == "nodeGroups.general.desiredSize: 2 is not between minSize (3) and maxSize (10)"

    def test_spot_capacity_has_a_choice(self) -> None:
        (found,) = complaints("nodeGroups.batch.instanceTypes", ["c5.2xlarge", "c6i.2xlarge"])
        assert found == "nodeGroups.batch.instanceTypes: has 2 types; SPOT needs at least 3 to find capacity"

    @pytest.mark.parametrize("arm", ["m7g.xlarge", "t4g.large", "c6gd.xlarge", "im4gn.large"])
    def test_a_group_has_one_architecture(self, arm: str) -> None:
        (found,) = complaints("nodeGroups.general.instanceTypes", ["m5.xlarge", arm])
        assert f"mixes arm64 ({arm}) and x86_64 (m5.xlarge)" in found
        assert complaints("nodeGroups.general.instanceTypes", [arm]) == []

    @pytest.mark.parametrize(
        ("kind", "complaint"),
        [
            ("g4ad.xlarge", "has an accelerator that no image of EKS has drivers for"),
            ("t2.large", "is not built on Nitro"),
            ("r4.large", "is not built on Nitro"),
            ("mac2.metal", "runs macOS only"),
        ],
    )
    def test_types_that_the_image_does_not_fit_are_refused(self, kind: str, complaint: str) -> None:
        (found,) = complaints("nodeGroups.general.instanceTypes", [kind])
        assert found.startswith(f"nodeGroups.general.instanceTypes[0]: {kind} {complaint}")

    @pytest.mark.parametrize("label", ["kubernetes.io/role", "node.k8s.io/a", "eks.amazonaws.com/capacityType"])
    def test_labels_of_kubernetes_and_eks_are_refused(self, label: str) -> None:
        values = values_of()
        values["nodeGroups"]["general"]["labels"] = {label: "x"}
        assert mistakes(values) == [
            f'nodeGroups.general.labels["{label}"]: is in a domain that Kubernetes or EKS keeps for itself'
        ]

    def test_a_taint_appears_once(self) -> None:
        taint = {"key": "workload", "value": "ml", "effect": "NO_SCHEDULE"}
        (found,) = complaints("nodeGroups.ml.taints", [taint, {**taint, "value": "other"}])
        assert found == "nodeGroups.ml.taints[1]: repeats workload with NO_SCHEDULE; one is allowed"
