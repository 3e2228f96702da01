"""Quotas of AWS, counted over all sections that ask for a part of one. The numbers are those of AWS's user guides."""

from __future__ import annotations

import pytest

from tests.unit.config.complaints import complaints

REPLICA = {"instanceClass": "db.r6g.2xlarge"}
GROUP = {"instanceTypes": ["m5.xlarge"], "minSize": 1, "desiredSize": 1, "maxSize": 2}


@pytest.mark.parametrize(
    ("replicas", "standby", "said"),
    [
        (14, True, []),
        (15, True, ["postgres.replicas: has 15 replicas and recovery.standby; RDS allows 15 of one database"]),
        (15, False, []),
        (16, False, ["postgres.replicas: has 16 replicas; RDS allows 15 of one database"]),
    ],
)
def test_replicas_are_counted_with_the_standby(replicas: int, standby: bool, said: list[str]) -> None:
    without = () if standby else ("recovery.standby", None)
    assert complaints("postgres.replicas", {f"r{n}": REPLICA for n in range(replicas)}, *without) == said


@pytest.mark.parametrize(
    ("single", "zoned", "said"),
    [
        (26, 0, []),
        (27, 0, ["nodeGroups: make 31 groups, zone by zone; EKS allows 30 in a cluster"]),
        (2, 8, []),
        (3, 8, ["nodeGroups: make 31 groups, zone by zone; EKS allows 30 in a cluster"]),
    ],
)
def test_node_groups_are_counted_by_zone(single: int, zoned: int, said: list[str]) -> None:
    """Production has four groups and three zones."""
    groups = {f"nodeGroups.s{n}": GROUP for n in range(single)}
    groups |= {f"nodeGroups.z{n}": {**GROUP, "groupPerZone": True} for n in range(zoned)}
    first, *rest = groups.items()
    assert complaints(*first, *(item for pair in rest for item in pair)) == said


@pytest.mark.parametrize(("users", "fits"), [(10, True), (60, False)])
def test_administrators_fit_into_a_trust_policy(users: int, fits: bool) -> None:
    """Each takes its ARN, two quotation marks and a comma of 2,048 characters: 60 of 40 are 2,580 alone."""
    arns = [f"arn:aws:iam::123456789012:user/admin-{n:03}" for n in range(users)]
    said = complaints("access.adminPrincipals", arns)
    assert (said == []) is fits
    if not fits:
        assert said[0].startswith("access.adminPrincipals: and singleSignOn make a trust policy of ")
        assert said[0].endswith("characters; IAM takes 2048")
