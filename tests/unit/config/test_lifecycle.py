"""Versions that AWS no longer creates, with the dates."""

from __future__ import annotations

import json
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import lifecycle
from tests.unit.stacks import ROOT, STACKS, parsed

TODAY = date(2026, 11, 24)
SCHEMAS = Path(str(files("cfnlint"))) / "data" / "schemas" / "extensions"


def warnings(today: date = TODAY, **changes: Any) -> list[str]:
    found = lifecycle.warnings(parsed("production", **changes), today)
    return [warning.removeprefix("trading-platform:") for warning in found]


@pytest.mark.parametrize("stack", STACKS)
def test_the_repositorys_stacks_run_supported_versions(stack: str) -> None:
    assert lifecycle.warnings(parsed(stack), TODAY) == []


def test_the_guides_own_versions_are_accepted_with_the_dates_of_their_end() -> None:
    found = warnings(
        cluster__version="1.28", cluster__addonVersions={}, postgres__engineVersion="15.4", redis__engineVersion="7.0"
    )
    assert found == [
        "cluster.version: EKS no longer creates 1.28: extended support ended 2025-11-26; newest: 1.37",
        "postgres.engineVersion: RDS no longer creates PostgreSQL 15.4: its support ended by 2025-03-31;"
        ' "15" follows the minors, newest: 15.19',
    ]


def test_standard_support_that_ended_blocks_new_clusters_unless_extended_support_is_paid() -> None:
    (standard,) = warnings(cluster__version="1.33", cluster__addonVersions={})
    assert "standard support of 1.33 ended 2026-07-29" in standard
    assert "creates no new one" in standard
    (extended,) = warnings(cluster__version="1.33", cluster__supportType="EXTENDED", cluster__addonVersions={})
    assert "1.33 is in extended support, which is billed and ends 2027-07-29" in extended


def test_an_end_that_is_near_is_announced() -> None:
    assert "standard support of 1.34 ends 2026-12-02" in warnings(cluster__version="1.34")[0]
    assert "standard support of Redis 6.2 ends 2027-01-31" in warnings(redis__engineVersion="6.2")[0]
    (before, after) = (warnings(day, postgres__engineVersion="14") for day in (TODAY, date(2026, 12, 15)))
    assert before == []
    assert after == ["postgres.engineVersion: standard support of PostgreSQL 14 ends 2027-02-28; newest: 18"]


def test_the_last_day_of_support_is_still_supported() -> None:
    last = lifecycle.KUBERNETES["1.28"].extended
    assert "EKS no longer creates" not in warnings(last, cluster__version="1.28")[0]
    assert "EKS no longer creates" in warnings(last + timedelta(days=1), cluster__version="1.28")[0]
    assert warnings(date(2027, 2, 1), redis__engineVersion="6.2") == [
        "redis.engineVersion: standard support of Redis 6.2 ended 2027-01-31; extended support is billed"
    ]
    assert "PostgreSQL 15 ended 2028-02-29" in "\n".join(warnings(date(2028, 3, 1)))


@pytest.mark.parametrize("minor", ["15.2", "15.6", "15.8", "15.12", "15.14", "16.10", "17.4", "14.19"])
def test_withdrawn_minors_warn(minor: str) -> None:
    assert f"RDS no longer creates PostgreSQL {minor}" in "\n".join(warnings(postgres__engineVersion=minor))


@pytest.mark.parametrize("version", ["15", "15.15", "15.19", "16.11", "17.7", "18.6", "14.20"])
def test_current_versions_do_not(version: str) -> None:
    assert warnings(postgres__engineVersion=version) == []


def test_the_minors_are_those_that_cloudformation_knows() -> None:
    rules = json.loads((SCHEMAS / "aws_rds_dbinstance" / "engine_version.json").read_text())["allOf"]
    postgres = next(rule for rule in rules if rule["if"]["properties"]["Engine"].get("const") == "postgres")
    known = {version for version in postgres["then"]["properties"]["EngineVersion"]["enum"] if "rds" not in version}
    for major, support in lifecycle.POSTGRES.items():
        released = {version for version in known if version.startswith(f"{major}.")}
        assert released == {f"{major}.{minor}" for minor in support.minors}


def test_tables_are_in_order() -> None:
    ends = [support.standard for support in lifecycle.KUBERNETES.values()]
    assert ends == sorted(ends)
    assert all(support.standard < support.extended for support in lifecycle.KUBERNETES.values())
    for major in lifecycle.POSTGRES.values():
        assert list(major.ended) == sorted(major.ended)
        assert list(major.ended.values()) == sorted(major.ended.values())


def test_a_pin_of_kube_proxy_from_another_minor_warns() -> None:
    pinned = {"kube-proxy": "v1.36.0-eksbuild.25"}
    (warning,) = warnings(cluster__version="1.37", cluster__addonVersions=pinned)
    assert "kube-proxy (v1.36.0-eksbuild.25) are of different minors" in warning
    assert warnings(cluster__version="1.36", cluster__addonVersions=pinned) == []


def test_the_first_inferentia_warns() -> None:
    """AWS Neuron: "Neuron driver versions above 2.24 only support non-Inf1 instances"."""
    groups = yaml.safe_load((ROOT / "Pulumi.production.yaml").read_text("utf-8"))["config"][
        "trading-platform:nodeGroups"
    ]
    sizes = {"minSize": 0, "desiredSize": 0, "maxSize": 1}
    groups |= {
        label: {"instanceTypes": [kind], **sizes} for label, kind in (("a", "inf1.xlarge"), ("b", "inf2.xlarge"))
    }
    (warning,) = warnings(nodeGroups=groups)
    assert warning.startswith("nodeGroups.a.instanceTypes: inf1.xlarge runs with Neuron drivers up to 2.24")
