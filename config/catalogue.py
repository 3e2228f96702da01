"""Writes what AWS offers where: partitions, regions, zones, services, types, from the data of cfn-lint and botocore.

`python -m config.catalogue` renews `components/common/catalogue.json`; both libraries are development dependencies.
Entries below `added` are kept by hand, for what AWS offers and the libraries do not know yet.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import botocore.session  # type: ignore[import-untyped]
from cfnlint.helpers import AVAILABILITY_ZONES  # type: ignore[import-untyped]

from components.common.catalogue import FILE, PARTITIONS

# Services that some regions lack, and what botocore calls them.
_SERVICES = {"aps": "amp", "grafana": "grafana"}
_EXTENSIONS = "data/schemas/extensions"


def _cfn_lint(name: str) -> dict[str, Any]:
    text = resources.files("cfnlint").joinpath(f"{_EXTENSIONS}/{name}.json").read_text(encoding="utf-8")
    return {key: value for key, value in json.loads(text).items() if isinstance(value, dict)}


def _botocore_partitions() -> dict[str, Any]:
    data = json.loads(resources.files("botocore").joinpath("data/partitions.json").read_text(encoding="utf-8"))
    return {partition["id"]: partition for partition in data["partitions"] if partition["id"] in PARTITIONS}


def _database_classes(rules: dict[str, Any]) -> set[str]:
    """The classes of RDS for PostgreSQL: the branches of a region's rules for that engine."""
    found: set[str] = set()
    for branch in rules.get("allOf", []):
        if branch["if"]["properties"]["Engine"].get("const") == "postgres":
            found |= set(branch["then"]["properties"]["DBInstanceClass"].get("enum", []))
    # Classes with a suffix such as .tpc1.mem2x are those of Oracle.
    return {name for name in found if name.count(".") == 2}


def types_by_region() -> dict[str, set[str]]:
    """EC2 types, RDS classes for PostgreSQL and ElastiCache node types by region."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in ("aws_ec2_instance/instancetype_enum", "aws_elasticache_cachecluster/cachenodetype_enum"):
        for region, rules in _cfn_lint(name).items():
            found[region] |= set(rules.get("enum", []))
    for region, rules in _cfn_lint("aws_rds_dbinstance/dbinstanceclass_enum").items():
        found[region] |= _database_classes(rules)
    return {region: types for region, types in found.items() if types}


def regions() -> dict[str, dict[str, Any]]:
    """Partition and zones by region; a region whose zones nobody lists has none."""
    return {
        region: {"partition": name, "zones": AVAILABILITY_ZONES.get(region, [])}
        for name, partition in _botocore_partitions().items()
        for region in sorted(partition["regions"])
        if re.match(partition["regionRegex"], region)
    }


def services() -> dict[str, list[str]]:
    """Regions by service, for services that not every region has; by the name in ARNs."""
    session = botocore.session.get_session()
    return {
        name: sorted(region for partition in PARTITIONS for region in session.get_available_regions(client, partition))
        for name, client in _SERVICES.items()
    }


def _families(offered: dict[str, set[str]]) -> dict[str, dict[str, list[str]]]:
    sizes: dict[str, set[str]] = defaultdict(set)
    places: dict[str, set[str]] = defaultdict(set)
    for region, types in offered.items():
        for name in types:
            family, _, size = name.rpartition(".")
            sizes[family].add(size)
            places[family].add(region)
    return {family: {"sizes": sorted(sizes[family]), "regions": sorted(places[family])} for family in sorted(sizes)}


def catalogue(added: dict[str, list[str]]) -> dict[str, Any]:
    """The whole catalogue, with the entries that are kept by hand."""
    offered = types_by_region()
    families = _families(offered)
    absent = {
        region: sorted(
            f"{family}.{size}"
            for family, facts in families.items()
            if region in facts["regions"]
            for size in facts["sizes"]
            if f"{family}.{size}" not in types
        )
        for region, types in offered.items()
    }
    return {
        "source": [f"cfn-lint {version('cfn-lint')}", f"botocore {version('botocore')}"],
        "partitions": {
            name: {"dnsSuffix": partition["outputs"]["dnsSuffix"], "regions": partition["regionRegex"]}
            for name, partition in _botocore_partitions().items()
        },
        "regions": regions(),
        "services": services(),
        "families": families,
        "absent": {region: types for region, types in sorted(absent.items()) if types},
        "added": added,
    }


def text(content: dict[str, Any]) -> str:
    """The catalogue's file: a line for each entry."""
    lines = []
    for section, entries in content.items():
        if isinstance(entries, dict):
            rows = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in entries.items())
            lines.append(f"{json.dumps(section)}: {{\n{rows}\n }}" if rows else f"{json.dumps(section)}: {{}}")
        else:
            lines.append(f"{json.dumps(section)}: {json.dumps(entries)}")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def main() -> int:
    """Write the file."""
    path = Path(FILE)
    added = json.loads(path.read_text(encoding="utf-8"))["added"] if path.exists() else {}
    path.write_text(text(catalogue(added)), encoding="utf-8")
    sys.stdout.write(f"{path.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
